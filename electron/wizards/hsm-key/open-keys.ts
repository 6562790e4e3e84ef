import type { OpenHsmKey } from '../../../shared/model/hsm.ts'
import type { Plan, StepState } from '../../../shared/model/plan.ts'
import type { RunId } from '../../../shared/model/ids.ts'
import { readParams } from '../../scripts/runbook/step-params.ts'

/** A run as the record keeps it. */
interface KeptRun {
  run: { id: RunId; job: string; plan: Plan; endedAt: string | null }
  steps: readonly { state: StepState; effect: string }[]
}

const mayBeThere: ReadonlySet<string> = new Set(['open', 'ours', 'undo-open', 'kept'])
const done: ReadonlySet<string> = new Set(['verified', 'satisfied'])

/** Keys that a run made as extractable and none has locked: whoever has the PIN can wrap them. Oldest run first. Pure. */
export const openKeysOf = (runs: readonly KeptRun[]): OpenHsmKey[] => {
  const ours = runs.filter(({ run }) => run.job === 'hsm-key')
  const locked = new Set(
    ours.flatMap(({ run, steps }) =>
      run.plan.steps.flatMap((step, ordinal) =>
        step.kind === 'lock-hsm-key' && done.has(steps[ordinal]?.state ?? '')
          ? [keyOf(step.target.id, readParams('lock-hsm-key', step.params).keyId)]
          : [],
      ),
    ),
  )
  return ours.flatMap(({ run, steps }) =>
    run.plan.steps.flatMap((step, ordinal): OpenHsmKey[] => {
      if (step.kind !== 'make-hsm-key') return []
      const { extractable, keyId, label } = readParams('make-hsm-key', step.params)
      const isOpen =
        extractable &&
        mayBeThere.has(steps[ordinal]?.effect ?? 'none') &&
        !locked.has(keyOf(step.target.id, keyId))
      return isOpen ? [{ run: run.id, label, token: step.target.name, decided: run.endedAt !== null }] : []
    }),
  )
}

const keyOf = (target: string, keyId: string): string => `${target} ${keyId}`
