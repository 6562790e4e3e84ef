import type { Script } from '../../../shared/model/script.ts'
import { readFrom, readOptions, withOptions, type RestoreDevice } from './device.ts'
import { joined, name, queryText, script, secret, text, tsql, whole, type Fragment } from './fragment.ts'
import { holes } from './master-key.ts'
import { headerOnly } from './restore.ts'

/**
 * Statements of a restore drill. What they make and drop on the drill server carries the mark of a run in its name, so
 * that a slip elsewhere can't turn them against anything that was there before.
 */
export const drillPrefix = 'KT_drill_'

const madeByDrill = /^KT_drill_[a-z0-9]{8}_[cd]\d{1,3}$/

const drillName = (value: string): Fragment => {
  if (!madeByDrill.test(value)) throw new TypeError('not a name that a drill gives')
  return name(value)
}

/** The passwords that a drill tries on key files, in their order; the first is 0. */
export const drillHole = (index: number): string =>
  index === 0 ? 'key_file_password' : `key_file_password_${index + 1}`

const drillPassword = (index: number): Fragment => {
  if (!Number.isInteger(index) || index < 0 || index > 99) throw new TypeError('not a number of a password')
  return secret(drillHole(index), 'sql.key-file-password')
}

/** Under a password that nobody knows: the server opens it by itself, and the drill drops it again. */
export const createThrowAwayMasterKey = (): Script =>
  script(tsql`USE [master];
CREATE MASTER KEY ENCRYPTION BY PASSWORD = ${holes.throwAway};`)

export type KeyFiles = { pfx: string } | { certificate: string; privateKey: string }

/** Into master, under its master key: a restore has no session that could open anything else. CREATE CERTIFICATE. */
export const importDrillCertificate = (certificate: string, files: KeyFiles, password: number): Script =>
  'pfx' in files
    ? script(tsql`USE [master];
CREATE CERTIFICATE ${drillName(certificate)}
  FROM FILE = ${text(files.pfx, 'keyFolder')}
  WITH FORMAT = N'PFX', PRIVATE KEY (
    DECRYPTION BY PASSWORD = ${drillPassword(password)});`)
    : script(tsql`USE [master];
CREATE CERTIFICATE ${drillName(certificate)}
  FROM FILE = ${text(files.certificate, 'keyFolder')}
  WITH PRIVATE KEY (
    FILE = ${text(files.privateKey, 'keyFolder')},
    DECRYPTION BY PASSWORD = ${drillPassword(password)});`)

export const dropDrillCertificate = (certificate: string): Script =>
  script(tsql`USE [master];
DROP CERTIFICATE ${drillName(certificate)};`)

/** Needs no key. CREATE DATABASE permission. */
export const drillHeader = headerOnly

/** Needs the key of an encrypted backup (SQL 33111 without). CREATE DATABASE permission. */
export const drillFileList = (device: RestoreDevice, position: number): string =>
  queryText(
    tsql`RESTORE FILELISTONLY FROM ${readFrom(device)}${withOptions([tsql`FILE = ${whole(position, 1, 65_535)}`, ...readOptions(device)])};`,
  )

/** How many stripes the medium of one file has, and which of them it is. CREATE DATABASE permission. */
export const drillLabel = (device: RestoreDevice): string =>
  queryText(tsql`RESTORE LABELONLY FROM ${readFrom(device)}${withOptions(readOptions(device))};`)

export interface DrillRestore {
  kind: 'full' | 'differential' | 'log'
  /** The database that the drill makes. */
  database: string
  device: RestoreDevice
  position: number
  moves: readonly { logical: string; to: string }[]
  /** False: another backup of the chain follows. */
  last: boolean
  checksum: boolean
  stats: number
}

/**
 * REPLACE reaches only what carries this run's mark: a database and files that a broken-off attempt of the same
 * statement left. RESTORE of a log takes no MOVE that the full backup had.
 */
export const restoreDrill = (restore: DrillRestore): Script => {
  const options = [
    tsql`FILE = ${whole(restore.position, 1, 65_535)}`,
    ...readOptions(restore.device),
    ...(restore.kind === 'full'
      ? [
          ...restore.moves.map(({ logical, to }) => tsql`MOVE ${text(logical)} TO ${text(to, 'dataFolder')}`),
          tsql`REPLACE`,
        ]
      : []),
    restore.last ? tsql`RECOVERY` : tsql`NORECOVERY`,
    ...(restore.checksum ? [tsql`CHECKSUM`] : []),
    tsql`STATS = ${whole(restore.stats, 1, 100)}`,
  ]
  const what = restore.kind === 'log' ? tsql`LOG` : tsql`DATABASE`
  return script(tsql`USE [master];
RESTORE ${what} ${drillName(restore.database)}
  FROM ${readFrom(restore.device)}
  WITH ${joined(options, ',\n  ')};`)
}

/** Its last message counts the errors (8989), so that silence is no answer. CONTROL on the database. */
export const checkDrillDatabase = (database: string): Script =>
  script(tsql`USE [master];
DBCC CHECKDB (${drillName(database)});`)

export const dropDrillDatabase = (database: string): Script =>
  script(tsql`USE [master];
DROP DATABASE ${drillName(database)};`)
