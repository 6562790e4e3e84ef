import type { UndoNote } from './plan.ts'

/** The undo mark of a step, as the review and the runbooks show it. */
export const undoWords = (undo: UndoNote): string => {
  if (undo.can === true) return `Undo: ${undo.action}`
  if (undo.can === 'until') return `Undo only before step ${undo.beforeStep}: ${undo.action}`
  return `${leavesNothing(undo) ? 'Nothing to undo' : 'Cannot be undone'}: ${undo.because}`
}

/** Whether there is nothing that an undo of the step could take back. */
export const leavesNothing = (undo: UndoNote): boolean => undo.can === false && undo.leaves === 'nothing'

/** Whether the step leaves something that nothing takes back. */
export const isLasting = (undo: UndoNote): boolean => undo.can === false && !leavesNothing(undo)
