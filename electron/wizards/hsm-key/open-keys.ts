import type { OpenHsmKey } from '../../../shared/model/hsm.ts'
import type { Plan, PlannedStep, StepState } from '../../../shared/model/plan.ts'
import type { RunId } from '../../../shared/model/ids.ts'
import { readParams } from '../../scripts/runbook/step-params.ts'

/** A run as the record keeps it. */
interface KeptRun {
  run: { id: RunId; job: string; plan: Plan; endedAt: string | null }
  steps: readonly { state: StepState; effect: string }[]
}

const mayBeThere: ReadonlySet<string> = new Set(['open', 'ours', 'undo-open', 'kept'])
const done: ReadonlySet<string> = new Set(['verified', 'satisfied'])

/** Keys that a run made as extractable and none has locked or destroyed: whoever has the PIN can wrap them. Oldest run first. Pure. */
export const openKeysOf = (runs: readonly KeptRun[]): OpenHsmKey[] => {
  const ours = runs.filter(({ run }) => run.job === 'hsm-key')
  const closed = new Set(
    runs.flatMap(({ run, steps }) =>
      run.plan.steps.flatMap((step, ordinal) => {
        const keyId = done.has(steps[ordinal]?.state ?? '') ? closes(step) : null
        return keyId === null ? [] : [keyOf(step.target.id, keyId)]
      }),
    ),
  )
  return ours.flatMap(({ run, steps }) =>
    run.plan.steps.flatMap((step, ordinal): OpenHsmKey[] => {
      if (step.kind !== 'make-hsm-key') return []
      const { extractable, keyId, label } = readParams('make-hsm-key', step.params)
      const isOpen =
        extractable &&
        mayBeThere.has(steps[ordinal]?.effect ?? 'none') &&
        !closed.has(keyOf(step.target.id, keyId))
      return isOpen ? [{ run: run.id, label, token: step.target.name, decided: run.endedAt !== null }] : []
    }),
  )
}

/** The id of the key that the step locks for good, or destroys; null: it does neither. */
const closes = ({ kind, params }: PlannedStep): string | null => {
  if (kind === 'lock-hsm-key') return readParams('lock-hsm-key', params).keyId
  if (kind !== 'destroy-hsm-half') return null
  const { half, keyId } = readParams('destroy-hsm-half', params)
  return half === 'public' ? null : keyId
}

const keyOf = (target: string, keyId: string): string => `${target} ${keyId}`
