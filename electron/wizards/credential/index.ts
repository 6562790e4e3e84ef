import { credentialDraft, type CredentialDraft } from '../../../shared/forms/credential-draft.ts'
import {
  isForStorage,
  storageCredentialDraft,
  type StorageCredentialDraft,
} from '../../../shared/forms/credential-storage-draft.ts'
import type { Job } from '../../engine/contract.ts'
import { parseWith } from '../sqlserver/parse-draft.ts'
import type { Facts } from './facts-model.ts'
import { readFacts } from './facts.ts'
import { notChecked } from './not-checked.ts'
import { planCredential } from './plan.ts'
import { credentialSteps } from './steps.ts'
import { readStorageFacts, type StorageFacts } from './storage/facts.ts'
import { storageNotChecked } from './storage/not-checked.ts'
import { planStorageCredential } from './storage/plan.ts'

/** Both uses of the job: what is read and planned differs, the frame is the same. */
export type AnyDraft = CredentialDraft | StorageCredentialDraft
export type AnyFacts = { use: 'key-vault'; facts: Facts } | { use: 'storage'; facts: StorageFacts }

const parseKeyVault = parseWith(credentialDraft)
const parseStorage = parseWith(storageCredentialDraft)
const isStorage = (draft: unknown): boolean =>
  typeof draft === 'object' && draft !== null && isForStorage(draft)

/** The job "Credential". Order, risks and undo: README.md beside this file. */
export const credential: Job<AnyDraft, AnyFacts> = {
  id: 'credential',
  parse: (draft) => (isStorage(draft) ? parseStorage(draft) : parseKeyVault(draft)),
  readFacts: async (draft, reader) =>
    draft.use === 'storage'
      ? { use: 'storage', facts: await readStorageFacts({ ...draft }, reader) }
      : { use: 'key-vault', facts: await readFacts({ ...draft }, reader) },
  plan: (draft, read, runId) => {
    if (draft.use === 'storage' && read.use === 'storage')
      return planStorageCredential(draft, read.facts, runId)
    if (draft.use !== 'storage' && read.use !== 'storage') return planCredential(draft, read.facts, runId)
    throw new TypeError('facts of another use')
  },
  steps: credentialSteps(),
  notChecked: (plan) =>
    plan.steps.some(({ kind }) => kind.endsWith('-storage-credential'))
      ? storageNotChecked(plan)
      : notChecked(plan),
}
