/** Key and backup files of the simulated SQL Server. Independent of the product's own codecs, so that each tests the other. */
export { FileFormatError, type FileFault } from './errors.ts'
export {
  makeSelfSigned,
  privateKeyMatches,
  readCertificate,
  thumbprintOf,
  type CertificateFacts,
  type SelfSignedRequest,
} from './x509.ts'
export { readPvk, writePvk, type PvkStrength } from './pvk.ts'
export { readPfx, writePfx } from './pfx.ts'
export { unwrapSecret, unwrapWithPassword, wrapSecret, wrapWithPassword } from './wrap.ts'
export {
  readMasterKeyFile,
  writeMasterKeyFile,
  type MasterKeyFile,
  type MasterKeyKind,
} from './master-key-file.ts'
export {
  createBackupFile,
  createBackupFiles,
  type BackupContents,
  type BackupEncryption,
  type BackupOptions,
  type BackupTarget,
} from './backup-write.ts'
export {
  readBackupHeader,
  readBackupPages,
  readStripedPages,
  type BackupFileFacts,
  type KeyFinder,
} from './backup-read.ts'
export type { BackupAlgorithm, BackupFact, BackupHeader, BackupSizes } from './backup-layout.ts'
export type { BackupBytes, BackupOrigin, BackupPlace, BackupSink } from './media.ts'
