import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { SandboxProcess, SqlClient } from './sandbox-process.ts'

const NAME = 'ktr-scan-01'
const PASSWORD = 'Some-good-pass-1'
const MDF = 'C:\\Program Files\\Microsoft SQL Server\\MSSQL15.MSSQLSERVER\\MSSQL\\DATA\\Sales.mdf'

let simulator: SandboxProcess
afterEach(() => simulator.dispose())

const begin = async (): Promise<SqlClient> => {
  await simulator.start()
  return SqlClient.open(simulator.server(NAME))
}

const pages = async (): Promise<Buffer> =>
  readFileSync(String((await simulator.control({ command: 'locate', instance: NAME, path: MDF }))['path']))
const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

const percent = async (client: SqlClient): Promise<{ state: number; percent: number }> => {
  const { rows } = await client.run(
    "SELECT encryption_state, percent_complete FROM sys.dm_database_encryption_keys WHERE database_id = DB_ID('Sales')",
  )
  return { state: Number(rows[0]?.['encryption_state']), percent: Number(rows[0]?.['percent_complete']) }
}

/** Asks again until the scan is there or has ended. */
const reached = async (client: SqlClient, wanted: (state: number, percent: number) => boolean) => {
  for (;;) {
    const now = await percent(client)
    if (wanted(now.state, now.percent)) return now
  }
}

describe('a simulator that is killed in the middle of an encryption scan', () => {
  it('goes on after each start, ends with the same data, and leaves nothing of it in clear', async () => {
    simulator = new SandboxProcess({
      instances: [
        {
          name: NAME,
          version: 15,
          databases: [{ name: 'Sales', bytes: 4 * 2 ** 20 }],
          scan: { pagesPerTick: 2, holdAtPercent: 20 },
        },
      ],
    })
    let client = await begin()
    const before = digest(await pages())
    await client.run(
      `CREATE MASTER KEY ENCRYPTION BY PASSWORD = '${PASSWORD}'; CREATE CERTIFICATE tde WITH SUBJECT = 'tde'`,
    )
    await client.run(
      'USE Sales; CREATE DATABASE ENCRYPTION KEY WITH ALGORITHM = AES_256 ENCRYPTION BY SERVER CERTIFICATE tde; ALTER DATABASE Sales SET ENCRYPTION ON',
    )
    let durable = 0
    for (const goal of [15, 30, 50]) {
      if (goal > 15) {
        client = await begin()
        // What was durable before the kill is not done again.
        expect((await percent(client)).percent).toBeGreaterThanOrEqual(durable)
        // It never comes to the hold: the kill meets a scan at work.
        await simulator.control({
          command: 'scan',
          instance: NAME,
          pagesPerTick: 1,
          tickMilliseconds: 1,
          holdAtPercent: 95,
        })
      }
      const now = await reached(client, (_state, done) => done >= goal)
      expect(now.state).toBe(2)
      durable = now.percent
      client.close()
      await simulator.kill()
    }
    client = await begin()
    await simulator.control({
      command: 'scan',
      instance: NAME,
      pagesPerTick: 256,
      tickMilliseconds: 0,
      holdAtPercent: null,
    })
    await reached(client, (state) => state === 3)
    const sealed = await pages()
    for (const word of ['Aurelia', 'Tomasz', 'IBAN', 'row ']) expect(sealed.includes(word)).toBe(false)
    expect((await client.run('DBCC CHECKDB (Sales) WITH NO_INFOMSGS')).infos).toEqual([])
    await client.run('ALTER DATABASE Sales SET ENCRYPTION OFF')
    await reached(client, (state) => state === 1)
    expect(digest(await pages())).toBe(before)
    client.close()
  })
})
