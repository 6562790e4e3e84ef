import { queryText, text, tsql, type Fragment } from './fragment.ts'

/** Reads on database encryption keys and their scans; none changes anything. */

/** `scan`: the columns of 2019 and later; on older servers they would fail the whole batch. */
const keyColumns = (scan: boolean): Fragment =>
  tsql`d.name AS name, k.encryption_state AS encryption_state, k.percent_complete AS percent_complete, k.create_date AS create_date,
  k.regenerate_date AS regenerate_date, k.modify_date AS modify_date, k.key_algorithm AS key_algorithm, k.key_length AS key_length,
  k.encryptor_thumbprint AS encryptor_thumbprint, k.encryptor_type AS encryptor_type${
    scan ? tsql`, k.encryption_scan_state AS encryption_scan_state` : tsql``
  }`

/** VIEW SERVER STATE. A database that is not open shows no key. */
export const databaseKeys = (scan: boolean): string =>
  queryText(tsql`SELECT ${keyColumns(scan)}
FROM sys.dm_database_encryption_keys AS k
JOIN sys.databases AS d ON d.database_id = k.database_id;`)

export const databaseKeyOf = (database: string, scan: boolean): string =>
  queryText(tsql`SELECT ${keyColumns(scan)}
FROM sys.dm_database_encryption_keys AS k
JOIN sys.databases AS d ON d.database_id = k.database_id
WHERE d.name = ${text(database)};`)

/** How this server's own copy of an availability database moves. VIEW SERVER STATE. */
export const replicaMovement = (database: string): string =>
  queryText(tsql`SELECT s.synchronization_state_desc AS synchronization_state_desc, s.is_suspended AS is_suspended,
  s.suspend_reason_desc AS suspend_reason_desc
FROM sys.dm_hadr_database_replica_states AS s
JOIN sys.availability_databases_cluster AS c ON c.group_database_id = s.group_database_id
WHERE s.is_local = 1 AND c.database_name = ${text(database)};`)

/** PRIMARY or SECONDARY, for each availability database of this server. VIEW SERVER STATE. */
export const localRoles = (): string =>
  queryText(tsql`SELECT c.database_name AS database_name, s.role_desc AS role_desc
FROM sys.availability_databases_cluster AS c
JOIN sys.dm_hadr_availability_replica_states AS s ON s.group_id = c.group_id
WHERE s.is_local = 1;`)

/** Whether the server counts the database as encrypted: the last SET ENCRYPTION, not how far its scan came. */
export const encryptedFlag = (database: string): string =>
  queryText(
    tsql`SELECT d.is_encrypted AS is_encrypted FROM sys.databases AS d WHERE d.name = ${text(database)};`,
  )

/** Files in read-only file groups: they stop the encryption of their database. */
export const readOnlyFiles = (): string =>
  queryText(tsql`SELECT d.name AS database_name, f.name AS file_name
FROM sys.master_files AS f
JOIN sys.databases AS d ON d.database_id = f.database_id
WHERE f.is_read_only = 1;`)

/** Newest log backup of each database on record. Times are the server's; `time_zone` is its offset in quarters of an hour. */
export const lastLogBackups = (): string =>
  queryText(tsql`SELECT bs.database_name AS database_name, bs.backup_finish_date AS finished, bs.time_zone AS time_zone
FROM msdb.dbo.backupset AS bs
WHERE bs.backup_set_id IN (SELECT MAX(b.backup_set_id) FROM msdb.dbo.backupset AS b WHERE b.type = 'L' GROUP BY b.database_name);`)

/** Whether each database has a log chain: the number is NULL where no data backup began one, or in SIMPLE recovery. */
export const logChains = (): string =>
  queryText(tsql`SELECT d.name AS name, CASE WHEN s.last_log_backup_lsn IS NULL THEN 0 ELSE 1 END AS chained
FROM sys.database_recovery_status AS s
JOIN sys.databases AS d ON d.database_id = s.database_id;`)

export const logChainOf = (database: string): string =>
  queryText(tsql`SELECT d.recovery_model_desc AS recovery_model, CASE WHEN s.last_log_backup_lsn IS NULL THEN 0 ELSE 1 END AS chained
FROM sys.database_recovery_status AS s
JOIN sys.databases AS d ON d.database_id = s.database_id
WHERE d.name = ${text(database)};`)

/** Backups of one database on record. msdb does not say which of them TDE had encrypted, nor under which certificate. */
export const backupsOfDatabase = (database: string): string =>
  queryText(tsql`SELECT COUNT(*) AS backups, MIN(bs.backup_finish_date) AS oldest, MAX(bs.backup_finish_date) AS newest
FROM msdb.dbo.backupset AS bs
WHERE bs.database_name = ${text(database)};`)
