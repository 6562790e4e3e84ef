import {
  vaultKeyRotationDraft,
  type VaultKeyRotationDraft,
} from '../../../shared/forms/vault-key-rotation-draft.ts'
import type { Job } from '../../engine/contract.ts'
import { parseWith } from '../sqlserver/parse-draft.ts'
import type { Facts } from './facts-model.ts'
import { readFacts } from './facts.ts'
import { notChecked } from './not-checked.ts'
import { planVaultKeyRotation } from './plan.ts'
import { vaultKeyRotationSteps } from './steps/index.ts'

/** The job "Rotation of a vault key". Order, risks and undo: README.md beside this file. */
export const vaultKeyRotation: Job<VaultKeyRotationDraft, Facts> = {
  id: 'vault-key-rotation',
  parse: parseWith(vaultKeyRotationDraft),
  readFacts: (draft, reader) => readFacts({ ...draft }, reader),
  plan: planVaultKeyRotation,
  steps: vaultKeyRotationSteps(),
  notChecked,
}
