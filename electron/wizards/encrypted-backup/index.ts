import { KeyturnError } from '../../../shared/errors/problem.ts'
import { answerProblems } from '../../../shared/forms/draft-parts.ts'
import {
  encryptedBackupDraft,
  type EncryptedBackupDraft,
} from '../../../shared/forms/encrypted-backup-draft.ts'
import type { Job } from '../../engine/contract.ts'
import type { Facts } from './facts-model.ts'
import { readFacts } from './facts.ts'
import { notChecked } from './not-checked.ts'
import { planEncryptedBackup } from './plan.ts'
import { commonSteps } from '../sqlserver/steps/index.ts'

export { readFacts } from './facts.ts'
export { formFacts, type FormSources } from './options.ts'
export { preview, type PreviewText } from './preview.ts'
export type { Facts } from './facts-model.ts'

/** `answers-incomplete` with one sentence per field that needs a change. */
export const parseDraft = (answers: unknown): EncryptedBackupDraft => {
  const read = encryptedBackupDraft.safeParse(answers)
  if (read.success) return read.data
  const fields = answerProblems(read.error)
  throw new KeyturnError('answers-incomplete', { count: fields.length }, { fields })
}

/** The job "Encrypted backup". Order, risks and undo: README.md beside this file. */
export const encryptedBackup: Job<EncryptedBackupDraft, Facts> = {
  id: 'encrypted-backup',
  parse: parseDraft,
  readFacts: (draft, reader) => readFacts({ ...draft }, reader),
  plan: planEncryptedBackup,
  steps: commonSteps,
  notChecked,
}
