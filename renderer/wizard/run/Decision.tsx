import Button from '@mui/material/Button'
import { useState } from 'react'
import type { RunView } from '../../../shared/model/plan.ts'
import { ask, useAction } from '../../bridge/index.ts'
import { TextAnswer } from '../../fields/TextAnswer.tsx'
import { ButtonRow, Muted, Panel, PanelHeading } from '../../ui/Panel.tsx'
import { ProblemPanel } from '../../ui/ProblemPanel.tsx'
import { begunStep, currentStep, readBackSteps, stepsRange, stepsToUndo } from './run-words.ts'

const reasonField = {
  kind: 'text',
  name: 'leave-reason',
  label: 'Why it is left as it is',
  why: 'Stands in the record; the lock on the server is released',
  rule: '1 to 1,000 characters',
  maxLength: 1000,
} as const

const Leave = ({ view, onDone }: { view: RunView; onDone: () => void }) => {
  const [reason, setReason] = useState('')
  const [tried, setTried] = useState(false)
  const leave = useAction(async () => {
    await ask('runs.leave', { run: view.id, reason: reason.trim() })
    onDone()
  })
  const error = tried && reason.trim() === '' ? 'The reason is empty. Leaving needs one' : null
  return (
    <>
      <TextAnswer
        field={reasonField}
        value={reason}
        onChange={(value) => setReason(String(value))}
        error={error}
      />
      {leave.problem === null ? null : <ProblemPanel problem={leave.problem} />}
      <ButtonRow>
        <Button
          variant="outlined"
          onClick={() => {
            setTried(true)
            if (reason.trim() !== '') void leave.run()
          }}
        >
          Leave the run as it is
        </Button>
      </ButtonRow>
    </>
  )
}

/** A run that waits for a person: no countdown and no default. */
export const Decision = ({ view, onDone }: { view: RunView; onDone: () => void }) => {
  const [leaving, setLeaving] = useState(false)
  const act = useAction(async (what: 'retry' | 'resume' | 'undo') => {
    if (what === 'retry') await ask('runs.retry', { run: view.id })
    else if (what === 'resume') await ask('runs.resume', { run: view.id })
    else await ask('runs.undo', { run: view.id })
    onDone()
  })
  const can = (choice: RunView['choices'][number]) => view.choices.includes(choice)
  const at = currentStep(view) + 1
  const readBack = readBackSteps(view)
  const begun = begunStep(view)
  if (!(['retry', 'resume', 'undo', 'leave'] as const).some(can)) return null
  return (
    <Panel>
      <PanelHeading>What happens now</PanelHeading>
      <Muted>
        {readBack.length === 0 ? 'No step is verified yet.' : `Done and read back: ${stepsRange(readBack)}.`}{' '}
        {begun === null
          ? 'No other step was begun. '
          : `Step ${begun} was begun: what it left shows only on the target. `}
        The page waits; nothing runs until you choose.
      </Muted>
      {act.problem === null ? null : <ProblemPanel problem={act.problem} />}
      <ButtonRow>
        {can('resume') ? (
          <Button variant="contained" aria-disabled={act.busy} onClick={() => void act.run('resume')}>
            Resume from step {at}
          </Button>
        ) : null}
        {can('retry') ? (
          <Button
            variant={can('resume') ? 'outlined' : 'contained'}
            aria-disabled={act.busy}
            onClick={() => void act.run('retry')}
          >
            Retry step {at}
          </Button>
        ) : null}
        {can('undo') ? (
          <Button variant="outlined" aria-disabled={act.busy} onClick={() => void act.run('undo')}>
            Undo {stepsRange(stepsToUndo(view))}
          </Button>
        ) : null}
        {can('leave') ? (
          <Button variant="outlined" aria-expanded={leaving} onClick={() => setLeaving(!leaving)}>
            Leave as it is …
          </Button>
        ) : null}
      </ButtonRow>
      {leaving ? <Leave view={view} onDone={onDone} /> : null}
    </Panel>
  )
}
