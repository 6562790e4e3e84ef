import type { StepHandler } from '../../../engine/contract.ts'
import type { StepKind } from '../../../scripts/runbook/step-params.ts'
import { backUpDatabaseStep, verifyBackupStep } from './backup.ts'
import { createCertificateStep } from './certificate.ts'
import { fetchCertificatePairStep } from './fetch-pair.ts'
import { backUpCertificateStep, backUpMasterKeyStep, backUpServiceMasterKeyStep } from './key-files.ts'
import { createMasterKeyStep, repairMasterKeyStep } from './master-key.ts'
import { dropScratchStep, proveOnServerStep } from './scratch.ts'

/** The verbs of every kind of step in a plan of this job. */
export const stepHandlers: Readonly<Record<StepKind, StepHandler>> = {
  'create-master-key': createMasterKeyStep,
  'repair-master-key': repairMasterKeyStep,
  'back-up-master-key': backUpMasterKeyStep,
  'back-up-service-master-key': backUpServiceMasterKeyStep,
  'create-certificate': createCertificateStep,
  'back-up-certificate': backUpCertificateStep,
  'prove-on-server': proveOnServerStep,
  'drop-scratch': dropScratchStep,
  'fetch-certificate-pair': fetchCertificatePairStep,
  'back-up-database': backUpDatabaseStep,
  'verify-backup': verifyBackupStep,
}
