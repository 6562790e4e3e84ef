import type { EncryptedBackupDraft } from '../../../shared/forms/encrypted-backup-draft.ts'
import { deviceOf } from '../../scripts/runbook/devices.ts'
import type { Blobs } from '../../scripts/runbook/storage-params.ts'
import { backupDatabase } from '../../scripts/tsql/backup.ts'
import type { BackupDevice } from '../../scripts/tsql/device.ts'
import { verifyOnly } from '../../scripts/tsql/restore.ts'
import type { DatabaseFact } from '../sqlserver/facts-model.ts'
import type { Draftstep } from '../sqlserver/plan-parts.ts'
import type { KeyContext } from './plan-keys.ts'

/** Above 65536 a TDE database is decrypted, compressed and encrypted again; below, compression finds nothing to do. */
export const transferSizeForTde = 131_072

/** In bytes; null: the server's own. Page blobs take none. */
export const transferSize = (
  draft: EncryptedBackupDraft,
  database: DatabaseFact | undefined,
): number | null => {
  if (draft.destination === 'url') return draft.blobAccess === 'access-key' ? null : draft.transferSize
  return draft.compression && database?.tde === true ? transferSizeForTde : null
}

export const backupSteps = (context: KeyContext, facts: readonly DatabaseFact[]): Draftstep[] => {
  const { draft, names } = context
  return draft.databases.flatMap((database, index) => {
    const files = names.backupFiles[index] ?? []
    const fact = facts.find(({ name }) => name === database)
    return [
      backupStep(context, database, files, fact),
      ...(draft.verifyAfter ? [verifyStep(context, database, files)] : []),
    ]
  })
}

const blobsOf = (draft: EncryptedBackupDraft, files: readonly string[]): Blobs | null =>
  draft.destination === 'disk'
    ? null
    : { urls: [...files], credential: draft.blobAccess === 'access-key' ? draft.credentialName : null }

const deviceFor = (draft: EncryptedBackupDraft, files: readonly string[]): BackupDevice => {
  const first = files[0] ?? ''
  if (draft.destination === 'disk') return { kind: 'disk', path: first }
  return draft.blobAccess === 'access-key'
    ? { kind: 'page-blob', url: first, credential: draft.credentialName }
    : {
        kind: 'block-blob',
        urls: files,
        maxTransferSize: draft.transferSize,
        blockSize: draft.blockSize,
      }
}

/** Name of what the backup is encrypted under. */
export const encryptorName = (draft: EncryptedBackupDraft): string =>
  draft.encryptor === 'certificate' ? draft.certificateName : draft.asymmetricKeyName

export const encryptorWords = (draft: EncryptedBackupDraft): string =>
  `${draft.encryptor === 'certificate' ? 'certificate' : 'asymmetric key'} ${encryptorName(draft)}`

const backupStep = (
  { draft, names, thumbprint, probe }: KeyContext,
  database: string,
  files: readonly string[],
  fact: DatabaseFact | undefined,
): Draftstep => {
  const blobs = blobsOf(draft, files)
  const size = transferSize(draft, fact)
  const where = files.join(', ')
  return {
    kind: 'back-up-database',
    title: `Back up ${database} with ${draft.algorithm}`,
    now: blobs === null ? 'No file of this run' : 'No blob of this run',
    after: `${where}, encrypted under ${encryptorWords(draft)}`,
    scripts: [
      backupDatabase({
        database,
        device: deviceFor(draft, files),
        encryptor: { kind: draft.encryptor, name: encryptorName(draft) },
        algorithm: draft.algorithm,
        copyOnly: draft.copyOnly,
        checksum: draft.checksum,
        compression: draft.compression,
        maxTransferSize: size,
        name: names.backupSetName,
        description: names.description,
        stats: draft.stats,
      }),
    ],
    params: {
      database,
      file: files[0] ?? '',
      blobs,
      probe,
      encryptor: draft.encryptor,
      certificate: encryptorName(draft),
      thumbprint,
      description: names.description,
      algorithm: draft.algorithm,
      checksum: draft.checksum,
      copyOnly: draft.copyOnly,
      compression: draft.compression,
      maxTransferSize: size,
      blockSize: blobs === null || blobs.credential !== null ? null : draft.blockSize,
      stats: draft.stats,
    },
    permission: `BACKUP DATABASE on ${database}; VIEW DEFINITION on ${encryptorWords(draft)}${blobs === null ? '' : '; ALTER ANY CREDENTIAL'}`,
    undo: {
      can: false,
      because:
        blobs === null
          ? `T-SQL can’t delete files. Stays on the server: ${where}`
          : `T-SQL can’t delete blobs. Stays in the container: ${where}`,
    },
    resume: 'marked',
    stopNow: { leaves: partly(draft, database, where) },
  }
}

/** What a statement that is broken off leaves. */
const partly = (draft: EncryptedBackupDraft, database: string, where: string): string => {
  if (draft.destination === 'disk')
    return `A partial file, ${where}, which no restore can read. ${database} is as it was`
  return draft.blobAccess === 'access-key'
    ? `Perhaps a part of the page blob ${where}, which no restore can read. ${database} is as it was`
    : `No blob: blocks that were sent are not part of one until the end. ${database} is as it was`
}

const verifyStep = ({ draft }: KeyContext, database: string, files: readonly string[]): Draftstep => {
  const params = { database, file: files[0] ?? '', blobs: blobsOf(draft, files), checksum: draft.checksum }
  return {
    kind: 'verify-backup',
    title: `Read the backup of ${database} again`,
    now: 'Written, not read again',
    after: draft.checksum
      ? 'The whole file was read with the server’s key and its checksums compared'
      : 'The whole file was read with the server’s key; it holds no checksums',
    scripts: [verifyOnly(deviceOf(params), draft.checksum, draft.stats)],
    params,
    permission: 'CREATE ANY DATABASE (the server asks for it before RESTORE VERIFYONLY)',
    undo: { can: false, because: 'It changes nothing', leaves: 'nothing' },
    resume: 'named',
    stopNow: { leaves: 'Nothing: it only reads' },
  }
}
