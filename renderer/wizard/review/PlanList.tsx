import Button from '@mui/material/Button'
import { styled } from '@mui/material/styles'
import { useState } from 'react'
import type { ReviewedPlan } from '../../../shared/model/plan.ts'
import { EnvironmentTag } from '../../ui/EnvironmentTag.tsx'
import { FactTime } from '../../ui/FactTime.tsx'
import { withoutControls } from '../../ui/format.ts'
import { LongName } from '../../ui/LongName.tsx'
import { Muted, Panel, PanelHeading, PlainList, SmallHeading } from '../../ui/Panel.tsx'
import { StatusMark } from '../../ui/StatusMark.tsx'
import { PlanStep } from './PlanStep.tsx'
import { stepsByTarget } from './plan-words.ts'

const List = styled('ol')({ listStyle: 'none', padding: 0 })

/** The steps in the order in which they run, each stretch under its target. */
export const PlanList = ({ reviewed }: { reviewed: ReviewedPlan }) => (
  <Panel>
    <PanelHeading>What will run</PanelHeading>
    {stepsByTarget(reviewed.plan.steps).map(({ target, steps }) => (
      <div key={steps[0]?.step.id}>
        <SmallHeading>
          <LongName name={target.name} /> <EnvironmentTag environment={target.environment} />
        </SmallHeading>
        <List>
          {steps.map(({ step, number }) => (
            <PlanStep key={step.id} step={step} number={number} />
          ))}
        </List>
      </div>
    ))}
  </Panel>
)

/** What the checks found done already: folded, each with who said so and when. */
export const AlreadyDone = ({ reviewed }: { reviewed: ReviewedPlan }) => {
  const { satisfied } = reviewed.advice
  const nothingElse = reviewed.plan.steps.length === 0
  const [open, setOpen] = useState(nothingElse)
  if (satisfied.length === 0) return null
  return (
    <Panel>
      <PanelHeading>
        <Button variant="text" aria-expanded={open} onClick={() => setOpen(!open)}>
          Already done ({satisfied.length})
        </Button>
      </PanelHeading>
      {open ? (
        <PlainList>
          {satisfied.map(({ title, evidence }) => (
            <li key={title}>
              <StatusMark mark="ok" word={withoutControls(title)} />
              <div>
                {evidence.statement}: {withoutControls(evidence.value)}{' '}
                <Muted>
                  · {withoutControls(evidence.source)}, <FactTime at={evidence.at} />
                </Muted>
              </div>
            </li>
          ))}
        </PlainList>
      ) : null}
    </Panel>
  )
}

/** Things a person wants to see though the plan does not stand on them: free space, replicas. */
export const Notes = ({ reviewed }: { reviewed: ReviewedPlan }) =>
  reviewed.advice.notes.length === 0 ? null : (
    <Panel>
      <PanelHeading>Also read from the target</PanelHeading>
      <PlainList>
        {reviewed.advice.notes.map((note) => (
          <li key={`${note.statement} ${note.source}`}>
            <strong>{note.statement}</strong>: {withoutControls(note.value)}{' '}
            <Muted>
              · {withoutControls(note.source)}, <FactTime at={note.at} />
            </Muted>
          </li>
        ))}
      </PlainList>
    </Panel>
  )
