import type { Script } from '../../../shared/model/script.ts'
import { deviceOptions, writtenTo, type BackupDevice } from './device.ts'
import { joined, name, script, text, tsql, whole, word, type Fragment } from './fragment.ts'

export const algorithms = ['AES_256', 'AES_192', 'AES_128'] as const
export type Algorithm = (typeof algorithms)[number]

/** What the key of a backup file is under, by its name in master. */
export interface Encryptor {
  kind: 'certificate' | 'asymmetric-key'
  name: string
}

export interface EncryptedBackup {
  database: string
  /** With the run's mark in its name: FORMAT may only ever meet a file of the same run. */
  device: BackupDevice
  encryptor: Encryptor
  algorithm: Algorithm
  copyOnly: boolean
  checksum: boolean
  compression: boolean
  /** Of a file on disk, in bytes; null leaves it to the server. A TDE database is compressed only above 65536. */
  maxTransferSize: number | null
  /** At most 128 characters. */
  name: string
  /** At most 255 characters; holds the run's mark. */
  description: string
  stats: number
}

export const encryptionOption = (algorithm: Algorithm, encryptor: Encryptor): Fragment =>
  tsql`ENCRYPTION (ALGORITHM = ${word(algorithms, algorithm)}, ${
    encryptor.kind === 'certificate'
      ? tsql`SERVER CERTIFICATE = ${name(encryptor.name, 'certificateName')}`
      : tsql`SERVER ASYMMETRIC KEY = ${name(encryptor.name, 'asymmetricKeyName')}`
  })`

export const backupDatabase = (backup: EncryptedBackup): Script => {
  const options: Fragment[] = [
    tsql`FORMAT`,
    ...(backup.copyOnly ? [tsql`COPY_ONLY`] : []),
    backup.checksum ? tsql`CHECKSUM` : tsql`NO_CHECKSUM`,
    backup.compression ? tsql`COMPRESSION` : tsql`NO_COMPRESSION`,
    ...deviceOptions(backup.device, backup.maxTransferSize),
    encryptionOption(backup.algorithm, backup.encryptor),
    tsql`NAME = ${text(backup.name)}`,
    tsql`DESCRIPTION = ${text(backup.description)}`,
    tsql`STATS = ${whole(backup.stats, 1, 100, 'stats')}`,
  ]
  return script(tsql`USE [master];
BACKUP DATABASE ${name(backup.database, 'databases')}
  TO ${writtenTo(backup.device)}
  WITH ${joined(options, ',\n    ')};`)
}
