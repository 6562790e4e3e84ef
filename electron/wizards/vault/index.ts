import { vaultDraftAt, type VaultDraft } from '../../../shared/forms/vault-draft.ts'
import type { Job } from '../../engine/contract.ts'
import { parseWith } from '../sqlserver/parse-draft.ts'
import type { Facts } from './facts-model.ts'
import { readFacts } from './facts.ts'
import { notChecked } from './not-checked.ts'
import { planVault } from './plan.ts'
import { vaultSteps } from './steps/index.ts'

/** The job "Vault". Order, risks and undo: README.md beside this file. */
export const vault: Job<VaultDraft, Facts> = {
  id: 'vault',
  parse: parseWith(vaultDraftAt(() => new Date())),
  readFacts: (draft, reader) => readFacts({ ...draft }, reader),
  plan: planVault,
  steps: vaultSteps(),
  notChecked,
}
