import type { StepHandler } from '../../../../engine/contract.ts'
import type { StepKind } from '../../../../scripts/runbook/step-params.ts'
import { changeEkmCredentialStep, createEkmCredentialStep } from './credential.ts'
import { createAsymmetricKeyStep, createKeyLoginStep } from './key.ts'
import { mapCredentialStep, unmapCredentialStep } from './mapping.ts'
import { awaitFailoverStep, proveCredentialStep } from './prove.ts'
import { createProviderStep, enableEkmStep } from './provider.ts'
import { restartServiceStep } from './restart.ts'

/** The verbs on extensible key management that several jobs plan. */
export const ekmSteps = {
  'enable-ekm': enableEkmStep,
  'create-provider': createProviderStep,
  'create-ekm-credential': createEkmCredentialStep,
  'change-ekm-credential': changeEkmCredentialStep,
  'map-credential': mapCredentialStep,
  'unmap-credential': unmapCredentialStep,
  'create-asymmetric-key': createAsymmetricKeyStep,
  'create-key-login': createKeyLoginStep,
  'prove-credential': proveCredentialStep,
  'await-failover': awaitFailoverStep,
  'restart-service': restartServiceStep,
} satisfies Partial<Readonly<Record<StepKind, StepHandler>>>
