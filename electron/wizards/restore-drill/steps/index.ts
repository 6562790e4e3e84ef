import type { StepHandler } from '../../../engine/contract.ts'
import type { StepKind } from '../../../scripts/runbook/step-params.ts'
import { createMasterKeyStep } from '../../sqlserver/steps/master-key.ts'
import { dropDrillCertificateStep } from '../../sqlserver/steps/drill/certificate.ts'
import { importDrillCertificateStep } from './certificate.ts'
import { checkDrillDatabaseStep, dropDrillDatabaseStep, restoreDrillDatabaseStep } from './database.ts'
import { createDrillMasterKeyStep, dropDrillMasterKeyStep } from '../../sqlserver/steps/drill/master-key.ts'
import { readDrillBackupStep } from './read-backup.ts'
import {
  createStorageCredentialStep,
  dropStorageCredentialStep,
} from '../../sqlserver/steps/storage/credential.ts'
import { checkDrillServerStep } from '../../sqlserver/steps/drill/server.ts'
import { checkDrillVaultKeysStep } from './vault-keys.ts'

export const drillSteps = {
  'check-drill-server': checkDrillServerStep,
  'check-drill-vault-keys': checkDrillVaultKeysStep,
  'create-storage-credential': createStorageCredentialStep,
  'drop-storage-credential': dropStorageCredentialStep,
  'create-master-key': createMasterKeyStep,
  'create-drill-master-key': createDrillMasterKeyStep,
  'import-drill-certificate': importDrillCertificateStep,
  'read-drill-backup': readDrillBackupStep,
  'restore-drill-database': restoreDrillDatabaseStep,
  'check-drill-database': checkDrillDatabaseStep,
  'drop-drill-database': dropDrillDatabaseStep,
  'drop-drill-certificate': dropDrillCertificateStep,
  'drop-drill-master-key': dropDrillMasterKeyStep,
} satisfies Partial<Readonly<Record<StepKind, StepHandler>>>
