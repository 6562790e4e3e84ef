import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { SandboxProcess, SqlClient } from './sandbox-process.ts'

const [FIRST, SECOND] = ['ktr-ag-01', 'ktr-ag-02']
const PASSWORD = 'Some-good-pass-1'
const MDF = 'C:\\Program Files\\Microsoft SQL Server\\MSSQL15.MSSQLSERVER\\MSSQL\\DATA\\Sales.mdf'

const simulator = new SandboxProcess({
  instances: [
    { name: FIRST, version: 15, databases: [{ name: 'Sales', bytes: 2 ** 20 }] },
    { name: SECOND, version: 15 },
    { name: 'ktr-new-01', version: 16 },
  ],
})
afterEach(() => simulator.dispose())

const begin = async (): Promise<[SqlClient, SqlClient]> => {
  await simulator.start()
  return [await SqlClient.open(simulator.server(FIRST)), await SqlClient.open(simulator.server(SECOND))]
}
const form = (group: Record<string, unknown>): Promise<Record<string, unknown>> =>
  simulator.control({
    command: 'formGroup',
    name: 'AG1',
    replicas: [FIRST, SECOND],
    databases: ['Sales'],
    ...group,
  })
const hex = (value: unknown): string => `0x${Buffer.from(value as Uint8Array).toString('hex')}`
const states = async (client: SqlClient): Promise<unknown> =>
  (
    await client.run(
      "SELECT encryption_state AS s FROM sys.dm_database_encryption_keys WHERE database_id = DB_ID('Sales')",
    )
  ).rows[0]?.['s']
const reached = async (client: SqlClient, state: number): Promise<void> => {
  while ((await states(client)) !== state) continue
}
const filesOf = async (instance: string): Promise<Buffer> =>
  readFileSync(String((await simulator.control({ command: 'locate', instance, path: MDF }))['path']))

describe('an availability group of the simulators’ process', () => {
  it('is formed by an order, survives a kill in the middle of a scan, and fails over', async () => {
    let [first, second] = await begin()
    for (const [wrong, why] of [
      [{ replicas: [FIRST, 'ktr-new-01'] }, 'different versions'],
      [{ replicas: [FIRST, 'ktr-none'] }, 'there is no server ktr-none'],
      [{ replicas: [FIRST, FIRST] }, 'twice'],
      [{ databases: ['Other'] }, 'Other is no online database'],
      [{ databases: ['master'] }, 'master is no online database'],
    ] as const)
      expect(await form(wrong)).toMatchObject({ ok: false, error: expect.stringContaining(why) as string })
    expect(await form({})).toMatchObject({ ok: true })
    expect(await form({ name: 'AG2' })).toMatchObject({
      ok: false,
      error: expect.stringContaining('another group') as string,
    })
    for (const client of [first, second])
      await client.run(`CREATE MASTER KEY ENCRYPTION BY PASSWORD = '${PASSWORD}'`)
    await first.run("CREATE CERTIFICATE tde WITH SUBJECT = 'tde'")
    const { rows } = await first.run(
      `SELECT CERTENCODED(CERT_ID('tde')) AS c, CERTPRIVATEKEY(CERT_ID('tde'), '${PASSWORD}') AS k`,
    )
    await second.run(
      `CREATE CERTIFICATE tde FROM BINARY = ${hex(rows[0]?.['c'])} WITH PRIVATE KEY (BINARY = ${hex(rows[0]?.['k'])}, DECRYPTION BY PASSWORD = '${PASSWORD}')`,
    )
    await simulator.control({ command: 'scan', instance: FIRST, pagesPerTick: 2, holdAtPercent: 50 })
    await first.run(
      'USE Sales; CREATE DATABASE ENCRYPTION KEY WITH ALGORITHM = AES_256 ENCRYPTION BY SERVER CERTIFICATE tde; ALTER DATABASE Sales SET ENCRYPTION ON',
    )
    await reached(second, 2)
    for (const client of [first, second]) client.close()
    await simulator.kill()
    ;[first, second] = await begin()
    await reached(second, 3)
    expect((await filesOf(SECOND)).includes('Aurelia')).toBe(false)
    expect(await simulator.control({ command: 'failOver', group: 'AG1', to: SECOND })).toMatchObject({
      ok: true,
    })
    expect(await first.failure('USE Sales')).toEqual([976])
    await second.run("INSERT INTO Sales.dbo.RehearsalRows (note) VALUES (N'after')")
    for (const client of [first, second]) client.close()
    await simulator.kill()
    ;[first, second] = await begin()
    expect(await first.failure('USE Sales')).toEqual([976])
    expect((await second.run('SELECT note FROM Sales.dbo.RehearsalRows')).rows).toEqual([{ note: 'after' }])
    expect(await simulator.control({ command: 'reset', instance: FIRST })).toMatchObject({ ok: false })
    for (const client of [first, second]) client.close()
    expect(await simulator.control({ command: 'reset' })).toMatchObject({ ok: true })
    first = await SqlClient.open(simulator.server(FIRST))
    expect((await first.run('SELECT name FROM sys.availability_groups')).rows).toEqual([])
    expect(await form({})).toMatchObject({ ok: true })
    first.close()
  })
})
