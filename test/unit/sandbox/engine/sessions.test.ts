import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Fault } from '../../../../sandbox/sqlserver/faults.ts'
import { testServer, type Client, type TestServer } from './harness.ts'

let server: TestServer
let watcher: Client
let dropped: number[]
let kills: number

beforeEach(async () => {
  kills = 0
  dropped = []
  server = await testServer({ kill: () => void (kills += 1) })
  server.instance.dropConnection = (spid) => void dropped.push(spid)
  watcher = await server.connect()
})
afterEach(() => server.dispose())

const backup = "BACKUP DATABASE Sales TO DISK = N'D:\\Backup\\unwind.bak' WITH STATS = 5;"
const spidOf = async (client: Client): Promise<number> =>
  Number(await client.scalar('SELECT @@SPID AS spid;'))
const listed = (spid: number): Promise<unknown> =>
  watcher.scalar(`SELECT COUNT(*) AS n FROM sys.dm_exec_sessions WHERE session_id = ${spid};`)
const requestsOf = (spid: number): Promise<unknown> =>
  watcher.scalar(`SELECT r.command AS command FROM sys.dm_exec_requests AS r WHERE r.session_id = ${spid};`)

/** A backup that is under way, and stays so until its client is gone. */
const slowBackup = async (client: Client): Promise<{ running: Promise<unknown> }> => {
  const spid = await spidOf(client)
  server.instance.faults.add({ kind: 'throttle', bytesPerSecond: 1_000 })
  const running = client.run(backup)
  await vi.waitFor(async () => expect(await requestsOf(spid)).toBe('BACKUP DATABASE'), { timeout: 20_000 })
  return { running }
}

describe('a session whose client is gone', () => {
  it('is listed with its statement until that has unwound, and then no more', async () => {
    const client = await server.connect()
    const spid = await spidOf(client)
    const { running } = await slowBackup(client)
    client.close()
    expect(server.instance.sessions.has(spid)).toBe(true)
    await running
    expect(await listed(spid)).toBe(0)
    expect(await requestsOf(spid)).toBeNull()
  })

  it('holds its application lock as long, and nobody gets it before', async () => {
    const client = await server.connect()
    const take =
      "EXEC sp_getapplock @Resource = N'r', @LockMode = N'Exclusive', @LockOwner = N'Session', @LockTimeout = 0;"
    await client.ok(take)
    const { running } = await slowBackup(client)
    client.close()
    const free = (): Promise<unknown> =>
      watcher.scalar("SELECT APPLOCK_TEST(N'public', N'r', N'Exclusive', N'Session') AS free;")
    expect(server.instance.locks.rows()).toHaveLength(1)
    await running
    expect(await free()).toBe(1)
  })

  it('is gone at once where nothing ran', async () => {
    const client = await server.connect()
    const spid = await spidOf(client)
    client.close()
    expect(await listed(spid)).toBe(0)
  })

  it('is gone at once when the server starts again, whatever ran', async () => {
    const client = await server.connect()
    const spid = await spidOf(client)
    const { running } = await slowBackup(client)
    server.instance.restart()
    expect(server.instance.sessions.has(spid)).toBe(false)
    await running
  })
})

describe('a fault that ends a connection', () => {
  const faults: Fault[] = (['drop', 'kill'] as const).flatMap((kind) =>
    (['before', 'after'] as const).map((when): Fault => ({ kind, match: 'BACKUP DATABASE', nth: 1, when })),
  )
  it.each(faults)('lets the statement end too: $kind, $when', async (fault) => {
    const client = await server.connect()
    const spid = await spidOf(client)
    server.instance.faults.add(fault)
    const answer = await client.run(`${backup} SELECT 1 AS one;`)
    expect(answer.errors).toEqual([])
    expect(answer.sets).toEqual([])
    expect(dropped).toEqual([spid])
    expect(kills).toBe(fault.kind === 'kill' ? 1 : 0)
    client.close()
    expect(await listed(spid)).toBe(0)
    const taken = await watcher.scalar(
      "SELECT COUNT(*) AS n FROM msdb.dbo.backupset WHERE database_name = N'Sales' AND backup_start_date > DATEADD(minute, -5, GETDATE());",
    )
    expect(taken).toBe('when' in fault && fault.when === 'after' ? 1 : 0)
  })

  it('is not caught by the batch’s own TRY', async () => {
    const client = await server.connect()
    server.instance.faults.add({ kind: 'drop', match: 'BACKUP DATABASE', nth: 1, when: 'before' })
    const answer = await client.run(`BEGIN TRY ${backup} END TRY BEGIN CATCH SELECT 1 AS caught; END CATCH;`)
    expect(answer.sets).toEqual([])
  })
})
