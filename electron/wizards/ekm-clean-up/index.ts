import { cleanUpDraft, type CleanUpDraft } from '../../../shared/forms/ekm-clean-up-draft.ts'
import type { Job } from '../../engine/contract.ts'
import { parseWith } from '../sqlserver/parse-draft.ts'
import type { Facts } from './facts-model.ts'
import { readFacts } from './facts.ts'
import { notChecked } from './not-checked.ts'
import { planCleanUp } from './plan.ts'
import { cleanUpVerbs } from './steps/index.ts'

/** The job "Clean up EKM". Order, risks and undo: README.md beside this file. */
export const cleanUp: Job<CleanUpDraft, Facts> = {
  id: 'ekm-clean-up',
  parse: parseWith(cleanUpDraft),
  readFacts: (draft, reader) => readFacts({ ...draft }, reader),
  plan: planCleanUp,
  steps: cleanUpVerbs,
  notChecked,
}
