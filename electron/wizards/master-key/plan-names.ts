import type { MasterKeyDraft } from '../../../shared/forms/master-key-draft.ts'
import { fileNamePart, inServerFolder, scratchPrefix } from '../../../shared/forms/names.ts'
import { runMark, type RunId } from '../../../shared/model/ids.ts'

export interface PlanNames {
  mark: string
  scratch: string
  /** The key as it is before the change. */
  fileBefore: string
  /** The key as it is at the end. */
  fileAfter: string
}

/** Every name holds the run's mark, so a file or database of such a name is this run's. */
export const namesOf = (draft: MasterKeyDraft, plannedOn: string, runId: RunId): PlanNames => {
  const mark = runMark(runId)
  const what = draft.key === 'service' ? 'SMK' : `${fileNamePart(draft.database)}_DMK`
  const file = (when: string): string =>
    inServerFolder(draft.keyFolder, `${what}${when}_${plannedOn}_${mark}.key`)
  return { mark, scratch: `${scratchPrefix}${mark}`, fileBefore: file('_before'), fileAfter: file('') }
}
