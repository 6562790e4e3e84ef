import type { StepHandler } from '../../../engine/contract.ts'
import { lockHsmKeyStep } from './lock.ts'
import { makeHsmKeyStep } from './make.ts'
import { wrapHsmKeyStep } from './wrap.ts'

export const hsmKeySteps = (): Readonly<Record<string, StepHandler>> => ({
  'make-hsm-key': makeHsmKeyStep,
  'wrap-hsm-key': wrapHsmKeyStep(),
  'lock-hsm-key': lockHsmKeyStep,
})
