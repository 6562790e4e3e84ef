import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { problemOf } from '../../../shared/errors/problem.ts'
import { asHandleId, asTargetId } from '../../../shared/model/ids.ts'
import type { SqlConnection, SqlServerIdentity } from '../../../shared/model/target.ts'
import { systemClock } from '../../../electron/platform/clock.ts'
import { guardEgress } from '../../../electron/platform/egress-guard.ts'
import { SecretBytes } from '../../../electron/platform/secret-bytes.ts'
import { defaultLimits } from '../../../electron/targets/sqlserver/limits.ts'
import { createSqlServers, type SqlServersOwner } from '../../../electron/targets/sqlserver/servers.ts'
import { testOf } from '../../../electron/targets/sqlserver/test.ts'
import { makeServerCertificate } from '../../../sandbox/sqlserver/tds/certificate.ts'
import { startTdsServer, type TdsServer } from '../../../sandbox/sqlserver/tds/server.ts'
import { ContractEngine, toyPassword, toyUser } from '../../contract/sqlserver-port-toy.ts'

/** A state that comes for sure; how soon is the machine's affair. */
const patient = { timeout: 20_000 }
const limits = { ...defaultLimits }
let certificate: ReturnType<typeof makeServerCertificate>
let engine: ContractEngine
let tds: TdsServer
let connection: SqlConnection
let servers: SqlServersOwner
let given: SecretBytes[]
let remembered: SqlServerIdentity[]

beforeAll(() => {
  certificate = makeServerCertificate(['127.0.0.1'])
})

beforeEach(async () => {
  engine = new ContractEngine()
  tds = await startTdsServer(engine, { ...certificate, encryption: 'required' })
  given = []
  remembered = []
  connection = {
    id: asTargetId('t-serverserver'),
    kind: 'sqlserver',
    name: 'prod',
    environment: 'test',
    host: '127.0.0.1',
    port: tds.port,
    instanceName: null,
    certificateName: null,
    encryption: { mode: 'mandatory', trust: { kind: 'ca', pem: certificate.ca } },
    authentication: { kind: 'sql-login', user: toyUser, password: asHandleId('h-server') },
    identity: null,
  }
  servers = createSqlServers({
    connectionOf: () => connection,
    secretOf: async () => {
      const secret = SecretBytes.fromText(toyPassword)
      given.push(secret)
      return secret
    },
    rememberIdentity: (_id, identity) => {
      remembered.push(identity)
      connection = { ...connection, identity }
    },
    limits,
  })
})

afterEach(async () => {
  await servers.closeAll()
  await tds.close()
})

const ref = () => ({ id: connection.id, kind: 'sqlserver', name: 'prod', environment: 'test' }) as const
const one = 'SELECT 1 AS one;'

describe('SqlServers', () => {
  it('opens a target once, also when asked at the same moment', async () => {
    const [first, second] = await Promise.all([servers.open(ref()), servers.open(ref())])
    expect(first).toBe(second)
    expect(await servers.open(ref())).toBe(first)
    expect(engine.logins).toHaveLength(1)
    expect(remembered).toHaveLength(1)
  })

  it('opens an edited connection anew and closes the old one', async () => {
    const old = await servers.open(ref())
    connection = { ...connection, name: 'prod 2' }
    expect(await servers.open(ref())).not.toBe(old)
    await expect(old.query(one)).rejects.toMatchObject({ code: 'sql-lost' })
  })

  it('closes at drop, sessions too', async () => {
    const server = await servers.open(ref())
    const session = await server.session({ programName: 'Keyturn run 1' })
    await servers.drop(connection.id)
    await expect(session.execute({ language: 'tsql', parts: [one] })).rejects.toMatchObject({
      code: 'sql-lost',
    })
    await expect(server.query(one)).rejects.toMatchObject({ code: 'sql-lost' })
    expect((await servers.open(ref())) === server).toBe(false)
  })

  it('wipes every secret that it was given', async () => {
    const server = await servers.open(ref())
    await (await server.session({ programName: 'Keyturn run 1' })).close()
    expect(given.map(({ wiped }) => wiped)).toEqual([true, true])
  })

  it('does not keep a failed attempt', async () => {
    const { port } = connection
    connection = { ...connection, port: 1 }
    await expect(servers.open(ref())).rejects.toMatchObject({ code: 'sql-unreachable' })
    connection = { ...connection, port }
    expect((await servers.open(ref())).principal).toBe(toyUser)
  })

  it.each([
    ['by its address', { host: '192.0.2.1' }],
    ['by its name', { host: 'example.invalid' }],
    ['by SQL Server Browser', { host: '192.0.2.1', port: null, instanceName: 'PROD' }],
    ['by SQL Server Browser of a name', { host: 'example.invalid', port: null, instanceName: 'PROD' }],
  ])('passes on that a rehearsal does not leave this machine: %s', async (_how, place) => {
    connection = { ...connection, ...place }
    const guard = guardEgress()
    try {
      await expect(servers.open(ref())).rejects.toMatchObject({ code: 'not-in-rehearsal' })
      expect(guard.attempts).toBe(1)
    } finally {
      guard.lift()
    }
  })

  it('reaches no server that is not in the list', async () => {
    const empty = createSqlServers({
      connectionOf: () => null,
      secretOf: async () => null,
      rememberIdentity: () => undefined,
    })
    await expect(empty.open(ref())).rejects.toMatchObject({ code: 'not-found' })
  })
})

describe('the pool', () => {
  it('uses at most four logins and resets each before it is lent again', async () => {
    const server = await servers.open(ref())
    await Promise.all(Array.from({ length: 12 }, () => server.query(one)))
    expect(engine.logins.length).toBeLessThanOrEqual(4)
    expect(engine.resets).toBeGreaterThanOrEqual(8)
  })

  it('reads and resets in one round trip', async () => {
    const server = await servers.open(ref())
    const before = { trips: engine.roundTrips, resets: engine.resets }
    for (let read = 0; read < 5; read += 1) expect(await server.query(one)).toEqual([{ one: 1 }])
    expect(engine.roundTrips - before.trips).toBe(5)
    expect(engine.resets - before.resets).toBe(5)
    expect(engine.logins).toHaveLength(1)
  })

  it('asks a connection that rested long before it reads with it', async () => {
    limits.restMs = -1
    try {
      const server = await servers.open(ref())
      const before = engine.roundTrips
      await server.query(one)
      expect(engine.roundTrips - before).toBe(2)
    } finally {
      limits.restMs = defaultLimits.restMs
    }
  })

  it('reads once more where the connection is cut under the read, and then says that it is lost', async () => {
    const server = await servers.open(ref())
    engine.cut = () => tds.connections().forEach((open) => open.destroy())
    await expect(server.query('CUT')).rejects.toMatchObject({ code: 'sql-lost' })
    expect(engine.batches.filter((sql) => sql === 'CUT')).toHaveLength(2)
    expect(await server.query(one)).toEqual([{ one: 1 }])
  })

  it('gives a refused read back as it is, and asks it once', async () => {
    const server = await servers.open(ref())
    await expect(server.query('WRONG')).rejects.toMatchObject({ problem: { vendor: { number: 102 } } })
    expect(engine.batches.filter((sql) => sql === 'WRONG')).toHaveLength(1)
  })

  it('logs in again after the connection was cut', async () => {
    const server = await servers.open(ref())
    for (const open of tds.connections()) open.destroy()
    expect(await server.query(one)).toHaveLength(1)
    expect(engine.logins).toHaveLength(2)
  })

  it('refuses a read on a server that became another one meanwhile', async () => {
    const server = await servers.open(ref())
    engine.serverName = 'REPLACED'
    await expect(server.session({ programName: 'Keyturn run 1' })).rejects.toMatchObject({
      code: 'sql-identity-changed',
    })
  })
})

describe('a session', () => {
  it('takes one batch at a time', async () => {
    const session = await (await servers.open(ref())).session({ programName: 'Keyturn run 1' })
    const stop = new AbortController()
    const script = { language: 'tsql', parts: ["WAITFOR DELAY '1'"] } as const
    const first = session.execute(script, { signal: stop.signal })
    await expect(session.execute(script)).rejects.toMatchObject({ code: 'internal' })
    stop.abort()
    await expect(first).rejects.toMatchObject({ code: 'sql-cancelled' })
  })

  it('is named in at most 128 characters', async () => {
    const server = await servers.open(ref())
    await expect(server.session({ programName: 'x'.repeat(129) })).rejects.toMatchObject({ code: 'internal' })
    await (await server.session({ programName: 'x'.repeat(128) })).close()
    expect(engine.logins.at(-1)?.appName).toHaveLength(128)
  })

  it('says nothing with a missing secret', async () => {
    const session = await (await servers.open(ref())).session({ programName: 'Keyturn run 1' })
    const before = engine.batches.length
    const script = {
      language: 'tsql',
      parts: ["SELECT N'", { hole: 'word', purpose: null }, "' AS shown;"],
    } as const
    await expect(session.execute(script)).rejects.toMatchObject({ code: 'internal' })
    expect(engine.batches).toHaveLength(before)
    expect((await session.execute({ language: 'tsql', parts: [one] })).resultSets).toHaveLength(1)
  })

  it('keeps the secret out of an error that quotes the statement', async () => {
    const session = await (await servers.open(ref())).session({ programName: 'Keyturn run 1' })
    const secrets = new Map([['word', SecretBytes.fromText('statement-canary-44')]])
    const script = { language: 'tsql', parts: ["WRONG N'", { hole: 'word', purpose: null }, "';"] } as const
    const problem = await session.execute(script, { secrets }).then(() => null, problemOf)
    expect(engine.batches.at(-1)).toContain('statement-canary-44')
    expect(problem?.vendor).toMatchObject({ number: 102 })
    expect(problem?.vendor?.text).toContain('«word»')
    expect(JSON.stringify(problem)).not.toContain('canary')
  })

  it('stays whole when a listener fails', async () => {
    const session = await (await servers.open(ref())).session({ programName: 'Keyturn run 1' })
    const running = session.execute(
      { language: 'tsql', parts: ["RAISERROR(N'x', 10, 1)"] },
      {
        onMessage: () => {
          throw new Error('a bug of ours')
        },
      },
    )
    await expect(running).rejects.toMatchObject({ code: 'internal' })
  })

  it('tells a fatal error by its number, not as a lost connection', async () => {
    const session = await (await servers.open(ref())).session({ programName: 'Keyturn run 1' })
    const running = session.execute({ language: 'tsql', parts: ["RAISERROR(N'the end', 21, 1)"] })
    await expect(running).rejects.toMatchObject({ code: 'sql-refused' })
  })
})

describe('the connection test', () => {
  const run = () => testOf({ clock: systemClock, openCredential: servers.openCredential, limits })(connection)
  const states = async () => {
    const result = await run()
    return { ...result, states: Object.fromEntries(result.checks.map(({ name, state }) => [name, state])) }
  }

  it('says what was read, and what this login can’t see', async () => {
    const { problem, certificate: shown, states: read, checks } = await states()
    expect(problem).toBeNull()
    expect(shown?.trusted).toBe(true)
    expect(read).toMatchObject({ Name: 'ok', Port: 'ok', Encryption: 'ok', Login: 'ok' })
    expect(checks.find(({ name }) => name === 'Login')?.detail).toBe(`${toyUser} on KTR-CONTRACT`)
    // This engine refuses the question; a refusal is not a missing right.
    expect(read).toMatchObject({
      Version: 'unknown',
      'CONTROL SERVER': 'unknown',
      'ALTER ANY DATABASE': 'unknown',
    })
    await vi.waitFor(() => expect(tds.connections()).toHaveLength(0), patient)
  })

  it('shows the certificate of a server that is not trusted, and names what was not reached', async () => {
    connection = { ...connection, encryption: { mode: 'mandatory', trust: { kind: 'system' } } }
    const { problem, certificate: shown, states: read } = await states()
    expect(problem?.code).toBe('sql-certificate-not-trusted')
    expect(shown?.sha256).toMatch(/^[0-9A-F]{64}$/)
    expect(read).toMatchObject({ Port: 'ok', Encryption: 'unknown', Login: 'failed', Version: 'not-reached' })
    expect(engine.logins).toHaveLength(0)
  })

  it('stops at a port that is closed', async () => {
    await tds.close()
    const { problem, states: read } = await states()
    expect(problem).toMatchObject({ code: 'sql-unreachable', vendor: { number: 'ECONNREFUSED' } })
    expect(read).toMatchObject({ Name: 'ok', Port: 'failed', Encryption: 'not-reached' })
  })

  it('wipes what it was given', async () => {
    await run()
    expect(given.length).toBeGreaterThan(0)
    expect(given.every(({ wiped }) => wiped)).toBe(true)
  })
})
