import type { StepHandler } from '../../../engine/contract.ts'
import type { StepKind } from '../../../scripts/runbook/step-params.ts'
import { commonSteps } from '../../sqlserver/steps/index.ts'
import { addPasswordStep, dropCopyStep, dropPasswordStep } from './passwords.ts'
import { proveMasterKeyFileStep } from './prove-file.ts'
import { regenerateStep, restoreStep } from './replace.ts'
import { regenerateServiceKeyStep, restoreServiceKeyStep } from './service-key.ts'

export const masterKeySteps = {
  ...commonSteps,
  'prove-master-key-file': proveMasterKeyFileStep,
  'add-master-key-password': addPasswordStep,
  'drop-master-key-password': dropPasswordStep,
  'drop-master-key-copy': dropCopyStep,
  'regenerate-master-key': regenerateStep,
  'restore-master-key': restoreStep,
  'regenerate-service-master-key': regenerateServiceKeyStep,
  'restore-service-master-key': restoreServiceKeyStep,
} satisfies Partial<Readonly<Record<StepKind, StepHandler>>>
