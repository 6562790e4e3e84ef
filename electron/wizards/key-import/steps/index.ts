import type { StepHandler } from '../../../engine/contract.ts'
import type { importParams } from '../../../scripts/runbook/import-params.ts'
import { compareKeyChainStep } from './compare-chain.ts'
import { compareServerKeyStep } from './compare-server.ts'
import { createExchangeKeyStep } from './exchange-key.ts'
import { restoreVaultKeyStep } from './restore.ts'
import { importTransferFileStep } from './transfer.ts'

/** The verbs of every kind of step of this job. */
export const keyImportSteps: Readonly<Record<keyof typeof importParams, StepHandler>> = {
  'create-exchange-key': createExchangeKeyStep,
  'import-transfer-file': importTransferFileStep,
  'restore-vault-key': restoreVaultKeyStep,
  'compare-key-chain': compareKeyChainStep,
  'compare-server-key': compareServerKeyStep,
}
