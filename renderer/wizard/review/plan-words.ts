import type { PlannedStep, ReviewedPlan } from '../../../shared/model/plan.ts'
import type { TargetRef } from '../../../shared/model/target.ts'
import { isLasting, leavesNothing } from '../../../shared/model/undo-words.ts'
import { count, listOf, withoutControls } from '../../ui/format.ts'

/**
 * The steps in the order in which they run, neighbors on the same target together: a plan that goes back to a target
 * names it again.
 */
export const stepsByTarget = (
  steps: readonly PlannedStep[],
): { target: TargetRef; steps: { step: PlannedStep; number: number }[] }[] => {
  const groups: { target: TargetRef; steps: { step: PlannedStep; number: number }[] }[] = []
  steps.forEach((step, index) => {
    const group = groups.at(-1)
    if (group?.target.id === step.target.id) group.steps.push({ step, number: index + 1 })
    else groups.push({ target: step.target, steps: [{ step, number: index + 1 }] })
  })
  return groups
}

export const targetNames = (plan: ReviewedPlan['plan']): string =>
  listOf(plan.targets.map(({ ref }) => withoutControls(ref.name)))

/** "7 steps on SQLPROD-01: 5 can be undone, 2 cannot." */
export const planSentence = ({ plan }: ReviewedPlan): string => {
  const undoable = plan.steps.filter(({ undo }) => undo.can !== false).length
  const lasting = plan.steps.filter(({ undo }) => isLasting(undo)).length
  const rest = plan.steps.length - undoable - lasting
  const nothing = rest === 0 ? '' : `, ${rest} ${rest === 1 ? 'has' : 'have'} nothing to undo`
  return `${count(plan.steps.length, 'step')} on ${targetNames(plan)}: ${undoable} can be undone, ${lasting} cannot${nothing}. ${restartsOf(plan)}`
}

/** The act and where: "Run 7 steps on SQLPROD-01 (production)". */
export const runLabel = ({ plan }: ReviewedPlan): string =>
  `Run ${count(plan.steps.length, 'step')} on ${listOf(
    plan.targets.map(({ ref }) => `${withoutControls(ref.name)} (${ref.environment})`),
  )}`

/** Whether something that was there before the run is gone after it. */
export const drops = ({ plan }: ReviewedPlan): boolean =>
  plan.steps.some(({ kind, undo }) => /^(drop|destroy)-/.test(kind) && !leavesNothing(undo))

const restartsOf = ({ steps }: ReviewedPlan['plan']): string => {
  const names = new Set(steps.filter(restarts).map(({ target }) => target.name))
  return names.size === 0 ? 'No restart.' : `Restart of ${[...names].join(', ')}.`
}

/** The service stops and starts in these, also where a person does it; what else is done on a host lets it run. */
const restarts = ({ kind, params }: PlannedStep): boolean =>
  kind === 'restart-service' || (kind === 'run-on-host' && purposeOf(params) === 'replace-connector')

const purposeOf = (params: PlannedStep['params']): unknown =>
  typeof params === 'object' && params !== null && 'purpose' in params ? params.purpose : null
