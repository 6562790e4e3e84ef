import { joined, queryText, text, tsql } from './fragment.ts'

/** Reads around a change of the connector; none changes anything. */

const listed = (databases: readonly string[]) =>
  joined(
    databases.map((name) => text(name)),
    ', ',
  )

/** Full backups of each, newest first, with their files; times are the server's own. SELECT in msdb. */
export const fullBackupsOf = (databases: readonly string[]): string =>
  queryText(tsql`SELECT b.database_name AS database_name, b.backup_finish_date AS finished, f.physical_device_name AS device
FROM msdb.dbo.backupset AS b
JOIN msdb.dbo.backupmediafamily AS f ON f.media_set_id = b.media_set_id
WHERE b.type = 'D' AND b.is_copy_only = 0 AND b.database_name IN (${listed(databases)})
ORDER BY b.backup_finish_date DESC;`)

/** Backups on record of these databases, newest first: what a restore may have to open under the old thumbprints. */
export const backupsOf = (databases: readonly string[]): string =>
  queryText(tsql`SELECT b.database_name AS database_name, b.type AS type, b.backup_finish_date AS finished, f.physical_device_name AS device
FROM msdb.dbo.backupset AS b
JOIN msdb.dbo.backupmediafamily AS f ON f.media_set_id = b.media_set_id
WHERE b.database_name IN (${listed(databases)})
ORDER BY b.backup_finish_date DESC;`)
