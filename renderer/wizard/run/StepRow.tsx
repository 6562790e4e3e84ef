import LinearProgress from '@mui/material/LinearProgress'
import Button from '@mui/material/Button'
import { styled } from '@mui/material/styles'
import { useId, useState } from 'react'
import type { PlannedStep, StepRunView } from '../../../shared/model/plan.ts'
import { displayScript } from '../../../shared/model/script.ts'
import { duration, withoutControls } from '../../ui/format.ts'
import { ProblemPanel } from '../../ui/ProblemPanel.tsx'
import { Mono, Muted } from '../../ui/Panel.tsx'
import { ScriptText } from '../../ui/ScriptText.tsx'
import { StatusMark } from '../../ui/StatusMark.tsx'
import { EvidenceTable } from './EvidenceTable.tsx'
import { stateWords } from './run-words.ts'
import { useNow } from './use-now.ts'

const Item = styled('li')<{ current: boolean }>(({ theme, current }) => ({
  padding: '8px 12px',
  borderTop: `1px solid ${theme.vars.palette.surface.line}`,
  borderInlineStart: `3px solid ${current ? theme.vars.palette.primary.main : 'transparent'}`,
  display: 'flex',
  flexDirection: 'column',
  gap: 8,
}))
const Line = styled('div')({ display: 'flex', flexWrap: 'wrap', gap: '4px 12px', alignItems: 'center' })
const Number = styled('span')({ width: 24, textAlign: 'end', fontWeight: 600 })
const Title = styled('span')({ flex: '1 1 260px', minWidth: 0 })
const State = styled('span')({ width: 160 })
const Time = styled('span')({ width: 96, textAlign: 'end', marginInlineStart: 'auto' })
const Details = styled('div')({
  display: 'flex',
  flexDirection: 'column',
  gap: 12,
  paddingInlineStart: 36,
  '@media (max-width: 560px)': { paddingInlineStart: 0 },
})
const Messages = styled('ol')({ listStyle: 'none', padding: 0, maxHeight: 240, overflow: 'auto' })

const Elapsed = ({ step }: { step: StepRunView }) => {
  const now = useNow(step.startedAt !== null && step.endedAt === null)
  if (step.startedAt === null) return <Time />
  return <Time>{duration(step.startedAt, step.endedAt ?? now)}</Time>
}

interface Props {
  planned: PlannedStep
  step: StepRunView
  number: number
  current: boolean
}

/** One step of a run: state, time, and when opened its script, what the target said and what was read back. */
export const StepRow = ({ planned, step, number, current }: Props) => {
  const id = useId()
  const troubled = step.problem !== null
  const [chosen, setChosen] = useState<boolean | null>(null)
  const open = chosen ?? troubled
  const { mark, word } = stateWords(planned, step.state)
  return (
    <Item current={current}>
      <Line>
        <Number>{number}</Number>
        <Title>
          <bdi>{withoutControls(planned.title)}</bdi>
        </Title>
        <State>
          <StatusMark mark={mark} word={word} />
        </State>
        <Elapsed step={step} />
        <Button
          size="small"
          variant="text"
          aria-expanded={open}
          aria-controls={id}
          sx={{ minWidth: 72 }}
          onClick={() => setChosen(!open)}
        >
          {open ? 'Hide' : 'Details'}
          <span className="visually-hidden"> of step {number}</span>
        </Button>
      </Line>
      {step.progress === null ? null : (
        <div>
          {step.progress.percent === null ? null : (
            <LinearProgress
              variant="determinate"
              value={step.progress.percent}
              aria-label={`Progress of step ${number}`}
            />
          )}
          <Muted>
            {step.progress.percent === null
              ? ''
              : `${step.progress.percent} percent, as the server reports it. `}
            {withoutControls(step.progress.message)}
          </Muted>
        </div>
      )}
      {open ? (
        <Details id={id}>
          {step.problem === null ? null : <ProblemPanel problem={step.problem} />}
          {step.messages.length === 0 ? null : (
            <section aria-label={`What the target said in step ${number}`}>
              <strong>What the target said</strong>
              <Messages>
                {step.messages.map((message, index) => (
                  <li key={index}>
                    <Mono>{withoutControls(message)}</Mono>
                  </li>
                ))}
              </Messages>
            </section>
          )}
          {step.evidence.length === 0 ? null : (
            <EvidenceTable
              caption={`Read back in step ${number}`}
              rows={step.evidence.map((evidence) => ({ evidence, step: number }))}
            />
          )}
          {planned.scripts.map((script, index) => (
            <ScriptText key={index} text={displayScript(script)} label={`Script of step ${number}`} />
          ))}
        </Details>
      ) : null}
    </Item>
  )
}
