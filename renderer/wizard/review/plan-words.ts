import type { PlannedStep, ReviewedPlan, UndoNote } from '../../../shared/model/plan.ts'
import type { TargetRef } from '../../../shared/model/target.ts'
import { count, listOf, withoutControls } from '../../ui/format.ts'

export const undoWords = (undo: UndoNote): string => {
  if (undo.can === true) return `Undo: ${undo.action}`
  if (undo.can === 'until') return `Undo only before step ${undo.beforeStep}: ${undo.action}`
  return `Cannot be undone: ${undo.because}`
}

/** Targets in the order of the plan, each with its steps and their numbers in the whole run. */
export const stepsByTarget = (
  steps: readonly PlannedStep[],
): { target: TargetRef; steps: { step: PlannedStep; number: number }[] }[] => {
  const groups: { target: TargetRef; steps: { step: PlannedStep; number: number }[] }[] = []
  steps.forEach((step, index) => {
    const group = groups.find(({ target }) => target.id === step.target.id)
    if (group) group.steps.push({ step, number: index + 1 })
    else groups.push({ target: step.target, steps: [{ step, number: index + 1 }] })
  })
  return groups
}

export const targetNames = (plan: ReviewedPlan['plan']): string =>
  listOf(plan.targets.map(({ ref }) => withoutControls(ref.name)))

/** "7 steps on SQLPROD-01: 5 can be undone, 2 cannot." */
export const planSentence = ({ plan }: ReviewedPlan): string => {
  const lasting = plan.steps.filter(({ undo }) => undo.can === false).length
  const undoable = plan.steps.length - lasting
  return `${count(plan.steps.length, 'step')} on ${targetNames(plan)}: ${undoable} can be undone, ${lasting} cannot. No restart.`
}

/** The act and where: "Run 7 steps on SQLPROD-01 (production)". */
export const runLabel = ({ plan }: ReviewedPlan): string =>
  `Run ${count(plan.steps.length, 'step')} on ${listOf(
    plan.targets.map(({ ref }) => `${withoutControls(ref.name)} (${ref.environment})`),
  )}`
