import type { Answers } from '../../../shared/forms/form.ts'
import type { EncryptedBackupDraft } from '../../../shared/forms/encrypted-backup-draft.ts'
import { blanksOf, markBlank, noServerFacts, previewOf, type Preview } from '../sqlserver/preview-parts.ts'
import type { Facts } from './facts-model.ts'
import { planEncryptedBackup } from './plan.ts'
import { writtenBlobs } from '../sqlserver/preview-storage.ts'

/**
 * The statements that the answers so far lead to, for the pane beside the form: unanswered values as ‹certificate
 * name›, secrets as «name». Shows what is typed even where it can't run yet; `refused` names what no statement can hold.
 */
export const preview = (answers: Answers, facts: Facts | null): Preview => {
  const read = facts ?? {
    ...noServerFacts,
    keyFolder: null,
    backupFolder: null,
    ekm: null,
    credentials: null,
    secrets: {},
    localCopyLabel: null,
  }
  return previewOf(() => planEncryptedBackup(withBlanks(answers), read, markBlank).plan)
}

const withBlanks = (answers: Answers): EncryptedBackupDraft => {
  const { text, flag, oneOf, day } = blanksOf(answers)
  const chosen = answers['databases']
  const stats = answers['stats']
  return {
    target: text('target', ''),
    encryptor: oneOf('encryptor', ['certificate', 'asymmetric-key']),
    asymmetricKeyName: text('asymmetricKeyName', '‹asymmetric key›'),
    databases: Array.isArray(chosen) && chosen.length > 0 ? chosen : ['‹database›'],
    masterKeyMode: oneOf<'use' | 'create' | 'repair'>('masterKeyMode', ['use', 'create', 'repair']),
    masterKeyPassword: null,
    certificateMode: oneOf<'create' | 'use'>('certificateMode', ['create', 'use']),
    certificateName: text('certificateName', '‹certificate name›'),
    certificateSubject: text('certificateSubject', '‹subject›'),
    certificateExpiry: day('certificateExpiry'),
    keyFolder: text('keyFolder', '‹folder for key files›'),
    certificateFilePassword: '',
    masterKeyFilePassword: '',
    serviceMasterKeyFile: flag('serviceMasterKeyFile', false),
    serviceMasterKeyFilePassword: null,
    proveOnServer: flag('proveOnServer', true),
    localCopy:
      typeof answers['localCopy'] === 'string' && answers['localCopy'] !== '' ? answers['localCopy'] : null,
    destination: oneOf('destination', ['disk', 'url']),
    backupFolder: text('backupFolder', '‹folder for backups›'),
    ...writtenBlobs(answers),
    algorithm: oneOf('algorithm', ['AES_256', 'AES_192', 'AES_128']),
    compression: flag('compression', false),
    checksum: flag('checksum', true),
    stats: typeof stats === 'number' && Number.isInteger(stats) && stats >= 1 && stats <= 100 ? stats : 5,
    copyOnly: flag('copyOnly', true),
    verifyAfter: flag('verifyAfter', true),
  }
}
