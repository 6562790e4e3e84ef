import { restoreDrillDraft, type RestoreDrillDraft } from '../../../shared/forms/restore-drill-draft.ts'
import { parseWith } from '../sqlserver/parse-draft.ts'
import type { Job } from '../../engine/contract.ts'
import type { Facts } from './facts-model.ts'
import { readFacts } from './facts.ts'
import { notChecked } from './not-checked.ts'
import { planRestoreDrill } from './plan.ts'
import { drillResults } from './results.ts'
import { drillSteps } from './steps/index.ts'

/** `answers-incomplete` with one sentence per field that needs a change. */
export const parseDraft = parseWith(restoreDrillDraft)

/** The job "Restore drill". Order, risks and undo: README.md beside this file. */
export const restoreDrill: Job<RestoreDrillDraft, Facts> = {
  id: 'restore-drill',
  parse: parseDraft,
  readFacts: (draft, reader) => readFacts({ ...draft }, reader),
  plan: planRestoreDrill,
  steps: drillSteps,
  notChecked,
  results: drillResults,
}
