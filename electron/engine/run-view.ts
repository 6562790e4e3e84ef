import type { RunView, StepProgress, StepRunView } from '../../shared/model/plan.ts'
import type { StoredRun, StoredStep } from '../record/runs.ts'
import { choicesOf } from './run-machine.ts'

/** What the window gets of a run: names, states, evidence. No secret is part of any of it. Pure. */
export const viewOf = (
  run: StoredRun,
  steps: readonly StoredStep[],
  progress: ReadonlyMap<number, StepProgress>,
  current: number | null,
): RunView => {
  const { direction, ...shown } = run
  const working = current === null ? undefined : steps[current]
  return {
    ...shown,
    steps: steps.map((step, ordinal) => stepView(step, progress.get(ordinal) ?? null)),
    choices: choicesOf({
      state: run.state,
      direction,
      stepFailed: steps.some(
        (step) => step.problem !== null && ['failed', 'not-verified'].includes(step.state),
      ),
      canStopNow:
        current !== null &&
        working !== undefined &&
        ['applying', 'verifying'].includes(working.state) &&
        (run.plan.steps[current]?.stopNow ?? null) !== null,
      effects: steps.map((step) => step.effect),
    }),
  }
}

const stepView = (step: StoredStep, progress: StepProgress | null): StepRunView => ({
  id: step.id,
  state: step.state,
  startedAt: step.startedAt,
  endedAt: step.endedAt,
  progress,
  evidence: step.evidence,
  proofs: step.proofs,
  messages: step.messages,
  problem: step.problem,
})
