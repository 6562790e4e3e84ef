import type { UndoNote } from './plan.ts'

/** The undo mark of a step, as the review and the runbooks show it. */
export const undoWords = (undo: UndoNote): string => {
  if (undo.can === true) return `Undo: ${undo.action}`
  if (undo.can === 'until') return `Undo only before step ${undo.beforeStep}: ${undo.action}`
  return `${undo.leaves === 'nothing' ? 'Nothing to undo' : 'Cannot be undone'}: ${undo.because}`
}

/** Whether a step leaves something that nothing takes back. */
export const isLasting = (undo: UndoNote): boolean => undo.can === false && undo.leaves !== 'nothing'
