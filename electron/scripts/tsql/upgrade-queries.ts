import { joined, queryText, text, tsql, whole } from './fragment.ts'

/** Reads around a change of the connector; none changes anything. */

const listed = (databases: readonly string[]) =>
  joined(
    databases.map((name) => text(name)),
    ', ',
  )

/**
 * The newest full backup, copy-only ones among them: they restore as well. With its file; its time is the server's own.
 * SELECT in msdb.
 */
export const newestFullBackupOf = (database: string): string =>
  queryText(tsql`SELECT TOP (1) b.database_name AS database_name, b.backup_finish_date AS finished, f.physical_device_name AS device
FROM msdb.dbo.backupset AS b
JOIN msdb.dbo.backupmediafamily AS f ON f.media_set_id = b.media_set_id
WHERE b.type = 'D' AND b.database_name = ${text(database)}
ORDER BY b.backup_finish_date DESC;`)

/** Files of backups that are read at most. Years of log backups are more, and refuse no change of the connector. */
export const mostBackups = 5_000

/**
 * Backups on record of these databases, the newest `mostBackups`, newest first: what a restore may have to open under
 * the old thumbprints.
 */
export const backupsOf = (databases: readonly string[]): string =>
  queryText(tsql`SELECT TOP (${whole(mostBackups, 1, mostBackups)}) b.database_name AS database_name, b.type AS type, b.backup_finish_date AS finished, f.physical_device_name AS device
FROM msdb.dbo.backupset AS b
JOIN msdb.dbo.backupmediafamily AS f ON f.media_set_id = b.media_set_id
WHERE b.database_name IN (${listed(databases)})
ORDER BY b.backup_finish_date DESC;`)
