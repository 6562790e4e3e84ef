import { KeyturnError } from '../../../shared/errors/problem.ts'
import { answerProblems } from '../../../shared/forms/draft-parts.ts'
import { masterKeyDraft, type MasterKeyDraft } from '../../../shared/forms/master-key-draft.ts'
import type { Job } from '../../engine/contract.ts'
import type { Facts } from './facts-model.ts'
import { readFacts } from './facts.ts'
import { notChecked } from './not-checked.ts'
import { planMasterKey } from './plan.ts'
import { masterKeySteps } from './steps/index.ts'

/** `answers-incomplete` with one sentence per field that needs a change. */
const parseDraft = (answers: unknown): MasterKeyDraft => {
  const read = masterKeyDraft.safeParse(answers)
  if (read.success) return read.data
  const fields = answerProblems(read.error)
  throw new KeyturnError('answers-incomplete', { count: fields.length }, { fields })
}

/** The job "Master key". Order, risks and undo: README.md beside this file. */
export const masterKey: Job<MasterKeyDraft, Facts> = {
  id: 'master-key',
  parse: parseDraft,
  readFacts: (draft, reader) => readFacts({ ...draft }, reader),
  plan: planMasterKey,
  steps: masterKeySteps,
  notChecked,
}
