import {
  storageTasks,
  type StorageCredentialDraft,
} from '../../../../shared/forms/credential-storage-draft.ts'
import type { Answers } from '../../../../shared/forms/form.ts'
import {
  blanksOf,
  markBlank,
  noServerFacts,
  notYet,
  previewOf,
  type Preview,
} from '../../sqlserver/preview-parts.ts'
import { placeInStorage } from '../../sqlserver/preview-storage.ts'
import type { StorageFacts } from './facts.ts'
import { planStorageCredential } from './plan.ts'

export const storagePreview = (answers: Answers, facts: StorageFacts | null): Preview => {
  const draft = storageBlanks(answers)
  return draft === null
    ? { statements: [], refused: null }
    : previewOf(() => planStorageCredential(draft, facts ?? noFacts, markBlank).plan)
}

const noFacts: StorageFacts = {
  ...noServerFacts,
  credentials: notYet,
  azure: null,
  kept: [],
  plannedAt: '1970-01-01T00:00:00.000Z',
  secrets: {},
}

/** Null while it is not chosen what is to be done. */
export const storageBlanks = (answers: Answers): StorageCredentialDraft | null => {
  const task = storageTasks.find((one) => one === answers['task'])
  if (task === undefined) return null
  const { text, flag, oneOf } = blanksOf(answers)
  const chosen = answers['storageChosen']
  const days = answers['tokenDays']
  return {
    target: text('target', ''),
    use: 'storage',
    task,
    azureMode: oneOf('azureMode', ['without', 'connected']),
    azure: text('azure', '') || null,
    ...placeInStorage(answers),
    accountMode: oneOf('accountMode', ['use', 'create']),
    storageAccount: text('storageAccount', 'group/account'),
    accountGroup: text('accountGroup', 'group'),
    accountName: text('accountName', 'account'),
    accountRegion: text('accountRegion', 'region'),
    containerName: text('containerName', 'container'),
    tokenFrom: oneOf('tokenFrom', ['typed', 'make']),
    signWith: oneOf('signWith', ['sign-in', 'key']),
    tokenDays: typeof days === 'number' && Number.isInteger(days) && days > 0 && days < 366 ? days : 7,
    storageChosen: Array.isArray(chosen) ? chosen : [],
    proveStorage: flag('proveStorage', true),
  }
}
