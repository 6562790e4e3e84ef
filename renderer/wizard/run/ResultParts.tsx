import Link from '@mui/material/Link'
import type { MouseEvent } from 'react'
import { go, hashOf } from '../../app/routes.ts'
import type { NextStep } from '../../../shared/forms/form.ts'
import { jobIds } from '../../../shared/model/job.ts'
import type { RunView } from '../../../shared/model/plan.ts'
import { ask, useAsk } from '../../bridge/index.ts'
import { SaveReport } from '../../fields/SaveReport.tsx'
import { Facts } from '../../ui/Facts.tsx'
import { FactTime } from '../../ui/FactTime.tsx'
import { LongName } from '../../ui/LongName.tsx'
import { inFours, withoutControls } from '../../ui/format.ts'
import { Mono, Panel, PanelHeading, PlainList } from '../../ui/Panel.tsx'
import { StatusMark } from '../../ui/StatusMark.tsx'
import { openWith } from '../open-with.ts'
import { answersCarried } from './carried.ts'
import { EvidenceTable } from './EvidenceTable.tsx'

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
      <PlainList>
        {view.notChecked.map((sentence) => (
          <li key={sentence}>
            <StatusMark mark="unknown" word={withoutControls(sentence)} />
          </li>
        ))}
      </PlainList>
    )}
  </Panel>
)

const addressOf = (to: NextStep['to']): string =>
  to === 'keys' || to === 'audit' || to === 'connections' || to === 'backups' || to === 'escrow'
    ? `#/${to}`
    : hashOf.newWizard(to)

/** A draft that begins with what the run made; where none can be made, the plain link does what it says. */
const carryOver = (event: MouseEvent, next: NextStep, view: RunView): void => {
  const { to } = next
  const answers = answersCarried(next, view)
  const job = jobIds.find((id) => id === to)
  if (answers === null || job === undefined) return
  event.preventDefault()
  void openWith(job, answers).then(go, () => go(addressOf(to)))
}

/** What the job's form says a person should do after it. */
export const NextSteps = ({ view }: { view: RunView }) => {
  const form = useAsk('wizard.form', { job: view.job })
  return form.value === null ? null : (
    <Panel>
      <PanelHeading>Next steps</PanelHeading>
      <PlainList>
        {form.value.next.map((step) => (
          <li key={step.to}>
            {step.text}{' '}
            <Link href={addressOf(step.to)} onClick={(event) => carryOver(event, step, view)}>
              {step.label}
            </Link>
          </li>
        ))}
      </PlainList>
    </Panel>
  )
}

/** Who, when, why, under which digest; and the report. */
export const RunFacts = ({ view }: { view: RunView }) => (
  <Panel>
    <PanelHeading>This run</PanelHeading>
    <Facts
      facts={[
        ['Run', <Mono key="run">{view.id}</Mono>],
        ['Ticket', <LongName key="ticket" name={view.ticket} />],
        ['Reason', <LongName key="reason" name={view.reason} />],
        [
          'Operator',
          `${withoutControls(view.operator)}, signed in to the target as ${withoutControls(view.principal)}`,
        ],
        ['Started', <FactTime key="started" at={view.startedAt} />],
        ['Ended', view.endedAt === null ? 'not ended' : <FactTime key="ended" at={view.endedAt} />],
        ...(view.leftBecause === null
          ? []
          : [['Left because', <LongName key="left" name={view.leftBecause} />] as const]),
        ['Digest', <Mono key="digest">{inFours(view.digest)}</Mono>],
      ]}
    />
    <SaveReport
      what="report"
      page="run"
      id={view.id}
      text={(place) => ask('runs.report', { run: view.id, place })}
    />
  </Panel>
)
