import type { StepHandler } from '../../../engine/contract.ts'
import type { StepKind } from '../../../scripts/runbook/step-params.ts'
import { attachMovedStep, waitForFilesStep } from './attach.ts'
import { backUpForMoveStep, readMovedBackupStep } from './backup.ts'
import { checkMovedStep } from './check.ts'
import { attachSourceStep, detachDatabaseStep, setSourceOfflineStep } from './detach.ts'
import { matchProtectorsStep, tryDatabaseKeyStep } from './protectors.ts'
import { setDatabaseOptionsStep } from './options.ts'
import { restoreMovedStep } from './restore.ts'

/** The verbs of the kinds of step that only a move plans. */
export const moveSteps = {
  'try-database-key': tryDatabaseKeyStep,
  'match-protectors': matchProtectorsStep,
  'back-up-for-move': backUpForMoveStep,
  'read-moved-backup': readMovedBackupStep,
  'restore-moved-database': restoreMovedStep,
  'detach-database': detachDatabaseStep,
  'wait-for-files': waitForFilesStep,
  'attach-moved-database': attachMovedStep,
  'check-moved-database': checkMovedStep,
  'attach-source': attachSourceStep,
  'set-database-options': setDatabaseOptionsStep,
  'set-source-offline': setSourceOfflineStep,
} satisfies Partial<Readonly<Record<StepKind, StepHandler>>>
