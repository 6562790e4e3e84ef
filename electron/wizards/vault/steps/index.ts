import type { StepHandler } from '../../../engine/contract.ts'
import type { vaultParams } from '../../../scripts/runbook/vault-params.ts'
import { createClientSecretStep } from '../../azure/steps/client-secret.ts'
import { grantKeyUseStep, grantOperatorStep } from '../../azure/steps/grant.ts'
import { patience, type Waiting } from '../../azure/steps/help.ts'
import { backUpVaultKeyStep } from '../../azure/steps/key-backup.ts'
import { importVaultKeyStep } from '../../azure/steps/imported-key.ts'
import { proveWrapStep } from '../../azure/steps/prove-wrap.ts'
import { createVaultKeyStep } from '../../azure/steps/vault-key.ts'
import { createServicePrincipalStep, registerApplicationStep } from './application.ts'
import { lockVaultStep, sendVaultLogStep } from './guards.ts'
import { changeVaultStep, createResourceGroupStep, createVaultStep } from './vault.ts'

/** The verbs of every kind of step of this job. `waiting`: how long a step waits for Azure, and how. */
export const vaultSteps = (
  waiting: Waiting = patience,
): Readonly<
  Record<Exclude<keyof typeof vaultParams, 'list-client-secrets' | 'remove-client-secret'>, StepHandler>
> => ({
  'create-resource-group': createResourceGroupStep,
  'create-vault': createVaultStep,
  'change-vault': changeVaultStep(waiting),
  'lock-vault': lockVaultStep,
  'send-vault-log': sendVaultLogStep,
  'grant-operator': grantOperatorStep(waiting),
  'register-application': registerApplicationStep(waiting),
  'create-service-principal': createServicePrincipalStep(waiting),
  'create-client-secret': createClientSecretStep(waiting),
  'create-vault-key': createVaultKeyStep,
  'import-vault-key': importVaultKeyStep,
  'back-up-vault-key': backUpVaultKeyStep,
  'grant-key-use': grantKeyUseStep(waiting),
  'prove-wrap': proveWrapStep(waiting),
})
