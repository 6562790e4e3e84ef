import type { StepHandler } from '../../../engine/contract.ts'
import type { StepKind } from '../../../scripts/runbook/step-params.ts'
import { unmapCredentialStep } from '../../sqlserver/steps/ekm/mapping.ts'
import { dropScratchStep } from '../../sqlserver/steps/scratch.ts'
import { dropAsymmetricKeyStep, dropKeyLoginStep } from './key.ts'
import { disableEkmStep, dropCredentialStep, dropProviderStep } from './objects.ts'
import { registryByHandStep } from './registry.ts'
import { nameVaultKeysStep } from './vault-keys.ts'

export const cleanUpVerbs = {
  'drop-scratch': dropScratchStep,
  'unmap-credential': unmapCredentialStep,
  'drop-key-login': dropKeyLoginStep,
  'drop-asymmetric-key': dropAsymmetricKeyStep,
  'drop-ekm-credential': dropCredentialStep,
  'drop-provider': dropProviderStep,
  'disable-ekm': disableEkmStep,
  'name-vault-keys': nameVaultKeysStep,
  'registry-by-hand': registryByHandStep,
} satisfies Partial<Readonly<Record<StepKind, StepHandler>>>
