import { hsmKeyDraft, type HsmKeyDraft } from '../../../shared/forms/hsm-key-draft.ts'
import type { Job } from '../../engine/contract.ts'
import { parseWith } from '../sqlserver/parse-draft.ts'
import type { Facts } from './facts-model.ts'
import { readFacts } from './facts.ts'
import { notChecked } from './not-checked.ts'
import { planHsmKey } from './plan.ts'
import type { EscrowMeans } from '../../escrow/means.ts'
import { hsmKeySteps } from './steps/index.ts'

/**
 * The job "HSM key". Order, risks and undo: README.md beside this file. `vaults`: ids of the connected ones at the moment
 * of the call.
 */
export const hsmKey = (means: EscrowMeans, vaults: () => readonly string[]): Job<HsmKeyDraft, Facts> => ({
  id: 'hsm-key',
  parse: parseWith(hsmKeyDraft),
  // A vault that has the key which is replaced is named whether it was chosen or not.
  readFacts: (draft, reader) => readFacts({ ...draft }, reader, means, draft.replaces === '' ? [] : vaults()),
  plan: planHsmKey,
  steps: hsmKeySteps(means),
  notChecked,
})
