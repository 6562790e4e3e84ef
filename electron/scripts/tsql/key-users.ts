import { date, queryText, text, tsql } from './fragment.ts'

/** Reads for the retire verdict of an asymmetric key. None changes anything. Thumbprints are hex, of any length. */

/**
 * Open databases whose log was written under a protector and still needs it, with the number of virtual log files. 2019
 * and later: before that the column would fail the batch. VIEW SERVER STATE.
 */
export const logsUnder = (thumbprint: string): string =>
  queryText(tsql`SELECT d.name AS database_name, COUNT(*) AS log_files
FROM sys.databases AS d
CROSS APPLY sys.dm_db_log_info(d.database_id) AS l
WHERE d.state = 0 AND CONVERT(varchar(66), l.vlf_encryptor_thumbprint, 1) = ${text(`0x${thumbprint}`)}
GROUP BY d.name;`)

/** Databases that can't be encrypted: no backup of them is under TDE. */
const withoutTde = tsql`N'master', N'model', N'msdb'`

/** Backups on record, by database. Times are the server's own. SELECT in msdb. */
export const backupsByDatabase = (): string =>
  queryText(tsql`SELECT bs.database_name AS database_name, COUNT(*) AS backups, MIN(bs.backup_finish_date) AS oldest, MAX(bs.backup_finish_date) AS newest
FROM msdb.dbo.backupset AS bs
WHERE bs.database_name NOT IN (${withoutTde})
GROUP BY bs.database_name
ORDER BY bs.database_name;`)

/** The same of one database, of before a day (the server's own calendar). */
export const backupsBefore = (database: string, day: string): string =>
  queryText(tsql`SELECT COUNT(*) AS backups, MIN(bs.backup_finish_date) AS oldest, MAX(bs.backup_finish_date) AS newest
FROM msdb.dbo.backupset AS bs
WHERE bs.database_name = ${text(database)} AND bs.backup_finish_date < ${date(day)};`)
