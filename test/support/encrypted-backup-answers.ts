import type { Answers } from '../../shared/forms/form.ts'
import type { JobId } from '../../shared/model/job.ts'
import type { SecretPurpose } from '../../shared/model/secrets.ts'
import { asDraftId, asTargetId, type DraftId, type TargetId } from '../../shared/model/ids.ts'
import type { Ask } from './ask.ts'

export interface BackupWish {
  server: string
  databases: string[]
  /** A folder below the home folder that the picker starts in; null: no local copy. */
  localFolder: string | null
  certificateName?: string
  certificateExpiry?: string
}

/** Fills in the wizard for an empty instance, with the same questions to main that the window asks. */
export const draftEncryptedBackup = async (
  ask: Ask,
  wish: BackupWish,
): Promise<{ draft: DraftId; target: TargetId; answers: Answers }> => {
  const { target, answers } = await answersOfEncryptedBackup(ask, wish)
  return { draft: await saveDraft(ask, answers), target, answers }
}

/** A new draft with these answers, as far as the review. */
export const saveDraft = async (
  ask: Ask,
  answers: Answers,
  job: JobId = 'encrypted-backup',
): Promise<DraftId> => {
  const { id } = await ask('wizard.open', { job, draft: null })
  await ask('wizard.save', { draft: id, answers, screen: 'review' })
  return asDraftId(id)
}

export const answersOfEncryptedBackup = async (
  ask: Ask,
  wish: BackupWish,
): Promise<{ target: TargetId; answers: Answers }> => {
  const found = (await ask('connections.list', {})).find(({ connection }) => connection.name === wish.server)
  if (!found) throw new Error(`no connection ${wish.server}`)
  const target = found.connection.id
  const password = async (purpose: SecretPurpose, label: string): Promise<string> =>
    (await ask('secrets.generate', { purpose, target, label })).handle
  const listing = await ask('serverFiles.list', { target, path: '' })
  const answers: Answers = {
    target,
    databases: wish.databases,
    masterKeyMode: 'create',
    masterKeyPassword: await password('sql.dmk-password', 'Master key of master'),
    masterKeyFilePassword: await password('sql.key-file-password', 'Master key file'),
    serviceMasterKeyFile: false,
    certificateMode: 'create',
    certificateName: wish.certificateName ?? 'KT_Backup_2026',
    certificateSubject: 'Keyturn backup certificate',
    certificateExpiry: wish.certificateExpiry ?? yearsFromNow(5),
    certificateFilePassword: await password('sql.key-file-password', 'Private key file'),
    keyFolder: listing.path,
    localCopy: wish.localFolder === null ? null : await pickFolder(ask, wish.localFolder),
    proveOnServer: true,
    backupFolder: listing.path,
    algorithm: 'AES_256',
    compression: true,
    checksum: true,
    stats: 5,
    copyOnly: true,
    verifyAfter: true,
  }
  return { target: asTargetId(target), answers }
}

/** A folder in main's own list, as a person picks it in a shell without a native dialog. */
export const pickFolder = async (ask: Ask, name: string): Promise<string> => {
  const { picker } = await ask('places.pick', { purpose: 'local copy' })
  if (picker === null) throw new Error('this shell has a native dialog')
  const listing = await ask('places.browse', { picker, entry: null })
  const entry = listing.entries.find((one) => one.name === name)
  if (!entry) throw new Error(`no folder ${name} in ${listing.label}`)
  return (await ask('places.choose', { picker, entry: entry.id })).id
}

export const yearsFromNow = (years: number): string => {
  const day = new Date()
  day.setUTCFullYear(day.getUTCFullYear() + years)
  return day.toISOString().slice(0, 10)
}
