import Button from '@mui/material/Button'
import Link from '@mui/material/Link'
import { styled } from '@mui/material/styles'
import { useState } from 'react'
import { hashOf } from '../../app/routes.ts'
import type { NextStep } from '../../../shared/forms/form.ts'
import type { JobId } from '../../../shared/model/job.ts'
import type { RunView } from '../../../shared/model/plan.ts'
import { ask, useAction, useAsk } from '../../bridge/index.ts'
import { usePlacePicker } from '../../fields/use-place-picker.tsx'
import { FactTime } from '../../ui/FactTime.tsx'
import { inFours, withoutControls } from '../../ui/format.ts'
import { ButtonRow, Mono, Panel, PanelHeading } from '../../ui/Panel.tsx'
import { ProblemPanel } from '../../ui/ProblemPanel.tsx'
import { StatusMark } from '../../ui/StatusMark.tsx'
import { EvidenceTable } from './EvidenceTable.tsx'

const Facts = styled('dl')({
  display: 'grid',
  gridTemplateColumns: 'max-content 1fr',
  gap: '4px 16px',
  '& dt': { fontWeight: 600 },
  '@media (max-width: 560px)': { gridTemplateColumns: '1fr' },
})
const Plain = styled('ul')({
  listStyle: 'none',
  padding: 0,
  display: 'flex',
  flexDirection: 'column',
  gap: 8,
})

export const AllEvidence = ({ view }: { view: RunView }) => {
  const rows = view.steps.flatMap(({ evidence }, index) =>
    evidence.map((line) => ({ evidence: line, step: index + 1 })),
  )
  return (
    <Panel>
      <PanelHeading>Evidence</PanelHeading>
      {rows.length === 0 ? (
        <p>Nothing was read back in this run.</p>
      ) : (
        <EvidenceTable caption="What was read back from the targets" rows={rows} />
      )}
    </Panel>
  )
}

export const NotChecked = ({ view }: { view: RunView }) => (
  <Panel>
    <PanelHeading>Not checked</PanelHeading>
    {view.notChecked.length === 0 ? (
      <p>The run names nothing that it left unchecked.</p>
    ) : (
      <Plain>
        {view.notChecked.map((sentence) => (
          <li key={sentence}>
            <StatusMark mark="unknown" word={withoutControls(sentence)} />
          </li>
        ))}
      </Plain>
    )}
  </Panel>
)

const addressOf = (to: NextStep['to']): string =>
  to === 'keys' || to === 'audit' || to === 'connections' || to === 'backups'
    ? `#/${to}`
    : hashOf.newWizard(to)

/** What the job's form says a person should do after it. */
export const NextSteps = ({ job }: { job: JobId }) => {
  const form = useAsk('wizard.form', { job })
  return form.value === null ? null : (
    <Panel>
      <PanelHeading>Next steps</PanelHeading>
      <Plain>
        {form.value.next.map(({ text, label, to }) => (
          <li key={to}>
            {text} <Link href={addressOf(to)}>{label}</Link>
          </li>
        ))}
      </Plain>
    </Panel>
  )
}

/** Who, when, why, under which digest; and the report. */
export const RunFacts = ({ view }: { view: RunView }) => {
  const [written, setWritten] = useState<string | null>(null)
  const picker = usePlacePicker()
  const save = useAction(async () => {
    const place = await picker.pick('report')
    if (!place) return
    const { name } = await ask('runs.report', { run: view.id, place: place.id })
    setWritten(`Report written: ${name}, in ${place.label}`)
  })
  return (
    <Panel>
      <PanelHeading>This run</PanelHeading>
      <Facts>
        <dt>Run</dt>
        <dd>
          <Mono>{view.id}</Mono>
        </dd>
        <dt>Ticket</dt>
        <dd>
          <bdi>{withoutControls(view.ticket)}</bdi>
        </dd>
        <dt>Reason</dt>
        <dd>
          <bdi>{withoutControls(view.reason)}</bdi>
        </dd>
        <dt>Operator</dt>
        <dd>
          {withoutControls(view.operator)}, signed in to the target as {withoutControls(view.principal)}
        </dd>
        <dt>Started</dt>
        <dd>
          <FactTime at={view.startedAt} />
        </dd>
        <dt>Ended</dt>
        <dd>{view.endedAt === null ? 'not ended' : <FactTime at={view.endedAt} />}</dd>
        {view.leftBecause === null ? null : (
          <>
            <dt>Left because</dt>
            <dd>
              <bdi>{withoutControls(view.leftBecause)}</bdi>
            </dd>
          </>
        )}
        <dt>Digest</dt>
        <dd>
          <Mono>{inFours(view.digest)}</Mono>
        </dd>
      </Facts>
      {save.problem === null ? null : <ProblemPanel problem={save.problem} />}
      <ButtonRow>
        <Button variant="outlined" aria-disabled={save.busy} onClick={() => void save.run()}>
          Save report
        </Button>
        <output>{written === null ? null : <StatusMark mark="ok" word={withoutControls(written)} />}</output>
      </ButtonRow>
      {picker.dialog}
    </Panel>
  )
}
