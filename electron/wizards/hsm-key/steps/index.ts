import type { StepHandler } from '../../../engine/contract.ts'
import type { EscrowMeans } from '../../../escrow/means.ts'
import { registerPackageStep } from '../../escrow/steps/register.ts'
import { escrowHsmKeyStep } from './escrow.ts'
import { keepHsmKeyStep } from './keep.ts'
import { lockHsmKeyStep } from './lock.ts'
import { makeHsmKeyStep } from './make.ts'
import { wrapHsmKeyStep } from './wrap.ts'

export const hsmKeySteps = (means: EscrowMeans): Readonly<Record<string, StepHandler>> => ({
  'make-hsm-key': makeHsmKeyStep,
  'wrap-hsm-key': wrapHsmKeyStep(),
  'escrow-hsm-key': escrowHsmKeyStep(means),
  'register-escrow-package': registerPackageStep(means),
  'lock-hsm-key': lockHsmKeyStep,
  'keep-hsm-key': keepHsmKeyStep,
})
