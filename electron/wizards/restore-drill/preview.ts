import type { Answers } from '../../../shared/forms/form.ts'
import type { StorageAnswers } from '../../../shared/forms/storage-draft.ts'
import { placeInStorage } from '../sqlserver/preview-storage.ts'
import type { RestoreDrillDraft } from '../../../shared/forms/restore-drill-draft.ts'
import { blanksOf, markBlank, previewOf, type Preview } from '../sqlserver/preview-parts.ts'
import type { Facts } from './facts-model.ts'
import { planRestoreDrill } from './plan.ts'

/** The statements that the answers so far lead to: unanswered values as ‹words›, secrets as «name». */
export const preview = (answers: Answers, facts: Facts | null): Preview =>
  facts === null
    ? { statements: [], refused: null }
    : previewOf(() => planRestoreDrill(withBlanks(answers), facts, markBlank).plan)

/** Where the files are, as far as the answers go. */
export const blobAnswers = (
  answers: Answers,
): Pick<RestoreDrillDraft, 'filesWhere' | 'backupFolder' | 'blobUrls' | keyof StorageAnswers> => {
  const { text, oneOf } = blanksOf(answers)
  return {
    filesWhere: oneOf('filesWhere', ['folder', 'same', 'container', 'blobs']),
    backupFolder: text('backupFolder', '‹folder of the backup files›'),
    blobUrls: text('blobUrls', 'https://account.blob.core.windows.net/container/blob.bak'),
    ...placeInStorage(answers),
  }
}

const withBlanks = (answers: Answers): RestoreDrillDraft => {
  const { text, flag, oneOf } = blanksOf(answers)
  const chosen = answers['backups']
  const stats = answers['stats']
  const kept = answers['keptPasswords']
  const handle = (field: string): string | null => {
    const value = answers[field]
    return typeof value === 'string' && value !== '' ? value : null
  }
  return {
    target: text('target', ''),
    which: oneOf('which', ['chosen', 'latest']),
    backups: Array.isArray(chosen) ? chosen : [],
    follow: flag('follow', true),
    drillTarget: text('drillTarget', ''),
    ...blobAnswers(answers),
    dataFolder: text('dataFolder', '‹folder for data files›'),
    logFolder: text('logFolder', '‹folder for log files›'),
    masterKeyMode: oneOf('masterKeyMode', ['throw-away', 'password', 'use']),
    masterKeyPassword: null,
    keyFiles: oneOf('keyFiles', ['search', 'named', 'none']),
    keyFolder: text('keyFolder', '‹folder of the key files›'),
    moreKeyFolders: text('moreKeyFolders', ''),
    keyNames: text('keyNames', '‹certificate file›.cer\n‹private key file›.pvk'),
    passwordFrom: oneOf('passwordFrom', ['typed', 'kept', 'both']),
    keyPassword: handle('keyPassword'),
    secondKeyPassword: handle('secondKeyPassword'),
    thirdKeyPassword: handle('thirdKeyPassword'),
    keptPasswords: Array.isArray(kept) ? kept : [],
    consistency: flag('consistency', true),
    stats: typeof stats === 'number' && Number.isInteger(stats) && stats >= 1 && stats <= 100 ? stats : 5,
  }
}
