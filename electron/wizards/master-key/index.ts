import { masterKeyDraft, type MasterKeyDraft } from '../../../shared/forms/master-key-draft.ts'
import { parseWith } from '../sqlserver/parse-draft.ts'
import type { Job } from '../../engine/contract.ts'
import type { Facts } from './facts-model.ts'
import { readFacts } from './facts.ts'
import { notChecked } from './not-checked.ts'
import { planMasterKey } from './plan.ts'
import { masterKeySteps } from './steps/index.ts'

/** The job "Master key". Order, risks and undo: README.md beside this file. */
export const masterKey: Job<MasterKeyDraft, Facts> = {
  id: 'master-key',
  parse: parseWith(masterKeyDraft),
  readFacts: (draft, reader) => readFacts({ ...draft }, reader),
  plan: planMasterKey,
  steps: masterKeySteps,
  notChecked,
}
