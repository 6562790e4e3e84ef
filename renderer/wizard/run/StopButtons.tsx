import Button from '@mui/material/Button'
import type { RunView } from '../../../shared/model/plan.ts'
import { ask, useAction } from '../../bridge/index.ts'
import { ButtonRow, Muted } from '../../ui/Panel.tsx'
import { ProblemPanel } from '../../ui/ProblemPanel.tsx'
import { currentStep } from './run-words.ts'

/** Both say what state is left. Stop now exists only for steps that declare it. */
export const StopButtons = ({ view }: { view: RunView }) => {
  const stop = useAction((when: 'after-step' | 'now') => ask('runs.stop', { run: view.id, when }))
  const step = view.plan.steps[currentStep(view)]
  const number = currentStep(view) + 1
  const now = view.choices.includes('stop-now') ? (step?.stopNow ?? null) : null
  const after = view.choices.includes('stop-after-step')
  if (!after && now === null) return null
  return (
    <>
      <ButtonRow>
        {after ? (
          <Button variant="outlined" aria-disabled={stop.busy} onClick={() => void stop.run('after-step')}>
            Stop after this step
          </Button>
        ) : null}
        {now === null ? null : (
          <Button variant="outlined" aria-disabled={stop.busy} onClick={() => void stop.run('now')}>
            Stop now
          </Button>
        )}
      </ButtonRow>
      <Muted>
        {after
          ? `Stopping after this step leaves ${number === 1 ? 'step 1' : `steps 1 to ${number}`} done and later ones not started. `
          : ''}
        {now === null ? '' : `Stopping now leaves: ${now.leaves}. `}
        Leaving this page does not stop the run.
      </Muted>
      {stop.problem === null ? null : <ProblemPanel problem={stop.problem} />}
    </>
  )
}
