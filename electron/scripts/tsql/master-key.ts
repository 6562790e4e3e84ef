import type { Script } from '../../../shared/model/script.ts'
import { name, script, secret, text, tsql, type Fragment } from './fragment.ts'

/** Secrets of this job, by the name that is shown for them. */
export const holes = {
  masterKey: secret('dmk_password', 'sql.dmk-password'),
  masterKeyFile: secret('dmk_file_password', 'sql.key-file-password'),
  serviceMasterKeyFile: secret('smk_file_password', 'sql.smk-file-password'),
  certificateFile: secret('certificate_file_password', 'sql.key-file-password'),
  throwAway: secret('throw_away_password', 'run.throw-away'),
} as const satisfies Record<string, Fragment>

export const createMasterKey = (): Script =>
  script(tsql`USE [master];
CREATE MASTER KEY ENCRYPTION BY PASSWORD = ${holes.masterKey};`)

export const dropMasterKey = (): Script =>
  script(tsql`USE [master];
DROP MASTER KEY;`)

/** One batch, so that the opened key lives no longer than the session that needs it. */
export const addServiceMasterKeyCopy = (): Script =>
  script(tsql`USE [master];
OPEN MASTER KEY DECRYPTION BY PASSWORD = ${holes.masterKey};
ALTER MASTER KEY ADD ENCRYPTION BY SERVICE MASTER KEY;
CLOSE MASTER KEY;`)

export const dropServiceMasterKeyCopy = (): Script =>
  script(tsql`USE [master];
ALTER MASTER KEY DROP ENCRYPTION BY SERVICE MASTER KEY;`)

/** Proves that the kept password opens the key; changes nothing. */
export const openAndCloseMasterKey = (): Script =>
  script(tsql`USE [master];
OPEN MASTER KEY DECRYPTION BY PASSWORD = ${holes.masterKey};
CLOSE MASTER KEY;`)

export const backupMasterKey = (path: string): Script =>
  script(tsql`USE [master];
BACKUP MASTER KEY TO FILE = ${text(path, 'keyFolder')}
  ENCRYPTION BY PASSWORD = ${holes.masterKeyFile};`)

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
