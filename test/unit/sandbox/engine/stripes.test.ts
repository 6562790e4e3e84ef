import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testServer } from './harness.ts'
import type { Client, TestServer } from './harness.ts'

let server: TestServer
let client: Client
const P = 'Some-good-pass-1'

beforeAll(async () => {
  server = await testServer()
  client = await server.connect()
  await client.ok(
    `CREATE MASTER KEY ENCRYPTION BY PASSWORD = '${P}'; CREATE CERTIFICATE Backups WITH SUBJECT = 'Backups'
INSERT INTO Sales.dbo.RehearsalRows VALUES (N'one')
BACKUP DATABASE Sales TO ${devices('s1', 's2', 's3')} WITH FORMAT, CHECKSUM, ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = Backups)
INSERT INTO Sales.dbo.RehearsalRows VALUES (N'two')
BACKUP DATABASE Sales TO ${devices('d1', 'd2')} WITH FORMAT, DIFFERENTIAL
INSERT INTO Sales.dbo.RehearsalRows VALUES (N'three')
BACKUP LOG Sales TO ${devices('l1', 'l2')} WITH FORMAT
BACKUP DATABASE Payroll TO ${devices('other')} WITH FORMAT`,
  )
})
afterAll(() => server.dispose())

function devices(...names: string[]): string {
  return names.map((name) => `DISK = 'D:\\Backup\\${name}.bak'`).join(', ')
}
const real = (name: string): string => server.instance.disk.resolve(`D:\\Backup\\${name}.bak`, 'C:\\').real
const restore = (from: string, options: string): string =>
  `RESTORE DATABASE Striped FROM ${from} WITH MOVE 'Sales' TO 'D:\\striped.mdf', MOVE 'Sales_log' TO 'D:\\striped.ldf', REPLACE, ${options}`

describe('a striped media set', () => {
  it('comes back from all its members, in any order, with differential and log', async () => {
    await client.ok(restore(devices('s3', 's1', 's2'), 'NORECOVERY'))
    await client.ok(`RESTORE DATABASE Striped FROM ${devices('d2', 'd1')} WITH NORECOVERY`)
    await client.ok(`RESTORE LOG Striped FROM ${devices('l1', 'l2')}`)
    expect(await client.rows('SELECT note FROM Striped.dbo.RehearsalRows')).toEqual(
      await client.rows('SELECT note FROM Sales.dbo.RehearsalRows'),
    )
    expect(await client.errors('DBCC CHECKDB (Striped)')).toEqual([])
  })

  it('names its members in the label, the header and the history', async () => {
    const labels = await Promise.all(
      ['s1', 's2', 's3'].map((name) => client.rows(`RESTORE LABELONLY FROM ${devices(name)}`)),
    )
    expect(labels.map(([label]) => [label?.['FamilyCount'], label?.['FamilySequenceNumber']])).toEqual([
      [3, 1],
      [3, 2],
      [3, 3],
    ])
    expect(new Set(labels.map(([label]) => String(label?.['MediaSetId']))).size).toBe(1)
    const [header] = await client.rows(`RESTORE HEADERONLY FROM ${devices('s2')}`)
    const [row] = await client.rows(
      "SELECT backup_size, compressed_backup_size, last_family_number, backup_set_id FROM msdb.dbo.backupset WHERE type = 'D' AND database_name = 'Sales' ORDER BY backup_set_id DESC",
    )
    expect(Number(header?.['BackupSize'])).toBe(row?.['backup_size'])
    expect(
      await client.rows(
        `SELECT family_sequence_number AS n, physical_device_name AS name FROM msdb.dbo.backupmediafamily WHERE physical_device_name LIKE '%\\s_.bak' ORDER BY n`,
      ),
    ).toEqual([1, 2, 3].map((n) => ({ n, name: `D:\\Backup\\s${n}.bak` })))
  })

  it.each([
    [restore(devices('s1', 's2'), 'NORECOVERY'), 3132],
    [`RESTORE VERIFYONLY FROM ${devices('s2')}`, 3132],
    [`RESTORE VERIFYONLY FROM ${devices('s1', 's2', 'other')}`, 3258],
    [`RESTORE VERIFYONLY FROM ${devices('s1', 's2', 's2')}`, 3227],
    [`RESTORE VERIFYONLY FROM ${devices('s1', 's2', 'none')}`, 3201],
    [`BACKUP DATABASE Payroll TO ${devices('s1')} WITH INIT`, 3231],
    [`BACKUP DATABASE Payroll TO ${devices('p1', 'p1')}`, 3227],
  ])('%s answers %i', async (sql, number) => {
    expect(await client.errors(sql)).toEqual([number, 3013])
  })

  it('takes 64 devices and no more', async () => {
    const names = Array.from({ length: 65 }, (_, i) => `many${i}`)
    expect(await client.errors(`BACKUP DATABASE Payroll TO ${devices(...names)}`)).toEqual([3205])
    const all = devices(...names.slice(0, 64))
    await client.ok(`BACKUP DATABASE Payroll TO ${all} WITH FORMAT; RESTORE VERIFYONLY FROM ${all}`)
  })

  it('says how many members there are when one is missing', async () => {
    const { errors } = await client.run(`RESTORE VERIFYONLY FROM ${devices('s1', 's3')}`)
    expect(errors[0]?.message).toBe(
      'The media set has 3 media families but only 2 are provided. All members must be provided.',
    )
  })

  it.each([
    ['s2', devices('s1', 's2', 's3')],
    ['d1', devices('d1', 'd2')],
    ['l2', devices('l1', 'l2')],
  ])('one flipped bit anywhere in %s is found, and restores nothing', async (name, set) => {
    const whole = readFileSync(real(name))
    for (let step = 0; step < 12; step += 1) {
      const damaged = Buffer.from(whole)
      const at = Math.min(whole.length - 1, Math.floor((whole.length * step) / 11))
      damaged[at] = (damaged[at] ?? 0) ^ 1
      writeFileSync(real(name), damaged)
      const numbers = await client.errors(`RESTORE VERIFYONLY FROM ${set}`)
      expect([3241, 3189]).toContain(numbers[0])
    }
    writeFileSync(real(name), whole)
    expect(await client.errors(`RESTORE VERIFYONLY FROM ${set}`)).toEqual([])
  })

  it('a damaged log leaves the database where it was, and the whole one still applies', async () => {
    await client.ok(restore(devices('s1', 's2', 's3'), 'NORECOVERY'))
    const whole = readFileSync(real('l1'))
    const damaged = Buffer.from(whole)
    const at = Math.floor(whole.length * 0.7)
    damaged[at] = (damaged[at] ?? 0) ^ 1
    writeFileSync(real('l1'), damaged)
    expect([3189, 3241]).toContain(
      (await client.errors(`RESTORE LOG Striped FROM ${devices('l1', 'l2')}`))[0],
    )
    writeFileSync(real('l1'), whole)
    await client.ok(`RESTORE LOG Striped FROM ${devices('l1', 'l2')}`)
    expect(await client.scalar('SELECT COUNT(*) FROM Striped.dbo.RehearsalRows')).toBe(3)
  })
})
