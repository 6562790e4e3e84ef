import { asHandleId } from '../../../shared/model/ids.ts'
import type { PlannedStep, SecretOwner, SecretUse, UndoNote } from '../../../shared/model/plan.ts'
import { holesOf } from '../../../shared/model/script.ts'
import type { TargetRef } from '../../../shared/model/target.ts'
import type { ParamsOf, StepKind } from '../../scripts/runbook/step-params.ts'
import type { SecretFacts } from './facts-model.ts'

/** A step before it has its number: ids and "undo until" need the whole list. */
export type Draftstep = {
  [Kind in StepKind]: Omit<PlannedStep, 'id' | 'undo' | 'kind' | 'params' | 'target'> & {
    kind: Kind
    params: ParamsOf<Kind>
    undo: UndoPlan
    /** Default: the target of the plan. */
    target?: TargetRef
  }
}[StepKind]

export type UndoPlan =
  | { can: true; action: string; script: PlannedStep['scripts'][number] }
  | Extract<UndoNote, { can: false }>
  /** Until the first step of that kind has used it; the number is filled in when the list is whole. */
  | { can: 'until-first'; of: StepKind; action: string; script: PlannedStep['scripts'][number]; final?: true }

/** Gives the steps their ids, in order, and says in numbers until when each can be undone. */
export const numbered = (drafts: readonly Draftstep[], target: TargetRef): PlannedStep[] =>
  drafts.map((step, index) => ({
    ...step,
    id: `s${String(index + 1).padStart(2, '0')}`,
    target: step.target ?? target,
    undo: undoNote(drafts, step.undo),
  }))

const undoNote = (drafts: readonly Draftstep[], undo: UndoPlan): UndoNote => {
  if (undo.can !== 'until-first') return undo
  const user = drafts.findIndex(({ kind }) => kind === undo.of)
  return user < 0
    ? { can: true, action: undo.action, script: undo.script }
    : {
        can: 'until',
        action: undo.action,
        beforeStep: user + 1,
        script: undo.script,
        ...(undo.final === true ? { final: undo.final } : {}),
      }
}

/** The handle that fills a hole, and the target that it is bound to. Null: no answer holds one. */
export type HandleOfHole = (hole: string) => { handle: string; target: SecretOwner } | null

/**
 * The kept secrets that the steps send, once each. A throw-away password has no handle: main makes it when the run
 * starts.
 */
export const secretsOf = (
  steps: readonly PlannedStep[],
  handleOf: HandleOfHole,
  known: SecretFacts,
): SecretUse[] => {
  const uses = new Map<string, SecretUse>()
  for (const { hole, purpose } of steps.flatMap(({ scripts }) => scripts.flatMap(holesOf))) {
    const kept = handleOf(hole)
    if (kept === null || purpose === null || uses.has(hole)) continue
    uses.set(hole, namedSecret(hole, purpose, kept, known))
  }
  return [...uses.values()]
}

/** A kept secret that a step uses here, under the name by which the step asks for it. */
export const namedSecret = (
  hole: string,
  purpose: SecretUse['purpose'],
  kept: { handle: string; target: SecretOwner },
  known: SecretFacts,
): SecretUse => ({
  hole,
  purpose,
  target: kept.target,
  handle: asHandleId(kept.handle),
  generation: known[kept.handle]?.generation ?? 0,
  label: known[kept.handle]?.label ?? hole,
})
