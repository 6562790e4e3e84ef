import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { problemOf } from '../../../shared/errors/problem.ts'
import type { SqlServer } from '../../../electron/ports/sql-server.ts'
import { simulatedServer, type Simulated } from '../wizards/simulated.ts'
import { P, dek, exported, key, numberCases, q } from './sqlserver-number-cases.ts'

let simulated: Simulated
let server: SqlServer

const run = async (sql: string, on: SqlServer = server): Promise<void> => {
  const session = await on.session({ programName: 'numbers' })
  try {
    await session.execute({ language: 'tsql', parts: [sql] }, {})
  } finally {
    await session.close()
  }
}
const real = (path: string): string =>
  simulated.instance.disk.resolve(path, simulated.instance.dataFolder).real
/** One byte in the middle of a file is another one. */
const damage = (path: string): void => {
  const bytes = readFileSync(real(path))
  const at = bytes.length >> 1
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at)
  writeFileSync(real(path), bytes)
}
/** Asks until it is so: scans run between the turns of the event loop. */
const stateOf = async (database: string, state: number): Promise<void> => {
  for (let asked = 0; asked < 2_000; asked += 1) {
    const [row] = await server.query(
      `SELECT k.encryption_state AS state FROM sys.dm_database_encryption_keys AS k JOIN sys.databases AS d ON d.database_id = k.database_id WHERE d.name = N'${database}'`,
    )
    if (row?.['state'] === state) return
  }
  throw new Error(`${database} never came to state ${state}`)
}

beforeAll(async () => {
  simulated = await simulatedServer(15, 'Developer', undefined, [
    ...['Enc', 'Plain', 'Held', 'Chain', 'Locked', 'Closed'].map((name) => ({ name, bytes: 64 * 1024 })),
    { name: 'Archive', bytes: 64 * 1024, readOnlyFilegroup: 'Old' },
  ])
  server = await simulated.open()
  await run(`CREATE MASTER KEY ENCRYPTION BY PASSWORD = '${P}';
    ${['Tde', 'Bak', 'Other', 'Half', 'Gone', 'Torn'].map((name) => `CREATE CERTIFICATE ${name} WITH SUBJECT = '${name}';`).join(' ')}
    CREATE CERTIFICATE Old WITH SUBJECT = 'Old', START_DATE = '20200101', EXPIRY_DATE = '20210101';
    CREATE CERTIFICATE Pw ENCRYPTION BY PASSWORD = '${P}' WITH SUBJECT = 'Pw';
    ${['Tde', 'Bak', 'Other', 'Half', 'Gone', 'Torn'].map(exported).join(' ')}
    DROP CERTIFICATE Half; CREATE CERTIFICATE Half FROM FILE = '${key('Half')}.cer';
    DROP CERTIFICATE Torn;
    BACKUP DATABASE Sales TO DISK = ${q('plain.bak')} WITH FORMAT, NO_CHECKSUM;
    BACKUP DATABASE Sales TO DISK = ${q('torn.bak')} WITH FORMAT, CHECKSUM;
    BACKUP DATABASE Sales TO DISK = ${q('s1.bak')}, DISK = ${q('s2.bak')} WITH FORMAT;
    BACKUP LOG Sales TO DISK = ${q('log.trn')} WITH FORMAT;
    BACKUP DATABASE Sales TO DISK = ${q('gone.bak')} WITH FORMAT, ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = Gone);
    DROP CERTIFICATE Gone;
    USE Enc; ${dek('Tde')} ALTER DATABASE Enc SET ENCRYPTION ON;
    USE Held; ${dek('Tde')} ALTER DATABASE Held SET ENCRYPTION ON; USE master;`)
  await stateOf('Enc', 3)
  await stateOf('Held', 3)
})
afterAll(() => simulated.stop())

const held = (percent: number | null): void =>
  simulated.instance.scans.setPace({ pagesPerTick: 1, holdAtPercent: percent })

const cases = numberCases(() => ({ simulated, run, stateOf, held, real, damage }))

describe('every number that a job of this kind can meet', () => {
  it('stands in the table once', () => {
    const numbers = cases.map(({ number }) => number)
    expect(new Set(numbers).size).toBe(numbers.length)
  })

  it.each(cases)(
    '$number is read as $code (ordered: $ordered)',
    async ({ number, code, first, ask, arrange, ordered }) => {
      if (first !== undefined) await run(first)
      await arrange?.()
      const { faults } = simulated.instance
      if (ordered !== undefined)
        faults.add({ kind: 'fail', match: ordered, nth: 1, number, message: `Message ${number} 'name'.` })
      const problem = await run(ask).then(
        () => null,
        (error: unknown) => problemOf(error),
      )
      faults.clear()
      expect(problem).toMatchObject({ code, vendor: { system: 'sql', number } })
      expect(problem?.title).not.toContain('«')
    },
    30_000,
  )

  it('33117 where the edition has no TDE; 15247 where the login has no right', async () => {
    const express = await simulatedServer(15, 'Express')
    try {
      const there = await express.open()
      await expect(run('ALTER DATABASE Sales SET ENCRYPTION ON', there)).rejects.toMatchObject({
        code: 'tde-edition',
        problem: { vendor: { number: 33117 } },
      })
      await run(`CREATE LOGIN nobody WITH PASSWORD = '${P}'`, there)
      const { server: poor, close } = await express.openAs('nobody', P)
      await expect(run("CREATE CERTIFICATE n WITH SUBJECT = 'n'", poor)).rejects.toMatchObject({
        code: 'sql-permission',
        problem: { vendor: { number: 15247 } },
      })
      await close()
    } finally {
      await express.stop()
    }
  })
})

describe('messages that are no errors', () => {
  it.each([
    [15213, "CREATE CERTIFICATE m1 WITH SUBJECT = 'm', START_DATE = '20300101', EXPIRY_DATE = '20200101'"],
    [15214, "CREATE CERTIFICATE m2 WITH SUBJECT = 'm', START_DATE = '20190101', EXPIRY_DATE = '20200101'"],
    [15215, "CREATE CERTIFICATE m3 WITH SUBJECT = 'm', START_DATE = '20900101', EXPIRY_DATE = '20910101'"],
    [15457, "EXEC sp_configure 'show advanced options', 1"],
    [33091, `USE Locked; ${dek('m3')} USE master`],
    [3262, `RESTORE VERIFYONLY FROM DISK = ${q('plain.bak')}`],
  ])('%i comes beside the result', async (number, statement) => {
    const session = await server.session({ programName: 'numbers' })
    const { messages } = await session.execute({ language: 'tsql', parts: [statement] }, {})
    await session.close()
    expect(messages.map((message) => message.number)).toContain(number)
  })
})
