import { name, queryText, text, tsql } from './fragment.ts'

/** Reads that steps make while a run goes on. Each names its columns; none changes anything. */

/** One row where the database has a master key: when it was made, and its copies. */
export const masterKeyOf = (database: string): string =>
  queryText(tsql`SELECT CONVERT(nvarchar(36), k.key_guid) AS key_guid, k.algorithm_desc AS algorithm_desc, k.create_date AS create_date,
  SUM(CASE WHEN e.crypt_type = 'ESKM' THEN 1 ELSE 0 END) AS smk_copies,
  SUM(CASE WHEN e.crypt_type IN ('ESKP', 'ESP2', 'ESP3') THEN 1 ELSE 0 END) AS password_copies
FROM ${name(database)}.sys.symmetric_keys AS k
LEFT JOIN ${name(database)}.sys.key_encryptions AS e ON e.key_id = k.symmetric_key_id
WHERE k.name = N'##MS_DatabaseMasterKey##'
GROUP BY k.key_guid, k.algorithm_desc, k.create_date;`)

/** Whether master's own list holds a copy of that key under the service master key. */
export const masterKeyFlag = (database: string): string =>
  queryText(
    tsql`SELECT d.is_master_key_encrypted_by_server AS opens FROM sys.databases AS d WHERE d.name = ${text(database)};`,
  )

/** Databases whose master key the server opens by itself. */
export const databasesOpenedByServer = (): string =>
  queryText(
    tsql`SELECT d.name AS name FROM sys.databases AS d WHERE d.is_master_key_encrypted_by_server = 1 ORDER BY d.name;`,
  )

/** One row: the service master key. */
export const serviceMasterKey = (): string =>
  queryText(tsql`SELECT CONVERT(nvarchar(36), k.key_guid) AS key_guid, k.algorithm_desc AS algorithm_desc, k.create_date AS create_date, k.modify_date AS modify_date
FROM master.sys.symmetric_keys AS k
WHERE k.name = N'##MS_ServiceMasterKey##';`)

export const certificateNamed = (certificate: string): string =>
  queryText(tsql`SELECT c.name AS name, c.subject AS subject, c.thumbprint AS thumbprint, c.start_date AS start_date, c.expiry_date AS expiry_date,
  c.pvt_key_encryption_type AS private_key, c.pvt_key_last_backup_date AS last_export
FROM master.sys.certificates AS c
WHERE c.name = ${text(certificate)};`)

export const certificateThumbprints = (): string =>
  queryText(tsql`SELECT c.thumbprint AS thumbprint FROM master.sys.certificates AS c;`)

/** In another database than master: the certificates that were imported there. */
export const certificatesIn = (database: string): string =>
  queryText(
    tsql`SELECT c.name AS name, c.thumbprint AS thumbprint, c.pvt_key_encryption_type AS private_key FROM ${name(database)}.sys.certificates AS c;`,
  )

export const masterKeyIn = (database: string): string =>
  queryText(
    tsql`SELECT k.name AS name, k.create_date AS create_date FROM ${name(database)}.sys.symmetric_keys AS k WHERE k.name = N'##MS_DatabaseMasterKey##';`,
  )

export const databaseNamed = (database: string): string =>
  queryText(
    tsql`SELECT d.name AS name, d.state_desc AS state_desc, d.create_date AS create_date FROM sys.databases AS d WHERE d.name = ${text(database)};`,
  )

/** What msdb recorded for one file of one run. db_datareader in msdb, or SELECT on the two tables. */
export const backupOnRecord = (path: string, description: string): string =>
  queryText(tsql`SELECT bs.backup_set_id AS backup_set_id, bs.database_name AS database_name, bs.backup_finish_date AS finished,
  bs.key_algorithm AS key_algorithm, bs.encryptor_thumbprint AS encryptor_thumbprint, bs.encryptor_type AS encryptor_type,
  bs.has_backup_checksums AS has_checksums, bs.is_copy_only AS is_copy_only, bs.is_damaged AS is_damaged,
  bs.backup_size AS backup_size, bs.compressed_backup_size AS compressed_size
FROM msdb.dbo.backupset AS bs
JOIN msdb.dbo.backupmediafamily AS f ON f.media_set_id = bs.media_set_id
WHERE f.physical_device_name = ${text(path)} AND bs.description = ${text(description)}
ORDER BY bs.backup_set_id DESC;`)

/** Sessions of this run other than the asking one that are inside a statement right now. VIEW SERVER STATE. */
export const requestsOfProgram = (programName: string): string =>
  queryText(tsql`SELECT r.session_id AS session_id, r.command AS command
FROM sys.dm_exec_requests AS r
JOIN sys.dm_exec_sessions AS s ON s.session_id = r.session_id
WHERE s.program_name = ${text(programName)} AND r.session_id <> @@SPID AND (r.command LIKE N'BACKUP%' OR r.command LIKE N'RESTORE%' OR r.command LIKE N'CREATE%');`)

export type FileProbe = 'dm_os_file_exists' | 'xp_fileexist'

/** 2017 has a documented function; older servers only the undocumented procedure that everybody uses. */
export const fileProbeFor = (majorVersion: number): FileProbe =>
  majorVersion >= 14 ? 'dm_os_file_exists' : 'xp_fileexist'

/** One row; column names differ by probe: see `readFileProbe`. VIEW SERVER STATE for the function. */
export const fileExists = (probe: FileProbe, path: string): string =>
  queryText(
    probe === 'dm_os_file_exists'
      ? tsql`SELECT f.file_exists AS file_exists, f.file_is_a_directory AS file_is_a_directory FROM sys.dm_os_file_exists(${text(path)}) AS f;`
      : tsql`EXEC master.sys.xp_fileexist ${text(path)};`,
  )
