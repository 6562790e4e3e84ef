import { escrowRewrapDraft, type EscrowRewrapDraft } from '../../../shared/forms/escrow-rewrap-draft.ts'
import type { Job } from '../../engine/contract.ts'
import type { EscrowMeans } from '../../escrow/means.ts'
import { parseWith } from '../sqlserver/parse-draft.ts'
import type { Facts } from './facts-model.ts'
import { readFacts } from './facts.ts'
import { notChecked } from './not-checked.ts'
import { planEscrowRewrap } from './plan.ts'
import { escrowRewrapSteps } from './steps/index.ts'

/** The job "Rewrap packages". Order, risks and undo: README.md beside this file. */
export const escrowRewrap = (means: EscrowMeans): Job<EscrowRewrapDraft, Facts> => ({
  id: 'escrow-rewrap',
  parse: parseWith(escrowRewrapDraft),
  readFacts: (draft, reader) => readFacts({ ...draft }, reader, means),
  plan: planEscrowRewrap,
  steps: escrowRewrapSteps(means),
  notChecked,
})
