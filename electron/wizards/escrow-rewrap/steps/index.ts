import type { StepHandler } from '../../../engine/contract.ts'
import type { EscrowMeans } from '../../../escrow/means.ts'
import type { StepKind } from '../../../scripts/runbook/step-params.ts'
import { openPackageStep } from '../../escrow/steps/opened-package.ts'
import { copyPackageStep } from '../../escrow/steps/copy.ts'
import { registerPackageStep } from '../../escrow/steps/register.ts'
import { listRemainsStep } from './remains.ts'
import { replacePackageStep } from './replace.ts'
import { rewrapPackageStep } from './rewrap.ts'

export const escrowRewrapSteps = (means: EscrowMeans) =>
  ({
    'open-escrow-package': openPackageStep,
    'rewrap-escrow-package': rewrapPackageStep(means),
    'copy-escrow-package': copyPackageStep(means),
    'register-escrow-package': registerPackageStep(means),
    'replace-escrow-package': replacePackageStep(means),
    'list-escrow-remains': listRemainsStep(means),
  }) satisfies Partial<Readonly<Record<StepKind, StepHandler>>>
