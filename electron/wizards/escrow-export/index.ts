import { escrowExportDraft, type EscrowExportDraft } from '../../../shared/forms/escrow-export-draft.ts'
import type { Job } from '../../engine/contract.ts'
import type { EscrowMeans } from '../../escrow/means.ts'
import { parseWith } from '../sqlserver/parse-draft.ts'
import type { Facts } from './facts-model.ts'
import { readFacts } from './facts.ts'
import { notChecked } from './not-checked.ts'
import { planEscrowExport } from './plan.ts'
import { escrowSteps } from './steps/index.ts'

/** The job "Escrow export". Order, risks and undo: README.md beside this file. */
export const escrowExport = (means: EscrowMeans): Job<EscrowExportDraft, Facts> => ({
  id: 'escrow-export',
  parse: parseWith(escrowExportDraft),
  readFacts: (draft, reader) => readFacts({ ...draft }, reader, means),
  plan: planEscrowExport,
  steps: escrowSteps(means),
  notChecked,
})
