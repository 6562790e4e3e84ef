import { name, queryText, text, tsql } from './fragment.ts'

/** Reads before a plan is made. Each is a batch of its own: one that the login may not run takes no other with it. */

export const serverFacts = (): string =>
  queryText(tsql`SELECT CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)) AS version, CAST(SERVERPROPERTY('ProductMajorVersion') AS nvarchar(128)) AS major,
  CAST(SERVERPROPERTY('Edition') AS nvarchar(128)) AS edition, CAST(SERVERPROPERTY('EngineEdition') AS int) AS engine_edition,
  CAST(SERVERPROPERTY('ServerName') AS nvarchar(128)) AS server_name, CAST(SERVERPROPERTY('IsHadrEnabled') AS int) AS hadr;`)

export const defaultFolders = (): string =>
  queryText(tsql`SELECT CAST(SERVERPROPERTY('InstanceDefaultBackupPath') AS nvarchar(400)) AS backup_folder,
  CAST(SERVERPROPERTY('InstanceDefaultDataPath') AS nvarchar(400)) AS data_folder;`)

/** 1, 0, or NULL where the permission or the securable is not known. Public. */
export const permissions = (): string =>
  queryText(tsql`SELECT IS_SRVROLEMEMBER('sysadmin') AS sysadmin,
  HAS_PERMS_BY_NAME(NULL, NULL, 'CONTROL SERVER') AS control_server,
  HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW SERVER STATE') AS view_server_state,
  HAS_PERMS_BY_NAME(NULL, NULL, 'CREATE ANY DATABASE') AS create_database,
  HAS_PERMS_BY_NAME(N'master', 'DATABASE', 'CONTROL') AS control_master,
  HAS_PERMS_BY_NAME(N'master', 'DATABASE', 'CREATE CERTIFICATE') AS create_certificate,
  HAS_PERMS_BY_NAME(NULL, NULL, 'ALTER ANY CREDENTIAL') AS alter_credential;`)

/** One row per database that the login sees. Sizes are of the data files, in bytes; NULL without rights. */
export const databases = (): string =>
  queryText(tsql`SELECT d.name AS name, d.database_id AS database_id, d.state_desc AS state_desc, d.recovery_model_desc AS recovery_model,
  d.is_read_only AS is_read_only, d.is_encrypted AS is_encrypted, d.source_database_id AS source_database_id,
  HAS_PERMS_BY_NAME(QUOTENAME(d.name), 'DATABASE', 'BACKUP DATABASE') AS may_backup
FROM sys.databases AS d
ORDER BY d.name;`)

export const databaseSizes = (): string =>
  queryText(tsql`SELECT f.database_id AS database_id, SUM(CAST(f.size AS bigint)) * 8192 AS data_bytes
FROM sys.master_files AS f
WHERE f.type = 0
GROUP BY f.database_id;`)

/** VIEW SERVER STATE. */
export const encryptionStates = (): string =>
  queryText(tsql`SELECT k.database_id AS database_id, k.encryption_state AS encryption_state, k.encryptor_thumbprint AS encryptor_thumbprint
FROM sys.dm_database_encryption_keys AS k;`)

export const certificates = (): string =>
  queryText(tsql`SELECT c.name AS name, c.subject AS subject, c.thumbprint AS thumbprint, c.start_date AS start_date, c.expiry_date AS expiry_date,
  c.pvt_key_encryption_type AS private_key, c.pvt_key_last_backup_date AS last_export
FROM master.sys.certificates AS c
ORDER BY c.name;`)

/**
 * How many backups msdb knows for each encryptor, the newest, and until when msdb says that they are kept: `kept_until`
 * is the latest expiration on record, `without_end` counts those that have none.
 */
export const backupsByEncryptor = (): string =>
  queryText(tsql`SELECT bs.encryptor_thumbprint AS encryptor_thumbprint, COUNT(*) AS backups, MAX(bs.backup_finish_date) AS newest,
  MAX(bs.expiration_date) AS kept_until, SUM(CASE WHEN bs.expiration_date IS NULL THEN 1 ELSE 0 END) AS without_end
FROM msdb.dbo.backupset AS bs
WHERE bs.encryptor_thumbprint IS NOT NULL
GROUP BY bs.encryptor_thumbprint;`)

/** Size of the newest full backup of each database before compression, as msdb has it. */
export const lastFullBackupSizes = (): string =>
  queryText(tsql`SELECT bs.database_name AS database_name, bs.backup_size AS backup_size
FROM msdb.dbo.backupset AS bs
WHERE bs.backup_set_id IN (SELECT MAX(b.backup_set_id) FROM msdb.dbo.backupset AS b WHERE b.type = 'D' GROUP BY b.database_name);`)

/** Only volumes that hold database files are known to the server. VIEW SERVER STATE. */
export const volumes = (): string =>
  queryText(tsql`SELECT DISTINCT v.volume_mount_point AS mount_point, v.available_bytes AS available_bytes
FROM sys.master_files AS f
CROSS APPLY sys.dm_os_volume_stats(f.database_id, f.file_id) AS v;`)

/** Other replicas of the availability groups that hold databases of this instance. VIEW ANY DEFINITION. */
export const replicas = (): string =>
  queryText(tsql`SELECT r.replica_server_name AS replica, c.database_name AS database_name
FROM sys.availability_replicas AS r
JOIN sys.availability_databases_cluster AS c ON c.group_id = r.group_id
WHERE r.replica_server_name <> @@SERVERNAME;`)

/** VIEW SERVER STATE; without it only the asking session is seen. */
export const runningBackups = (): string =>
  queryText(tsql`SELECT r.session_id AS session_id, r.command AS command, DB_NAME(r.database_id) AS database_name, r.percent_complete AS percent_complete
FROM sys.dm_exec_requests AS r
WHERE r.command LIKE N'BACKUP%';`)

/** Number of databases whose encryption key is under this certificate, for the retire verdict. */
export const keysUnder = (thumbprint: string): string =>
  queryText(tsql`SELECT DB_NAME(k.database_id) AS database_name
FROM sys.dm_database_encryption_keys AS k
WHERE CONVERT(varchar(66), k.encryptor_thumbprint, 1) = ${text(`0x${thumbprint}`)};`)

export const backupsUnder = (thumbprint: string): string =>
  queryText(tsql`SELECT bs.database_name AS database_name, COUNT(*) AS backups, MAX(bs.backup_finish_date) AS newest
FROM msdb.dbo.backupset AS bs
WHERE CONVERT(varchar(66), bs.encryptor_thumbprint, 1) = ${text(`0x${thumbprint}`)}
GROUP BY bs.database_name;`)

/** Certificates and asymmetric keys whose private key a database's master key opens. */
export const certificatesUnderMasterKey = (database: string): string =>
  queryText(tsql`SELECT c.name AS name FROM ${name(database)}.sys.certificates AS c WHERE c.pvt_key_encryption_type = 'MK'
UNION ALL
SELECT a.name AS name FROM ${name(database)}.sys.asymmetric_keys AS a WHERE a.pvt_key_encryption_type = 'MK';`)

/**
 * Steps of SQL Server Agent jobs whose text names a certificate, as it is or between brackets. The text itself is not
 * read: job steps hold passwords. SQLAgentReaderRole in msdb, or SELECT on the two tables.
 */
export const agentStepsNaming = (certificate: string): string =>
  queryText(tsql`SELECT j.name AS job, j.enabled AS enabled, s.step_id AS step_id, s.step_name AS step_name
FROM msdb.dbo.sysjobs AS j
JOIN msdb.dbo.sysjobsteps AS s ON s.job_id = j.job_id
WHERE CHARINDEX(${text(certificate)}, s.command) > 0 OR CHARINDEX(REPLACE(${text(certificate)}, N']', N']]'), s.command) > 0
ORDER BY j.name, s.step_id;`)
