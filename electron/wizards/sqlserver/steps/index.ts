import type { StepHandler } from '../../../engine/contract.ts'
import type { StepKind } from '../../../scripts/runbook/step-params.ts'
import { backUpDatabaseStep, verifyBackupStep } from './backup.ts'
import { createCertificateStep } from './certificate.ts'
import { compareCertificateStep } from './compare-certificate.ts'
import { copyCertificateStep } from './copy-certificate.ts'
import { fetchCertificatePairStep } from './fetch-pair.ts'
import { importKeyFilesStep, importServerFilesStep } from './import-certificate.ts'
import { keepOldCertificateStep } from './keep-old-certificate.ts'
import { backUpCertificateStep, backUpMasterKeyStep, backUpServiceMasterKeyStep } from './key-files.ts'
import { runOnHostStep } from './host/run-on-host.ts'
import { openKeyFilesStep } from './local-files.ts'
import { createMasterKeyStep, repairMasterKeyStep } from './master-key.ts'
import { dropScratchStep, proveOnServerStep } from './scratch.ts'
import { createStorageCredentialStep } from './storage/credential.ts'

/** The verbs of the kinds of step that several jobs plan. A job adds those that are its own. */
export const commonSteps = {
  'create-master-key': createMasterKeyStep,
  'repair-master-key': repairMasterKeyStep,
  'back-up-master-key': backUpMasterKeyStep,
  'back-up-service-master-key': backUpServiceMasterKeyStep,
  'create-certificate': createCertificateStep,
  'back-up-certificate': backUpCertificateStep,
  'prove-on-server': proveOnServerStep,
  'drop-scratch': dropScratchStep,
  'fetch-certificate-pair': fetchCertificatePairStep,
  'open-key-files': openKeyFilesStep,
  'import-key-files': importKeyFilesStep,
  'import-server-files': importServerFilesStep,
  'compare-certificate': compareCertificateStep,
  'copy-certificate': copyCertificateStep,
  'keep-old-certificate': keepOldCertificateStep,
  'back-up-database': backUpDatabaseStep,
  'verify-backup': verifyBackupStep,
  'create-storage-credential': createStorageCredentialStep,
  'run-on-host': runOnHostStep,
} satisfies Partial<Readonly<Record<StepKind, StepHandler>>>
