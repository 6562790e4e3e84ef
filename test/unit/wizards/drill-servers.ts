import type { Answers } from '../../../shared/forms/form.ts'
import type { MajorVersion } from '../../../sandbox/sqlserver/engine/instance.ts'
import { sharingServers, sourceDatabases, type SharingServer } from './simulated-servers.ts'

export const share = '\\\\ktr-files\\backup'

export type DrillServer = SharingServer

/** A server that takes backups and an empty one, which reach one shared folder, over the real protocol. */
export interface DrillServers {
  source: DrillServer
  drill: DrillServer
  /** Lets the drill server's account read everything in the share, as an administrator would. */
  grantAll(): void
  stop(): Promise<void>
}

export interface DrillWish {
  sourceVersion?: MajorVersion
  drillVersion?: MajorVersion
}

export const drillServers = async (wish: DrillWish = {}): Promise<DrillServers> => {
  const { start, stop } = sharingServers(share)
  const source = await start({
    name: 'KTR-SOURCE',
    id: 't-source',
    version: wish.sourceVersion ?? 16,
    databases: sourceDatabases,
  })
  const drill = await start({
    name: 'KTR-DRILL',
    id: 't-drill',
    version: wish.drillVersion ?? 16,
    databases: [],
  })
  return {
    source,
    drill,
    grantAll: () => drill.instance.disk.grant(share, drill.instance.serviceAccount, 'read'),
    stop,
  }
}

export const filePassword = 'Key-File-Password-1'

/** A master key, a certificate, its files in the share, and a backup of Sales under it. */
export const encryptedBackupOn = async (
  source: DrillServer,
  certificate: string,
  file: string,
): Promise<void> => {
  await source.run(`USE master;
IF NOT EXISTS (SELECT 1 FROM sys.symmetric_keys WHERE name = N'##MS_DatabaseMasterKey##') CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'Master-Key-Password-1';
CREATE CERTIFICATE [${certificate}] WITH SUBJECT = N'Backups', EXPIRY_DATE = N'20401231';
BACKUP CERTIFICATE [${certificate}] TO FILE = N'${share}\\${certificate}.cer' WITH PRIVATE KEY (FILE = N'${share}\\${certificate}.pvk', ENCRYPTION BY PASSWORD = N'${filePassword}');
BACKUP DATABASE [Sales] TO DISK = N'${share}\\${file}' WITH FORMAT, CHECKSUM, ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = [${certificate}]);`)
}

export const thumbprintOn = async (server: DrillServer, certificate: string): Promise<string> => {
  const [row] = await server.rows(
    `SELECT CONVERT(varchar(66), c.thumbprint, 2) AS thumbprint FROM master.sys.certificates AS c WHERE c.name = N'${certificate}'`,
  )
  return String(row?.['thumbprint'])
}

/** Answers for the newest full backup of one database, by itself. */
export const newestOf = async (
  server: DrillServer,
  database: string,
  changes: Answers = {},
): Promise<Answers> => {
  const [row] = await server.rows(
    `SELECT TOP (1) CONVERT(nvarchar(36), bs.backup_set_uuid) AS id FROM msdb.dbo.backupset AS bs WHERE bs.database_name = N'${database.replaceAll("'", "''")}' ORDER BY bs.backup_set_id DESC`,
  )
  return { which: 'chosen', backups: [String(row?.['id']).toUpperCase()], ...changes }
}
