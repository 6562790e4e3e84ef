import type { StepHandler } from '../../../engine/contract.ts'
import type { StepKind } from '../../../scripts/runbook/step-params.ts'
import { patience, type Waiting } from '../../azure/steps/help.ts'
import { backUpVaultKeyStep } from '../../azure/steps/key-backup.ts'
import { createVaultKeyVersionStep } from '../../azure/steps/key-version.ts'
import { proveWrapStep } from '../../azure/steps/prove-wrap.ts'
import { ekmSteps } from '../../sqlserver/steps/ekm/index.ts'
import { tdeSteps } from '../../sqlserver/steps/tde/index.ts'
import { changeProtectorsStep } from './change-protectors.ts'
import { compareKeyPlaceStep } from './compare-place.ts'
import { keepVaultKeyStep } from './keep-key.ts'

/** The verbs of every kind of step of this job. `waiting`: how long the proof waits for Azure, and how. */
export const vaultKeyRotationSteps = (waiting: Waiting = patience) =>
  ({
    'create-vault-key-version': createVaultKeyVersionStep,
    'back-up-vault-key': backUpVaultKeyStep,
    'prove-wrap': proveWrapStep(waiting),
    'create-ekm-credential': ekmSteps['create-ekm-credential'],
    'map-credential': ekmSteps['map-credential'],
    'unmap-credential': ekmSteps['unmap-credential'],
    'create-asymmetric-key': ekmSteps['create-asymmetric-key'],
    'create-key-login': ekmSteps['create-key-login'],
    'compare-key-place': compareKeyPlaceStep,
    'log-backup': tdeSteps['log-backup'],
    checkpoint: tdeSteps.checkpoint,
    'change-protectors': changeProtectorsStep,
    'watch-replica': tdeSteps['watch-replica'],
    'keep-vault-key': keepVaultKeyStep,
  }) satisfies Partial<Readonly<Record<StepKind, StepHandler>>>
