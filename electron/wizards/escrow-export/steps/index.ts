import type { StepHandler } from '../../../engine/contract.ts'
import type { EscrowMeans } from '../../../escrow/means.ts'
import type { StepKind } from '../../../scripts/runbook/step-params.ts'
import { copyPackageStep } from '../../escrow/steps/copy.ts'
import { registerPackageStep } from '../../escrow/steps/register.ts'
import { writePackageStep } from './write.ts'

export const escrowSteps = (means: EscrowMeans) =>
  ({
    'write-escrow-package': writePackageStep(means),
    'copy-escrow-package': copyPackageStep(means),
    'register-escrow-package': registerPackageStep(means),
  }) satisfies Partial<Readonly<Record<StepKind, StepHandler>>>
