import type { Script } from '../../../shared/model/script.ts'
import { joined, name, script, text, tsql, whole, word, type Fragment } from './fragment.ts'

export const algorithms = ['AES_256', 'AES_192', 'AES_128'] as const
export type Algorithm = (typeof algorithms)[number]

export interface EncryptedBackup {
  database: string
  /** On the server, with the run's mark in its name: FORMAT may only ever meet a file of the same run. */
  path: string
  certificate: string
  algorithm: Algorithm
  copyOnly: boolean
  checksum: boolean
  compression: boolean
  /** Bytes; null leaves it to the server. A TDE database is compressed before it is encrypted only above 65536. */
  maxTransferSize: number | null
  /** At most 128 characters. */
  name: string
  /** At most 255 characters; holds the run's mark. */
  description: string
  stats: number
}

export const backupDatabase = (backup: EncryptedBackup): Script => {
  const options: Fragment[] = [
    tsql`FORMAT`,
    ...(backup.copyOnly ? [tsql`COPY_ONLY`] : []),
    backup.checksum ? tsql`CHECKSUM` : tsql`NO_CHECKSUM`,
    backup.compression ? tsql`COMPRESSION` : tsql`NO_COMPRESSION`,
    ...(backup.maxTransferSize === null
      ? []
      : [tsql`MAXTRANSFERSIZE = ${whole(backup.maxTransferSize, 65_536, 4_194_304)}`]),
    tsql`ENCRYPTION (ALGORITHM = ${word(algorithms, backup.algorithm)}, SERVER CERTIFICATE = ${name(backup.certificate, 'certificateName')})`,
    tsql`NAME = ${text(backup.name)}`,
    tsql`DESCRIPTION = ${text(backup.description)}`,
    tsql`STATS = ${whole(backup.stats, 1, 100, 'stats')}`,
  ]
  return script(tsql`USE [master];
BACKUP DATABASE ${name(backup.database, 'databases')}
  TO DISK = ${text(backup.path, 'backupFolder')}
  WITH ${joined(options, ',\n    ')};`)
}
