import type { StepHandler } from '../../../engine/contract.ts'
import type { EscrowMeans } from '../../../escrow/means.ts'
import type { StepKind } from '../../../scripts/runbook/step-params.ts'
import { dropDrillCertificateStep } from '../../sqlserver/steps/drill/certificate.ts'
import { createDrillMasterKeyStep, dropDrillMasterKeyStep } from '../../sqlserver/steps/drill/master-key.ts'
import { checkDrillServerStep } from '../../sqlserver/steps/drill/server.ts'
import { createMasterKeyStep } from '../../sqlserver/steps/master-key.ts'
import { readBackupStep } from './backup.ts'
import { proveCertificateStep, restoreCertificateStep } from './certificate.ts'
import { openItemStep } from './item.ts'
import { noteDrillStep } from './note.ts'
import { openPackageStep, verifyPackageStep } from '../../escrow/steps/opened-package.ts'
import { proveTokenKeyStep } from './prove-key.ts'
import { recoverTokenKeyStep, tryTokenKeyStep } from './token-key.ts'

export const escrowDrillSteps = (means: EscrowMeans) =>
  ({
    'check-drill-server': checkDrillServerStep,
    'verify-escrow-package': verifyPackageStep,
    'open-escrow-package': openPackageStep,
    'open-escrow-item': openItemStep,
    'create-master-key': createMasterKeyStep,
    'create-drill-master-key': createDrillMasterKeyStep,
    'restore-escrow-certificate': restoreCertificateStep,
    'prove-escrow-certificate': proveCertificateStep,
    'try-escrow-hsm-key': tryTokenKeyStep,
    'recover-escrow-hsm-key': recoverTokenKeyStep,
    'prove-escrow-hsm-key': proveTokenKeyStep,
    'read-escrow-backup': readBackupStep,
    'drop-drill-certificate': dropDrillCertificateStep,
    'drop-drill-master-key': dropDrillMasterKeyStep,
    'note-escrow-drill': noteDrillStep(means),
  }) satisfies Partial<Readonly<Record<StepKind, StepHandler>>>
