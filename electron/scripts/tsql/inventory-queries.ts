import { name, queryText, text, tsql } from './fragment.ts'

/** Reads for the Keys page and for folder lists. Each is a batch of its own, so that a refusal costs only its own rows. */

/** Master keys of one database; master also holds the service master key. Public metadata, VIEW DEFINITION for rows. */
export const masterKeysOf = (database: string): string =>
  queryText(tsql`SELECT k.name AS name, k.algorithm_desc AS algorithm, k.create_date AS create_date, k.modify_date AS modify_date,
  SUM(CASE WHEN e.crypt_type = 'ESKM' THEN 1 ELSE 0 END) AS smk_copies,
  SUM(CASE WHEN e.crypt_type IN ('ESKP', 'ESP2', 'ESP3') THEN 1 ELSE 0 END) AS password_copies
FROM ${name(database)}.sys.symmetric_keys AS k
LEFT JOIN ${name(database)}.sys.key_encryptions AS e ON e.key_id = k.symmetric_key_id
WHERE k.name IN (N'##MS_DatabaseMasterKey##', N'##MS_ServiceMasterKey##')
GROUP BY k.name, k.algorithm_desc, k.create_date, k.modify_date;`)

/** The newest 1,000 backups on record with what they need. SELECT in msdb. */
export const recentBackups = (): string =>
  queryText(tsql`SELECT TOP (1000) bs.backup_set_id AS id, bs.database_name AS database_name, bs.type AS type, bs.backup_finish_date AS finished,
  bs.key_algorithm AS key_algorithm, bs.encryptor_thumbprint AS encryptor_thumbprint, bs.encryptor_type AS encryptor_type,
  f.physical_device_name AS device
FROM msdb.dbo.backupset AS bs
JOIN msdb.dbo.backupmediafamily AS f ON f.media_set_id = bs.media_set_id
ORDER BY bs.backup_set_id DESC;`)

/** Folders and files of one folder on the server. VIEW SERVER STATE; 2017 and later. */
export const folderEntries = (path: string): string =>
  queryText(tsql`SELECT f.file_or_directory_name AS name, f.is_directory AS is_directory
FROM sys.dm_os_enumerate_filesystem(${text(path)}, N'*') AS f;`)

/** The same on older servers, by the procedure that Management Studio's own dialogs use. */
export const folderEntriesByTree = (path: string): string =>
  queryText(tsql`EXEC master.sys.xp_dirtree ${text(path)}, 1, 1;`)

export const majorVersion = (): string =>
  queryText(tsql`SELECT CAST(SERVERPROPERTY('ProductMajorVersion') AS nvarchar(128)) AS major,
  CAST(SERVERPROPERTY('InstanceDefaultBackupPath') AS nvarchar(400)) AS backup_folder;`)
