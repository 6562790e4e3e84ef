import { moveDraft, type MoveDraft } from '../../../shared/forms/move-database-draft.ts'
import type { Job } from '../../engine/contract.ts'
import { parseWith } from '../sqlserver/parse-draft.ts'
import { commonSteps } from '../sqlserver/steps/index.ts'
import type { Facts } from './facts-model.ts'
import { readFacts } from './facts.ts'
import { notChecked } from './not-checked.ts'
import { planMove } from './plan.ts'
import { moveSteps } from './steps/index.ts'

/** Moves one database to another server, its certificate first. */
export const moveDatabase: Job<MoveDraft, Facts> = {
  id: 'move-database',
  parse: parseWith(moveDraft),
  readFacts: (draft, reader) => readFacts({ ...draft }, reader),
  plan: planMove,
  steps: { ...commonSteps, ...moveSteps },
  notChecked,
}
