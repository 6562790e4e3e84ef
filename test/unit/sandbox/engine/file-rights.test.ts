import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testServer } from './harness.ts'
import type { Client, TestServer } from './harness.ts'

const P = 'Some-good-pass-1'
const SHARE = '\\\\ktr-files\\backup'
let folder: string
let source: TestServer
let target: TestServer
let here: Client
let there: Client

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ktr-share-'))
  const shares = [{ unc: SHARE, folder: join(folder, 'backup'), capacity: 2 ** 30 }]
  source = await testServer({ shares, serviceAccount: 'KTR\\svc-source' })
  target = await testServer({ shares, serviceAccount: 'KTR\\svc-target' })
  here = await source.connect()
  there = await target.connect()
  await here.ok(
    `CREATE MASTER KEY ENCRYPTION BY PASSWORD = '${P}'; CREATE CERTIFICATE Backups WITH SUBJECT = 'Backups'
BACKUP CERTIFICATE Backups TO FILE = '${SHARE}\\b.cer' WITH PRIVATE KEY (FILE = '${SHARE}\\b.pvk', ENCRYPTION BY PASSWORD = '${P}')
BACKUP MASTER KEY TO FILE = '${SHARE}\\dmk.key' ENCRYPTION BY PASSWORD = '${P}'
BACKUP DATABASE Sales TO DISK = '${SHARE}\\s.bak' WITH FORMAT, ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = Backups)`,
  )
  await there.ok(`CREATE MASTER KEY ENCRYPTION BY PASSWORD = '${P}'`)
})
afterAll(() => {
  source.dispose()
  target.dispose()
  rmSync(folder, { recursive: true, force: true })
})

const grant = (name: string): void =>
  target.instance.disk.grant(`${SHARE}\\${name}`, target.instance.serviceAccount, 'read')

describe('what one server wrote, read by another', () => {
  it('a backup is denied by the operating system until the account is granted', async () => {
    const refused = await there.run(`RESTORE HEADERONLY FROM DISK = '${SHARE}\\s.bak'`)
    expect(refused.errors.map(({ number }) => number)).toEqual([3201, 3013])
    expect(refused.errors[0]?.message).toContain('Operating system error 5(Access is denied.)')
    grant('s.bak')
    const [header] = await there.rows(`RESTORE HEADERONLY FROM DISK = '${SHARE}\\s.bak'`)
    expect(header).toMatchObject({ DatabaseName: 'Sales' })
  })

  it('key files are denied with the number that a missing file has', async () => {
    const create = `CREATE CERTIFICATE Imported FROM FILE = '${SHARE}\\b.cer' WITH PRIVATE KEY (FILE = '${SHARE}\\b.pvk', DECRYPTION BY PASSWORD = '${P}')`
    expect(await there.errors(create)).toEqual([15208])
    grant('b.cer')
    expect(await there.errors(create)).toEqual([15208])
    const restoreKey = `RESTORE MASTER KEY FROM FILE = '${SHARE}\\dmk.key' DECRYPTION BY PASSWORD = '${P}' ENCRYPTION BY PASSWORD = '${P}'`
    expect(await there.errors(restoreKey)).toEqual([15317])
    grant('b.pvk')
    await there.ok(create)
    const restore = `RESTORE DATABASE Drill FROM DISK = '${SHARE}\\s.bak' WITH MOVE 'Sales' TO 'D:\\drill.mdf', MOVE 'Sales_log' TO 'D:\\drill.ldf', NORECOVERY`
    await there.ok(restore)
    expect(await there.scalar("SELECT state_desc FROM sys.databases WHERE name = 'Drill'")).toBe('RESTORING')
    expect(await there.errors('USE Drill')).toEqual([927])
    await there.ok(
      `${restore.replace('NORECOVERY', 'REPLACE')}; RESTORE VERIFYONLY FROM DISK = '${SHARE}\\s.bak'`,
    )
    expect((await there.ok('DBCC CHECKDB (Drill) WITH NO_INFOMSGS')).infos).toEqual([])
  })

  it('the file of another server can be neither overwritten nor deleted', async () => {
    expect(await there.errors(`BACKUP DATABASE Payroll TO DISK = '${SHARE}\\s.bak' WITH FORMAT`)).toEqual([
      3201, 3013,
    ])
    expect(await here.errors(`RESTORE VERIFYONLY FROM DISK = '${SHARE}\\s.bak'`)).toEqual([])
  })

  it('a copy keeps the rights of its original', async () => {
    await here.ok("BACKUP DATABASE Payroll TO DISK = 'D:\\Backup\\p.bak' WITH FORMAT")
    source.instance.disk.copyTo('D:\\Backup\\p.bak', target.instance.disk, 'D:\\Backup\\p.bak')
    expect(await there.errors("RESTORE VERIFYONLY FROM DISK = 'D:\\Backup\\p.bak'")).toEqual([3201, 3013])
    target.instance.disk.grant('D:\\Backup', 'KTR\\SVC-TARGET', 'read')
    expect(await there.errors("RESTORE VERIFYONLY FROM DISK = 'D:\\Backup\\p.bak'")).toEqual([])
  })

  it.each([
    ['\\\\ktr-files\\none\\x.bak', '67(The network name cannot be found.)'],
    ['\\\\nobody\\backup\\x.bak', '53(The network path was not found.)'],
    [`${SHARE}\\none\\x.bak`, '3(The system cannot find the path specified.)'],
    [`${SHARE}\\..\\..\\x.bak`, '2(The system cannot find the file specified.)'],
    [`${SHARE}\\none.bak`, '2(The system cannot find the file specified.)'],
    [SHARE, '5(Access is denied.)'],
  ])('%s answers %s', async (path, text) => {
    const refused = await there.run(`RESTORE HEADERONLY FROM DISK = '${path}'`)
    expect(refused.errors[0]?.message).toContain(`Operating system error ${text}.`)
  })

  it('both list the folder', async () => {
    for (const client of [here, there])
      expect(
        (
          await client.rows(
            `SELECT file_or_directory_name AS name FROM sys.dm_os_enumerate_filesystem('${SHARE}', '*') ORDER BY name`,
          )
        ).map((row) => row['name']),
      ).toEqual(['b.cer', 'b.pvk', 'dmk.key', 's.bak'])
  })
})
