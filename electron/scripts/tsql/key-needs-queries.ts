import { date, queryText, text, tsql } from './fragment.ts'

/** Reads on what still needs a TDE protector; none changes anything. */

/**
 * Under which protectors the log of each open database is: virtual log files by thumbprint. SQL Server 2019 and later show
 * it. VIEW SERVER STATE.
 */
export const logProtectors = (): string =>
  queryText(tsql`SELECT d.name AS name, l.vlf_encryptor_thumbprint AS thumbprint, COUNT(*) AS files
FROM sys.databases AS d
CROSS APPLY sys.dm_db_log_info(d.database_id) AS l
WHERE d.state = 0 AND l.vlf_encryptor_thumbprint IS NOT NULL
GROUP BY d.name, l.vlf_encryptor_thumbprint;`)

/** Backups on record of each database. msdb does not say which of them TDE had encrypted, nor under which protector. */
export const backupsByDatabase = (): string =>
  queryText(tsql`SELECT bs.database_name AS name, COUNT(*) AS backups, MIN(bs.backup_finish_date) AS oldest, MAX(bs.backup_finish_date) AS newest
FROM msdb.dbo.backupset AS bs
GROUP BY bs.database_name;`)

/** The same of one database, of before a day (the server's own calendar). */
export const backupsBefore = (database: string, day: string): string =>
  queryText(tsql`SELECT COUNT(*) AS backups, MIN(bs.backup_finish_date) AS oldest, MAX(bs.backup_finish_date) AS newest
FROM msdb.dbo.backupset AS bs
WHERE bs.database_name = ${text(database)} AND bs.backup_finish_date < ${date(day)};`)
