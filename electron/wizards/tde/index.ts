import { tdeDraftAt, type TdeDraft } from '../../../shared/forms/tde-draft.ts'
import type { Job } from '../../engine/contract.ts'
import { parseWith } from '../sqlserver/parse-draft.ts'
import type { Facts } from './facts-model.ts'
import { readFacts } from './facts.ts'
import { notChecked } from './not-checked.ts'
import { planTde } from './plan.ts'
import { tdeSteps } from '../sqlserver/steps/tde/index.ts'

/** The job "TDE with a certificate". Order, risks and undo: README.md beside this file. */
export const tde: Job<TdeDraft, Facts> = {
  id: 'tde',
  parse: parseWith(tdeDraftAt(() => new Date())),
  readFacts: (draft, reader) => readFacts({ ...draft }, reader),
  plan: planTde,
  steps: tdeSteps,
  notChecked,
}
