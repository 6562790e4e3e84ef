import {
  encryptedBackupDraft,
  type EncryptedBackupDraft,
} from '../../../shared/forms/encrypted-backup-draft.ts'
import { parseWith } from '../sqlserver/parse-draft.ts'
import type { Job } from '../../engine/contract.ts'
import type { Facts } from './facts-model.ts'
import { readFacts } from './facts.ts'
import { notChecked } from './not-checked.ts'
import { planEncryptedBackup } from './plan.ts'
import { commonSteps } from '../sqlserver/steps/index.ts'

/** `answers-incomplete` with one sentence per field that needs a change. */
export const parseDraft = parseWith(encryptedBackupDraft)

/** The job "Encrypted backup". Order, risks and undo: README.md beside this file. */
export const encryptedBackup: Job<EncryptedBackupDraft, Facts> = {
  id: 'encrypted-backup',
  parse: parseDraft,
  readFacts: (draft, reader) => readFacts({ ...draft }, reader),
  plan: planEncryptedBackup,
  steps: commonSteps,
  notChecked,
}
