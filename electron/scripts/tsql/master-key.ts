import type { Script } from '../../../shared/model/script.ts'
import { name, script, secret, text, tsql, type Fragment } from './fragment.ts'

/** Secrets of this job, by the name that is shown for them. */
export const holes = {
  masterKey: secret('dmk_password', 'sql.dmk-password'),
  newMasterKey: secret('dmk_new_password', 'sql.dmk-password'),
  restoredFile: secret('restored_file_password', 'sql.key-file-password'),
  masterKeyFile: secret('dmk_file_password', 'sql.key-file-password'),
  serviceMasterKeyFile: secret('smk_file_password', 'sql.smk-file-password'),
  certificateFile: secret('certificate_file_password', 'sql.key-file-password'),
  throwAway: secret('throw_away_password', 'run.throw-away'),
} as const satisfies Record<string, Fragment>

/** Which of the job's two passwords: the one that the key has, or the one that it gets. */
export type KeyPassword = 'present' | 'new'
const passwordOf = (which: KeyPassword): Fragment =>
  which === 'present' ? holes.masterKey : holes.newMasterKey

export const createMasterKey = (database = 'master', password: KeyPassword = 'present'): Script =>
  script(tsql`USE ${name(database)};
CREATE MASTER KEY ENCRYPTION BY PASSWORD = ${passwordOf(password)};`)

export const dropMasterKey = (database = 'master'): Script =>
  script(tsql`USE ${name(database)};
DROP MASTER KEY;`)

/** One batch, so that the opened key lives no longer than the session that needs it. */
export const addServiceMasterKeyCopy = (database = 'master', password: KeyPassword = 'present'): Script =>
  script(tsql`USE ${name(database)};
OPEN MASTER KEY DECRYPTION BY PASSWORD = ${passwordOf(password)};
ALTER MASTER KEY ADD ENCRYPTION BY SERVICE MASTER KEY;
CLOSE MASTER KEY;`)

export const dropServiceMasterKeyCopy = (database = 'master'): Script =>
  script(tsql`USE ${name(database)};
ALTER MASTER KEY DROP ENCRYPTION BY SERVICE MASTER KEY;`)

/** Proves that the kept password opens the key; changes nothing. */
export const openAndCloseMasterKey = (database = 'master', password: KeyPassword = 'present'): Script =>
  script(tsql`USE ${name(database)};
OPEN MASTER KEY DECRYPTION BY PASSWORD = ${passwordOf(password)};
CLOSE MASTER KEY;`)

/** Where the key does not open by itself, the batch opens it first, with the password named. */
export const backupMasterKey = (path: string, database = 'master', open: KeyPassword | null = null): Script =>
  script(tsql`USE ${name(database)};${opening(open)}
BACKUP MASTER KEY TO FILE = ${text(path, 'keyFolder')}
  ENCRYPTION BY PASSWORD = ${holes.masterKeyFile};${closing(open)}`)

const opening = (open: KeyPassword | null): Fragment =>
  open === null
    ? tsql``
    : tsql`
OPEN MASTER KEY DECRYPTION BY PASSWORD = ${passwordOf(open)};`
const closing = (open: KeyPassword | null): Fragment =>
  open === null
    ? tsql``
    : tsql`
CLOSE MASTER KEY;`

export const backupServiceMasterKey = (path: string): Script =>
  script(tsql`USE [master];
BACKUP SERVICE MASTER KEY TO FILE = ${text(path, 'keyFolder')}
  ENCRYPTION BY PASSWORD = ${holes.serviceMasterKeyFile};`)

/** Into a scratch database only: in a database that has a master key this replaces it. Leaves the session in master. */
export const restoreMasterKeyInto = (database: string, path: string): Script =>
  script(tsql`USE ${name(database)};
RESTORE MASTER KEY FROM FILE = ${text(path)}
  DECRYPTION BY PASSWORD = ${holes.masterKeyFile}
  ENCRYPTION BY PASSWORD = ${holes.throwAway};
USE [master];`)

/** The key gets a second password; the first one goes on opening it. */
export const addMasterKeyPassword = (database: string): Script =>
  script(tsql`USE ${name(database)};
OPEN MASTER KEY DECRYPTION BY PASSWORD = ${holes.masterKey};
ALTER MASTER KEY ADD ENCRYPTION BY PASSWORD = ${holes.newMasterKey};
CLOSE MASTER KEY;`)

export const dropMasterKeyPassword = (database: string, which: KeyPassword): Script =>
  script(tsql`USE ${name(database)};
OPEN MASTER KEY DECRYPTION BY PASSWORD = ${passwordOf(which === 'new' ? 'present' : 'new')};
ALTER MASTER KEY DROP ENCRYPTION BY PASSWORD = ${passwordOf(which)};
CLOSE MASTER KEY;`)

/** The way back of a removed password: the other one opens the key. */
export const addMasterKeyPasswordAgain = (database: string): Script =>
  script(tsql`USE ${name(database)};
OPEN MASTER KEY DECRYPTION BY PASSWORD = ${holes.newMasterKey};
ALTER MASTER KEY ADD ENCRYPTION BY PASSWORD = ${holes.masterKey};
CLOSE MASTER KEY;`)

export interface KeyChange {
  /** Loses what the old key can't decrypt. */
  force: boolean
  /** Needed where the old key does not open by itself. */
  open: KeyPassword | null
}

/** A new key; everything below it is decrypted with the old one and encrypted with the new one. CONTROL on the database. */
export const regenerateMasterKey = (database: string, { force, open }: KeyChange): Script =>
  script(tsql`USE ${name(database)};${opening(open)}
ALTER MASTER KEY ${forced(force)}REGENERATE WITH ENCRYPTION BY PASSWORD = ${holes.newMasterKey};${closing(open)}`)

/** Replaces the key of the database by the one in the file. CONTROL on the database. */
export const restoreMasterKey = (database: string, path: string, { force, open }: KeyChange): Script =>
  script(tsql`USE ${name(database)};${opening(open)}
RESTORE MASTER KEY FROM FILE = ${text(path, 'restoreFile')}
  DECRYPTION BY PASSWORD = ${holes.restoredFile}
  ENCRYPTION BY PASSWORD = ${holes.newMasterKey}${force ? tsql` FORCE` : tsql``};${closing(open)}`)

/** CONTROL SERVER. */
export const regenerateServiceMasterKey = (force: boolean): Script =>
  script(tsql`USE [master];
ALTER SERVICE MASTER KEY ${forced(force)}REGENERATE;`)

/** CONTROL SERVER. Sent again it finds the same key and changes nothing. */
export const restoreServiceMasterKey = (path: string, force: boolean): Script =>
  script(tsql`USE [master];
RESTORE SERVICE MASTER KEY FROM FILE = ${text(path, 'restoreFile')}
  DECRYPTION BY PASSWORD = ${holes.restoredFile}${force ? tsql` FORCE` : tsql``};`)

const forced = (force: boolean): Fragment => (force ? tsql`FORCE ` : tsql``)
