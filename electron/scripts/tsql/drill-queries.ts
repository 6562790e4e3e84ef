import { queryText, text, tsql } from './fragment.ts'

/** Reads of a restore drill: the source's history, and what is on the drill server. None changes anything. */

/**
 * The newest 2,000 backups on record, one row per stripe. Log sequence numbers have 25 digits: they come as text.
 * SELECT on the tables in msdb.
 */
export const backupHistory = (): string =>
  queryText(tsql`SELECT bs.backup_set_id AS id, CONVERT(nvarchar(36), bs.backup_set_uuid) AS set_id, bs.database_name AS database_name, bs.type AS type,
  bs.backup_finish_date AS finished, bs.position AS position, bs.is_copy_only AS is_copy_only, bs.has_backup_checksums AS checksums,
  CAST(bs.first_lsn AS varchar(30)) AS first_lsn, CAST(bs.last_lsn AS varchar(30)) AS last_lsn,
  CAST(bs.checkpoint_lsn AS varchar(30)) AS checkpoint_lsn, CAST(bs.database_backup_lsn AS varchar(30)) AS database_backup_lsn,
  bs.backup_size AS backup_size, bs.software_major_version AS major, bs.key_algorithm AS key_algorithm, bs.encryptor_thumbprint AS encryptor_thumbprint, bs.encryptor_type AS encryptor_type,
  f.family_sequence_number AS stripe, f.physical_device_name AS device, f.device_type AS device_type, f.mirror AS mirror
FROM msdb.dbo.backupset AS bs
JOIN msdb.dbo.backupmediafamily AS f ON f.media_set_id = bs.media_set_id
WHERE bs.backup_set_id IN (SELECT TOP (2000) b.backup_set_id FROM msdb.dbo.backupset AS b WHERE b.type IN ('D', 'I', 'L') ORDER BY b.backup_set_id DESC)
ORDER BY bs.backup_set_id, f.family_sequence_number;`)

/** Files of the databases in those backups, as they were then. SELECT on the tables in msdb. */
export const backedUpFiles = (): string =>
  queryText(tsql`SELECT f.backup_set_id AS id, f.logical_name AS logical_name, f.file_type AS file_type, f.file_size AS file_size
FROM msdb.dbo.backupfile AS f
WHERE f.backup_set_id IN (SELECT TOP (2000) b.backup_set_id FROM msdb.dbo.backupset AS b WHERE b.type IN ('D', 'I', 'L') ORDER BY b.backup_set_id DESC)
ORDER BY f.backup_set_id, f.file_number;`)

/** The account that opens files for the server. VIEW SERVER STATE. */
export const serviceAccount = (): string =>
  queryText(
    tsql`SELECT s.servicename AS service, s.service_account AS account FROM sys.dm_server_services AS s;`,
  )

export const defaultLogFolder = (): string =>
  queryText(tsql`SELECT CAST(SERVERPROPERTY('InstanceDefaultLogPath') AS nvarchar(400)) AS log_folder;`)

/** Everything that is not one of the engine's own databases. */
export const userDatabases = (): string =>
  queryText(tsql`SELECT d.name AS name FROM sys.databases AS d WHERE d.database_id > 4 ORDER BY d.name;`)

/** Server time as the catalog writes it, to compare with dates of the catalog. */
export const serverNow = (): string => queryText(tsql`SELECT GETDATE() AS now;`)

export const drillDatabase = (database: string): string =>
  queryText(tsql`SELECT d.name AS name, d.state_desc AS state_desc, d.is_encrypted AS is_encrypted, d.create_date AS create_date
FROM sys.databases AS d WHERE d.name = ${text(database)};`)

/** VIEW ANY DEFINITION. `size` counts pages of 8 KB. */
export const drillDatabaseFiles = (database: string): string =>
  queryText(tsql`SELECT f.name AS logical_name, f.physical_name AS physical_name, f.size AS pages
FROM sys.master_files AS f
JOIN sys.databases AS d ON d.database_id = f.database_id
WHERE d.name = ${text(database)}
ORDER BY f.file_id;`)
