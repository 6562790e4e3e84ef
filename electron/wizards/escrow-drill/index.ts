import { escrowDrillDraft, type EscrowDrillDraft } from '../../../shared/forms/escrow-drill-draft.ts'
import type { Job } from '../../engine/contract.ts'
import type { EscrowMeans } from '../../escrow/means.ts'
import { parseWith } from '../sqlserver/parse-draft.ts'
import type { Facts } from './facts-model.ts'
import { readFacts } from './facts.ts'
import { notChecked } from './not-checked.ts'
import { planEscrowDrill } from './plan.ts'
import { drillResults } from './results.ts'
import { escrowDrillSteps } from './steps/index.ts'

/** The job "Escrow drill": drill and recovery. Order, risks and undo: README.md beside this file. */
export const escrowDrill = (means: EscrowMeans): Job<EscrowDrillDraft, Facts> => ({
  id: 'escrow-drill',
  parse: parseWith(escrowDrillDraft),
  readFacts: (draft, reader) => readFacts({ ...draft }, reader, means),
  plan: planEscrowDrill,
  steps: escrowDrillSteps(means),
  notChecked,
  results: drillResults,
})
