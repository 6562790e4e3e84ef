import { hsmKeyDraft, type HsmKeyDraft } from '../../../shared/forms/hsm-key-draft.ts'
import type { Job } from '../../engine/contract.ts'
import { parseWith } from '../sqlserver/parse-draft.ts'
import type { Facts } from './facts-model.ts'
import { readFacts } from './facts.ts'
import { notChecked } from './not-checked.ts'
import { planHsmKey } from './plan.ts'
import type { EscrowMeans } from '../../escrow/means.ts'
import { hsmKeySteps } from './steps/index.ts'

/** The job "HSM key". Order, risks and undo: README.md beside this file. */
export const hsmKey = (means: EscrowMeans): Job<HsmKeyDraft, Facts> => ({
  id: 'hsm-key',
  parse: parseWith(hsmKeyDraft),
  readFacts: (draft, reader) => readFacts({ ...draft }, reader, means),
  plan: planHsmKey,
  steps: hsmKeySteps(means),
  notChecked,
})
