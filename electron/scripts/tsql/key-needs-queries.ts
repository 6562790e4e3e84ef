import { queryText, tsql } from './fragment.ts'

/** Reads on what still needs a TDE protector; none changes anything. */

/**
 * Under which protectors the log of each database is: virtual log files by thumbprint. SQL Server 2019 and later show
 * it. VIEW SERVER STATE.
 */
export const logProtectors = (): string =>
  queryText(tsql`SELECT d.name AS name, l.vlf_encryptor_thumbprint AS thumbprint, COUNT(*) AS files
FROM sys.databases AS d
CROSS APPLY sys.dm_db_log_info(d.database_id) AS l
WHERE l.vlf_encryptor_thumbprint IS NOT NULL
GROUP BY d.name, l.vlf_encryptor_thumbprint;`)

/** Backups on record of each database. msdb does not say which of them TDE had encrypted, nor under which protector. */
export const backupsByDatabase = (): string =>
  queryText(tsql`SELECT bs.database_name AS name, COUNT(*) AS backups, MIN(bs.backup_finish_date) AS oldest, MAX(bs.backup_finish_date) AS newest
FROM msdb.dbo.backupset AS bs
GROUP BY bs.database_name;`)
