import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { problemOf } from '../../shared/errors/problem.ts'
import type { Script } from '../../shared/model/script.ts'
import type { SqlConnection, TargetRef } from '../../shared/model/target.ts'
import type { SqlMessage, SqlServer } from '../../electron/ports/sql-server.ts'
import { SecretBytes } from '../../electron/platform/secret-bytes.ts'
import { createSqlServers, type SqlServersOwner } from '../../electron/targets/sqlserver/servers.ts'

export interface SqlBackend {
  connection: SqlConnection
  password: string
  stop(): Promise<void>
}

const batch = (...parts: Script['parts']): Script => ({ language: 'tsql', parts })

const problemIn = async (work: Promise<unknown>) => {
  try {
    await work
  } catch (error) {
    return problemOf(error)
  }
  throw new Error('it did not fail')
}

export const refOf = ({ id, name, environment }: SqlConnection): TargetRef => ({
  id,
  kind: 'sqlserver',
  name,
  environment,
})

/** What any SQL Server behind the port must do; no statement here changes anything. */
export const sqlServerPortSuite = (name: string, start: () => Promise<SqlBackend>): void => {
  describe(`SQL Server port: ${name}`, () => {
    let backend: SqlBackend
    let servers: SqlServersOwner
    let server: SqlServer

    beforeAll(async () => {
      backend = await start()
      servers = createSqlServers({
        connectionOf: () => backend.connection,
        secretOf: async () => SecretBytes.fromText(backend.password),
        rememberIdentity: (_id, identity) => {
          backend.connection = { ...backend.connection, identity }
        },
      })
      server = await servers.open(refOf(backend.connection))
    })

    afterAll(async () => {
      await servers.closeAll()
      await backend.stop()
    })

    it('says who answers and as whom, and has it remembered', () => {
      expect(server.identity.serverName).not.toBe('')
      expect(server.principal).not.toBe('')
      expect(backend.connection.identity).toEqual(server.identity)
      expect(server.identity.certificateSha256).toMatch(/^[0-9A-F]{64}$/)
    })

    it('reads rows by column name', async () => {
      expect({ ...(await server.query('SELECT 1 AS one;'))[0] }).toEqual({ one: 1 })
    })

    it('gives each type as the port names it', async () => {
      const [row] = await server.query(
        "SELECT CAST(4294967297 AS bigint) AS big, CAST(1 AS bit) AS yes, 0x0102FF AS bytes, CAST('2026-01-02T03:04:05.678' AS datetime2(3)) AS at, CAST(NULL AS nvarchar(10)) AS nothing;",
      )
      expect(row?.['big']).toBe(4294967297n)
      expect(row?.['yes']).toBe(true)
      expect(row?.['bytes']).toEqual(Uint8Array.of(1, 2, 255))
      expect(row?.['at']).toEqual(new Date('2026-01-02T03:04:05.678Z'))
      expect(row?.['nothing']).toBeNull()
    })

    it('reads in parallel on more than one connection', async () => {
      const reads = Array.from({ length: 8 }, () => server.query('SELECT 1 AS one;'))
      expect((await Promise.all(reads)).map((rows) => rows[0]?.['one'])).toEqual(
        Array.from({ length: 8 }, () => 1),
      )
    })

    it('refuses more rows than were asked for', async () => {
      const problem = await problemIn(
        server.query('SELECT TOP (12) name FROM sys.all_objects;', { maxRows: 5 }),
      )
      expect(problem.code).toBe('sql-too-much')
      expect(await server.query('SELECT TOP (5) name FROM sys.all_objects;', { maxRows: 5 })).toHaveLength(5)
    })

    it('has sessions of their own, named for others to see', async () => {
      const first = await server.session({ programName: 'Keyturn run 7f3ab2cd' })
      const second = await server.session({ programName: 'Keyturn run 7f3ab2ce' })
      try {
        expect(first.spid).not.toBe(second.spid)
        const { resultSets } = await first.execute(batch('SELECT PROGRAM_NAME() AS program;'))
        expect(resultSets[0]?.[0]?.['program']).toBe('Keyturn run 7f3ab2cd')
      } finally {
        await first.close()
        await second.close()
      }
      expect((await problemIn(first.execute(batch('SELECT 1 AS one;')))).code).toBe('sql-lost')
    })

    it('fills a hole with the secret, its quotes doubled', async () => {
      const session = await server.session({ programName: 'Keyturn test' })
      const secret = SecretBytes.fromText("it's «ünlike» ]]--")
      try {
        const script = batch("SELECT N'", { hole: 'word', purpose: null }, "' AS shown;")
        const { resultSets } = await session.execute(script, { secrets: new Map([['word', secret]]) })
        expect(resultSets[0]?.[0]?.['shown']).toBe("it's «ünlike» ]]--")
      } finally {
        secret.wipe()
        await session.close()
      }
    })

    it('gives messages while they come, and in the result', async () => {
      const session = await server.session({ programName: 'Keyturn test' })
      const heard: SqlMessage[] = []
      try {
        const { messages } = await session.execute(batch("RAISERROR(N'half way', 10, 1) WITH NOWAIT;"), {
          onMessage: (message) => heard.push(message),
        })
        expect(messages.map(({ text }) => text)).toEqual(['half way'])
        expect(heard).toEqual(messages)
      } finally {
        await session.close()
      }
    })

    it('reads an error by its number and keeps the connection', async () => {
      const session = await server.session({ programName: 'Keyturn test' })
      try {
        const problem = await problemIn(session.execute(batch("RAISERROR(N'no such thing', 16, 1);")))
        expect(problem).toMatchObject({
          code: 'sql-refused',
          vendor: { system: 'sql', number: 50000, text: 'no such thing' },
        })
        const simulated = await problemIn(
          session.execute(batch("RAISERROR(N'not simulated: SHUTDOWN', 16, 1);")),
        )
        expect(simulated.code).toBe('sql-not-simulated')
        expect((await session.execute(batch('SELECT 1 AS one;'))).resultSets[0]).toHaveLength(1)
      } finally {
        await session.close()
      }
    })

    it('stops a statement when asked, waits for the server, and goes on', async () => {
      const session = await server.session({ programName: 'Keyturn test' })
      const stop = new AbortController()
      try {
        const waiting = problemIn(
          session.execute(batch("WAITFOR DELAY '00:00:30';"), { signal: stop.signal }),
        )
        setTimeout(() => stop.abort(), 0)
        expect((await waiting).code).toBe('sql-cancelled')
        expect((await session.execute(batch('SELECT 1 AS one;'))).resultSets[0]?.[0]?.['one']).toBe(1)
        const late = session.execute(batch('SELECT 1 AS one;'), { signal: AbortSignal.abort() })
        expect((await problemIn(late)).code).toBe('sql-cancelled')
      } finally {
        await session.close()
      }
    })

    it('ends a statement that takes too long', async () => {
      const read = server.query("WAITFOR DELAY '00:00:30';", { timeoutMs: 50 })
      expect((await problemIn(read)).code).toBe('sql-timeout')
      expect(await server.query('SELECT 1 AS one;')).toHaveLength(1)
    })

    it('refuses a wrong password by name of the login, never with the password', async () => {
      const connection = { ...backend.connection, identity: null }
      const stranger = createSqlServers({
        connectionOf: () => connection,
        secretOf: async () => SecretBytes.fromText('wrong-canary-9917'),
        rememberIdentity: () => undefined,
      })
      const problem = await problemIn(stranger.open(refOf(connection)))
      expect(problem.code).toBe('sql-login-refused')
      expect(problem.vendor?.number).toBe(18456)
      expect(JSON.stringify(problem)).not.toContain('wrong-canary-9917')
    })

    it('refuses another server at the same address', async () => {
      const known = backend.connection.identity
      const identity = known && { ...known, serverName: 'ANOTHER' }
      const connection = { ...backend.connection, identity }
      const moved = createSqlServers({
        connectionOf: () => connection,
        secretOf: async () => SecretBytes.fromText(backend.password),
        rememberIdentity: () => undefined,
      })
      const problem = await problemIn(moved.open(refOf(connection)))
      expect(problem.code).toBe('sql-identity-changed')
      expect(problem.title).toContain('ANOTHER')
      expect(problem.title).toContain(server.identity.serverName)
    })
  })
}
