import type { StepHandler } from '../../engine/contract.ts'
import type { StepKind } from '../../scripts/runbook/step-params.ts'
import { createClientSecretStep } from '../azure/steps/client-secret.ts'
import { patience, type Waiting } from '../azure/steps/help.ts'
import { proveWrapStep } from '../azure/steps/prove-wrap.ts'
import { listClientSecretsStep, removeClientSecretStep } from '../azure/steps/remove-secret.ts'
import { storageAzureSteps } from '../azure/steps/storage.ts'
import { storageSteps } from '../sqlserver/steps/storage/credential.ts'
import { ekmSteps } from '../sqlserver/steps/ekm/index.ts'

/** The verbs of every kind of step of this job. `waiting`: how long a step waits for Azure, and how. */
export const credentialSteps = (
  waiting: Waiting = patience,
): Readonly<Partial<Record<StepKind, StepHandler>>> => ({
  ...ekmSteps,
  ...storageSteps,
  ...storageAzureSteps,
  'create-client-secret': createClientSecretStep(waiting),
  'prove-wrap': proveWrapStep(waiting),
  'list-client-secrets': listClientSecretsStep,
  'remove-client-secret': removeClientSecretStep(waiting),
})
