import { tdeVaultKeyDraft, type TdeVaultKeyDraft } from '../../../shared/forms/tde-vault-key-draft.ts'
import type { Job } from '../../engine/contract.ts'
import { parseWith } from '../sqlserver/parse-draft.ts'
import { ekmSteps } from '../sqlserver/steps/ekm/index.ts'
import { tdeSteps } from '../sqlserver/steps/tde/index.ts'
import type { Facts } from './facts-model.ts'
import { readFacts } from './facts.ts'
import { notChecked } from './not-checked.ts'
import { planTdeVaultKey } from './plan.ts'

/** The job "TDE with a vault key". Order, risks and undo: README.md beside this file. */
export const tdeVaultKey: Job<TdeVaultKeyDraft, Facts> = {
  id: 'tde-vault-key',
  parse: parseWith(tdeVaultKeyDraft),
  readFacts: (draft, reader) => readFacts({ ...draft }, reader),
  plan: planTdeVaultKey,
  steps: { ...tdeSteps, ...ekmSteps },
  notChecked,
}
