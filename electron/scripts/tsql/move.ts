import type { Script } from '../../../shared/model/script.ts'
import { algorithms, type Algorithm } from './backup.ts'
import { joined, name, queryText, script, text, tsql, whole, word, type Fragment } from './fragment.ts'

/** Statements of a move, and the reads around them. Databases are dropped only while every file of theirs is the run's. */

export const userAccesses = ['MULTI_USER', 'RESTRICTED_USER'] as const
export type UserAccess = (typeof userAccesses)[number]

export interface MoveBackup {
  database: string
  /** With the run's mark in its name: FORMAT may only ever meet a file of the same run. */
  path: string
  /** Null: the backup itself is not encrypted; a database under TDE still is. */
  encryption: { certificate: string; algorithm: Algorithm } | null
  name: string
  description: string
  stats: number
}

/** BACKUP DATABASE on the database. COPY_ONLY: the chain of the source goes on as if it had not been. */
export const backUpForMove = (backup: MoveBackup): Script => {
  const options: Fragment[] = [
    tsql`FORMAT`,
    tsql`COPY_ONLY`,
    tsql`CHECKSUM`,
    ...(backup.encryption === null
      ? []
      : [
          tsql`ENCRYPTION (ALGORITHM = ${word(algorithms, backup.encryption.algorithm)}, SERVER CERTIFICATE = ${name(backup.encryption.certificate, 'backupCertificate')})`,
        ]),
    tsql`NAME = ${text(backup.name)}`,
    tsql`DESCRIPTION = ${text(backup.description)}`,
    tsql`STATS = ${whole(backup.stats, 1, 100)}`,
  ]
  return script(tsql`USE [master];
BACKUP DATABASE ${name(backup.database, 'database')}
  TO DISK = ${text(backup.path, 'backupFolder')}
  WITH ${joined(options, ',\n    ')};`)
}

export interface MoveRestore {
  database: string
  path: string
  moves: readonly { logical: string; to: string }[]
  /** Only where this run recorded that nothing of that name was there, and its own broken-off attempt is. */
  replace: boolean
  stats: number
}

/** CREATE ANY DATABASE. */
export const restoreMoved = ({ database, path, moves, replace, stats }: MoveRestore): Script => {
  const options: Fragment[] = [
    tsql`FILE = 1`,
    ...moves.map(({ logical, to }) => tsql`MOVE ${text(logical)} TO ${text(to, 'dataFolder')}`),
    ...(replace ? [tsql`REPLACE`] : []),
    tsql`RECOVERY`,
    tsql`CHECKSUM`,
    tsql`STATS = ${whole(stats, 1, 100)}`,
  ]
  return script(tsql`USE [master];
RESTORE DATABASE ${name(database, 'newName')}
  FROM DISK = ${text(path, 'readFolder')}
  WITH ${joined(options, ',\n    ')};`)
}

/** ALTER on the database, and membership in db_owner. Others that use it are disconnected; nobody can come back. */
export const detachDatabase = (database: string): Script =>
  script(tsql`USE [master];
ALTER DATABASE ${name(database, 'database')} SET SINGLE_USER WITH ROLLBACK IMMEDIATE;
USE ${name(database, 'database')};
CHECKPOINT;
USE [master];
EXEC master.sys.sp_detach_db @dbname = ${text(database, 'database')}, @skipchecks = N'true';`)

const fileList = (files: readonly string[]): Fragment =>
  joined(
    files.map((file) => tsql`(FILENAME = ${text(file, 'dataFolder')})`),
    ',\n  ',
  )

/** CREATE ANY DATABASE; the service account opens the files to change them. */
export const attachDatabase = (database: string, files: readonly string[], access: UserAccess): Script =>
  script(tsql`USE [master];
CREATE DATABASE ${name(database, 'newName')} ON
  ${fileList(files)}
  FOR ATTACH;
ALTER DATABASE ${name(database, 'newName')} SET ${word(userAccesses, access)};`)

/** Where the database was never detached, or is back already: others may use it again. */
export const openToUsers = (database: string, access: UserAccess): Script =>
  script(tsql`USE [master];
ALTER DATABASE ${name(database)} SET ${word(userAccesses, access)};`)

/** TAKE OWNERSHIP on the database and IMPERSONATE on the login. */
export const setOwner = (database: string, login: string): Script =>
  script(tsql`USE [master];
ALTER AUTHORIZATION ON DATABASE::${name(database)} TO ${name(login)};`)

/** sysadmin. */
export const setTrustworthy = (database: string): Script =>
  script(tsql`USE [master];
ALTER DATABASE ${name(database)} SET TRUSTWORTHY ON;`)

/** ALTER on the database; needs it alone, so that others in it are disconnected. */
export const enableBroker = (database: string): Script =>
  script(tsql`USE [master];
ALTER DATABASE ${name(database)} SET ENABLE_BROKER WITH ROLLBACK IMMEDIATE;`)

/** What the server keeps for a database and its files do not hold. `owner` null: not visible, so it can't be set. */
export interface DatabaseOptions {
  owner: string | null
  trustworthy: boolean
  broker: boolean
}

/** The statements that give a database its owner and flags, each with what it is for. */
export const optionScripts = (
  database: string,
  { owner, trustworthy, broker }: DatabaseOptions,
): { option: keyof DatabaseOptions; script: Script }[] => [
  ...(owner === null ? [] : [{ option: 'owner' as const, script: setOwner(database, owner) }]),
  ...(trustworthy ? [{ option: 'trustworthy' as const, script: setTrustworthy(database) }] : []),
  ...(broker ? [{ option: 'broker' as const, script: enableBroker(database) }] : []),
]

/** One row where this server has a login of that name. */
export const loginNamed = (login: string): string =>
  queryText(
    tsql`SELECT p.name AS name FROM sys.server_principals AS p WHERE p.name = ${text(login)} AND p.type <> 'R';`,
  )

export const setOffline = (database: string): Script =>
  script(tsql`USE [master];
ALTER DATABASE ${name(database)} SET OFFLINE WITH ROLLBACK IMMEDIATE;`)

export const setOnline = (database: string): Script =>
  script(tsql`USE [master];
ALTER DATABASE ${name(database)} SET ONLINE;`)

/** Does nothing where the database has a file that is not one of these: then it is not the one that the run made. */
export const dropMoved = (database: string, files: readonly string[]): Script =>
  script(tsql`USE [master];
IF EXISTS (SELECT 1 FROM sys.master_files WHERE database_id = DB_ID(${text(database)}))
  AND NOT EXISTS (SELECT 1 FROM sys.master_files WHERE database_id = DB_ID(${text(database)})
  AND physical_name NOT IN (${joined(
    files.map((file) => text(file)),
    ', ',
  )}))
  DROP DATABASE ${name(database)};`)

/** Its last message counts the errors (8989), so that silence is no answer. CONTROL on the database. */
export const checkMoved = (database: string): Script =>
  script(tsql`USE [master];
DBCC CHECKDB (${name(database)});`)

/** What a person does outside of SQL Server, above the question whether it was done. */
export const waitForFiles = (commands: readonly string[], files: readonly string[]): Script =>
  script(
    joined(
      [
        ...commands.map((command) => commandNote(command)),
        ...files.map(
          (file) => tsql`SELECT f.file_exists AS file_exists FROM sys.dm_os_file_exists(${text(file)}) AS f;`,
        ),
      ],
      '\n',
    ),
  )

/** A comment of one line; what could end the line is refused like in any literal. */
const commandNote = (command: string): Fragment => {
  text(command)
  return { fragment: [`-- ${command}`] }
}

/** One row while the database is there. */
export const movedDatabase = (database: string): string =>
  queryText(tsql`SELECT d.name AS name, d.state_desc AS state_desc, d.user_access_desc AS user_access, d.recovery_model_desc AS recovery_model,
  d.is_master_key_encrypted_by_server AS opens, SUSER_SNAME(d.owner_sid) AS owner, d.is_trustworthy_on AS trustworthy, d.is_broker_enabled AS broker
FROM sys.databases AS d WHERE d.name = ${text(database)};`)

/** `pages` counts 8 KB. VIEW ANY DEFINITION. */
export const movedFiles = (database: string): string =>
  queryText(tsql`SELECT f.name AS logical_name, f.physical_name AS physical_name, f.type AS type, f.size AS pages
FROM sys.master_files AS f WHERE f.database_id = DB_ID(${text(database)}) ORDER BY f.file_id;`)

/** VIEW SERVER STATE. No row: the database has no encryption key. */
export const encryptionOf = (database: string): string =>
  queryText(tsql`SELECT k.encryption_state AS encryption_state, k.encryptor_thumbprint AS encryptor_thumbprint, k.encryptor_type AS encryptor_type
FROM sys.dm_database_encryption_keys AS k WHERE k.database_id = DB_ID(${text(database)});`)

/** Needs no key. CREATE ANY DATABASE. */
export const fileListOf = (path: string): string =>
  queryText(tsql`RESTORE FILELISTONLY FROM DISK = ${text(path)};`)

/** Other sessions that are in the database. VIEW SERVER STATE. */
export const sessionsIn = (database: string): string =>
  queryText(tsql`SELECT s.session_id AS session_id, s.login_name AS login_name, s.program_name AS program_name
FROM sys.dm_exec_sessions AS s WHERE s.database_id = DB_ID(${text(database)}) AND s.session_id <> @@SPID;`)

/** Backups that this server took of the database since it is there: someone counts on it. */
export const backupsSinceMade = (database: string): string =>
  queryText(tsql`SELECT COUNT(*) AS backups FROM msdb.dbo.backupset AS bs
JOIN sys.databases AS d ON d.name = bs.database_name
WHERE d.name = ${text(database)} AND bs.backup_start_date >= d.create_date AND bs.server_name = @@SERVERNAME;`)

/** SQL Server 2017 and later. VIEW SERVER STATE. */
export const sizeOfFile = (folder: string, file: string): string =>
  queryText(tsql`SELECT f.size_in_bytes AS size_in_bytes
FROM sys.dm_os_enumerate_filesystem(${text(folder)}, ${text(file)}) AS f WHERE f.is_directory = 0;`)

/** Users of the database that stand for a login. */
export const usersIn = (database: string): string =>
  queryText(tsql`SELECT COUNT(*) AS users FROM ${name(database)}.sys.database_principals AS p
WHERE p.type IN ('S', 'U', 'G') AND p.principal_id > 4;`)
