import type { Script } from '../../../shared/model/script.ts'
import { algorithms, type Algorithm } from './backup.ts'
import { name, script, text, tsql, whole, word, type Fragment } from './fragment.ts'

/**
 * Statements on the database encryption key. Those act on the current database, so each names it in its own batch and
 * leaves the session in master: a session that stays in a database would keep others out of it.
 */

/** What a database encryption key is under: a certificate of master, or an asymmetric key of a provider. */
export type Protector = { certificate: string } | { asymmetricKey: string }

/** Without `=`: that is only for BACKUP. */
const underProtector = (protector: Protector): Fragment =>
  'certificate' in protector
    ? tsql`CERTIFICATE ${name(protector.certificate, 'certificateName')}`
    : tsql`ASYMMETRIC KEY ${name(protector.asymmetricKey, 'keyName')}`

/** CONTROL on the database, VIEW DEFINITION on the protector. */
export const createDatabaseKey = (database: string, algorithm: Algorithm, protector: Protector): Script =>
  script(tsql`USE ${name(database, 'databases')};
CREATE DATABASE ENCRYPTION KEY
  WITH ALGORITHM = ${word(algorithms, algorithm)}
  ENCRYPTION BY SERVER ${underProtector(protector)};
USE [master];`)

export const changeProtector = (database: string, protector: Protector): Script =>
  script(tsql`USE ${name(database, 'databases')};
ALTER DATABASE ENCRYPTION KEY
  ENCRYPTION BY SERVER ${underProtector(protector)};
USE [master];`)

export const regenerateDatabaseKey = (database: string, algorithm: Algorithm): Script =>
  script(tsql`USE ${name(database, 'databases')};
ALTER DATABASE ENCRYPTION KEY
  REGENERATE WITH ALGORITHM = ${word(algorithms, algorithm)};
USE [master];`)

export const dropDatabaseKey = (database: string): Script =>
  script(tsql`USE ${name(database, 'databases')};
DROP DATABASE ENCRYPTION KEY;
USE [master];`)

/** SUSPEND and RESUME: SQL Server 2019 and later. */
export const encryptionWords = ['ON', 'OFF', 'SUSPEND', 'RESUME'] as const
export type EncryptionWord = (typeof encryptionWords)[number]

/** ALTER on the database. */
export const setEncryption = (database: string, to: EncryptionWord): Script =>
  script(tsql`USE [master];
ALTER DATABASE ${name(database, 'databases')} SET ENCRYPTION ${word(encryptionWords, to)};`)

interface PlainBackup {
  database: string
  path: string
  name: string
  description: string
  stats: number
}

/** Without backup encryption: what it holds is as the database is. FORMAT only ever meets a file of the same run. */
const plainBackup = (what: Fragment, backup: PlainBackup): Script =>
  script(tsql`USE [master];
BACKUP ${what} ${name(backup.database, 'databases')}
  TO DISK = ${text(backup.path, 'backupFolder')}
  WITH FORMAT,
    CHECKSUM,
    NAME = ${text(backup.name)},
    DESCRIPTION = ${text(backup.description)},
    STATS = ${whole(backup.stats, 1, 100)};`)

export const fullBackup = (backup: PlainBackup): Script => plainBackup(tsql`DATABASE`, backup)

/** A part of the database's log chain: not copy-only, because that would leave the log as it is. BACKUP LOG on the database. */
export const logBackup = (backup: PlainBackup): Script => plainBackup(tsql`LOG`, backup)

/** Where there are no log backups, it ends what the log holds. CHECKPOINT on the database. */
export const checkpoint = (database: string): Script =>
  script(tsql`USE ${name(database, 'databases')};
CHECKPOINT;
USE [master];`)
