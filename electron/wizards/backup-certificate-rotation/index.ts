import { rotationDraftAt, type RotationDraft } from '../../../shared/forms/backup-certificate-rotation.ts'
import type { Job } from '../../engine/contract.ts'
import { parseWith } from '../sqlserver/parse-draft.ts'
import { commonSteps } from '../sqlserver/steps/index.ts'
import { readFacts, type Facts } from './facts.ts'
import { notChecked } from './not-checked.ts'
import { planRotation } from './plan.ts'

/** The job "Rotation of the backup certificate". Order, risks and undo: README.md beside this file. */
export const backupCertificateRotation: Job<RotationDraft, Facts> = {
  id: 'backup-certificate-rotation',
  parse: parseWith(rotationDraftAt(() => new Date())),
  readFacts: (draft, reader) => readFacts({ ...draft }, reader),
  plan: planRotation,
  steps: commonSteps,
  notChecked,
}
