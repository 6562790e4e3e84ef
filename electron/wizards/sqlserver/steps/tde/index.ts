import type { StepHandler } from '../../../../engine/contract.ts'
import type { StepKind } from '../../../../scripts/runbook/step-params.ts'
import { commonSteps } from '../index.ts'
import { checkpointStep, fullBackupStep, logBackupStep } from './backups.ts'
import { compareVaultKeyStep } from './compare-vault-key.ts'
import { createDatabaseKeyStep, dropDatabaseKeyStep, regenerateDatabaseKeyStep } from './create-key.ts'
import { changeProtectorStep, keepProtectorStep } from './protector.ts'
import { createScratchStep } from './scratch.ts'
import { watchReplicaStep } from './replicas.ts'
import {
  resumeScanStep,
  setEncryptionOffStep,
  setEncryptionOnStep,
  suspendScanStep,
  watchScanStep,
} from './switch.ts'

export const tdeSteps = {
  ...commonSteps,
  'create-database-key': createDatabaseKeyStep,
  'change-protector': changeProtectorStep,
  'regenerate-database-key': regenerateDatabaseKeyStep,
  'drop-database-key': dropDatabaseKeyStep,
  'set-encryption-on': setEncryptionOnStep,
  'set-encryption-off': setEncryptionOffStep,
  'suspend-scan': suspendScanStep,
  'resume-scan': resumeScanStep,
  'watch-scan': watchScanStep,
  'watch-replica': watchReplicaStep,
  'full-backup': fullBackupStep,
  'log-backup': logBackupStep,
  checkpoint: checkpointStep,
  'keep-protector': keepProtectorStep,
  'create-scratch': createScratchStep,
  'compare-vault-key': compareVaultKeyStep,
} satisfies Partial<Readonly<Record<StepKind, StepHandler>>>
