import { keyImportDraft, type KeyImportDraft } from '../../../shared/forms/key-import-draft.ts'
import type { Job } from '../../engine/contract.ts'
import { parseWith } from '../sqlserver/parse-draft.ts'
import type { Facts } from './facts-model.ts'
import { readFacts } from './facts.ts'
import { notChecked } from './not-checked.ts'
import { planKeyImport } from './plan.ts'
import { keyImportSteps } from './steps/index.ts'

/** The job "Import to Azure". Order, risks and undo: README.md beside this file. */
export const keyImport: Job<KeyImportDraft, Facts> = {
  id: 'key-import',
  parse: parseWith(keyImportDraft),
  readFacts: (draft, reader) => readFacts({ ...draft }, reader),
  plan: planKeyImport,
  steps: keyImportSteps,
  notChecked,
}
