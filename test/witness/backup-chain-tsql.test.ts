/**
 * Full, differential and log backup on one simulated server and their restore on another, typed by FreeTDS `tsql`, which
 * knows nothing of Keyturn; with the orders that an administrator gives outside of SQL Server.
 * Named reason for skipping: `tsql` (package freetds-bin) is not installed.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseConfig } from '../../sandbox/sqlserver/host/config.ts'
import { ServerHost } from '../../sandbox/sqlserver/host/server.ts'
import { feedTsql, tsqlInstalled } from '../support/tsql.ts'

const P = 'Some-good-pass-1'
const SHARE = '\\\\ktr-files\\backup'
let folder: string
let hosts: [ServerHost, ServerHost]

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ktr-tsql-'))
  const { instances, shares } = parseConfig({ dataDir: folder })
  const made = instances.map(
    (config) =>
      new ServerHost(
        config,
        folder,
        shares.map(({ unc, capacity }) => ({ unc, capacity, folder: join(folder, 'shares', 'backup') })),
      ),
  )
  hosts = made as [ServerHost, ServerHost]
  for (const host of hosts) await host.start()
})
afterAll(async () => {
  for (const host of hosts) await host.stop()
  rmSync(folder, { recursive: true, force: true })
})

describe.skipIf(!tsqlInstalled())('a chain in tsql (skipped without the package freetds-bin)', () => {
  it('goes from one server to the other once its account may read the files', async () => {
    const [production, drill] = hosts
    const taken = await feedTsql(
      production.facts(),
      folder,
      `CREATE MASTER KEY ENCRYPTION BY PASSWORD = '${P}'
GO
CREATE CERTIFICATE Backups WITH SUBJECT = 'Backups'
GO
BACKUP CERTIFICATE Backups TO FILE = '${SHARE}\\b.cer' WITH PRIVATE KEY (FILE = '${SHARE}\\b.pvk', ENCRYPTION BY PASSWORD = '${P}')
GO
INSERT INTO Sales.dbo.RehearsalRows (note) VALUES (N'in the full backup')
BACKUP DATABASE Sales TO DISK = '${SHARE}\\full1.bak', DISK = '${SHARE}\\full2.bak' WITH FORMAT, CHECKSUM, ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = Backups)
INSERT INTO Sales.dbo.RehearsalRows (note) VALUES (N'in the differential')
BACKUP DATABASE Sales TO DISK = '${SHARE}\\diff.bak' WITH DIFFERENTIAL, FORMAT, ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = Backups)
INSERT INTO Sales.dbo.RehearsalRows (note) VALUES (N'žluť, in the log')
BACKUP LOG Sales TO DISK = '${SHARE}\\log.trn' WITH FORMAT
GO`,
    )
    expect(taken).toContain('BACKUP DATABASE successfully processed')
    expect(taken).toContain('BACKUP LOG successfully processed')
    const restore = `RESTORE DATABASE Drill FROM DISK = '${SHARE}\\full1.bak', DISK = '${SHARE}\\full2.bak' WITH MOVE 'Sales' TO 'D:\\drill.mdf', MOVE 'Sales_log' TO 'D:\\drill.ldf', NORECOVERY
GO
`
    expect(await feedTsql(drill.facts(), folder, restore)).toContain(
      'Operating system error 5(Access is denied.)',
    )
    const { serviceAccount } = drill.facts()
    expect(drill.grant(`${SHARE}\\full1.bak`, serviceAccount, 'read')).toBe(
      `icacls "${SHARE}\\full1.bak" /grant "KTR\\svc-sqlempty-01:(R)"`,
    )
    drill.grant(SHARE, serviceAccount, 'read')
    expect(await feedTsql(drill.facts(), folder, restore)).toMatch(
      /Cannot find server certificate with thumbprint '0x[0-9A-F]{40}'/,
    )
    const restored = await feedTsql(
      drill.facts(),
      folder,
      `CREATE MASTER KEY ENCRYPTION BY PASSWORD = '${P}'
GO
CREATE CERTIFICATE Backups FROM FILE = '${SHARE}\\b.cer' WITH PRIVATE KEY (FILE = '${SHARE}\\b.pvk', DECRYPTION BY PASSWORD = '${P}')
GO
${restore}RESTORE DATABASE Drill FROM DISK = '${SHARE}\\diff.bak' WITH NORECOVERY
GO
RESTORE LOG Drill FROM DISK = '${SHARE}\\log.trn' WITH RECOVERY
GO
SELECT note FROM Drill.dbo.RehearsalRows ORDER BY row_id
DBCC CHECKDB (Drill)
GO`,
    )
    for (const note of ['in the full backup', 'in the differential', 'žluť, in the log'])
      expect(restored).toContain(note)
    expect(restored).toContain('0 consistency errors')
  })

  it('files of an open database are not copied, those of a detached one are', async () => {
    const [production, drill] = hosts
    const { path } = { path: 'D:\\Backup\\moving.mdf' }
    await feedTsql(
      production.facts(),
      folder,
      `CREATE DATABASE Moving ON (NAME = Moving, FILENAME = '${path}') LOG ON (NAME = Moving_log, FILENAME = 'D:\\Backup\\moving.ldf')
GO`,
    )
    expect(() => production.copyFile(path, drill, path)).toThrow('32(The process cannot access the file')
    await feedTsql(production.facts(), folder, "EXEC sp_detach_db N'Moving'\nGO")
    for (const name of [path, 'D:\\Backup\\moving.ldf']) {
      production.copyFile(name, drill, name)
      drill.grant(name, drill.facts().serviceAccount, 'full')
    }
    const attached = await feedTsql(
      drill.facts(),
      folder,
      `CREATE DATABASE Moving ON (FILENAME = '${path}'), (FILENAME = 'D:\\Backup\\moving.ldf') FOR ATTACH
GO
SELECT name, state_desc FROM sys.databases WHERE name = 'Moving'
GO`,
    )
    expect(attached).toContain('ONLINE')
  })
})
