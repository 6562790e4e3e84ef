import type { ExportKind } from '../../../shared/forms/form.ts'
import Button from '@mui/material/Button'
import { styled } from '@mui/material/styles'
import { useState } from 'react'
import type { ReviewedPlan, RunSummary } from '../../../shared/model/plan.ts'
import { hashOf, replaceHash } from '../../app/routes.ts'
import { useApp } from '../../app/state/app-state.ts'
import { ask, useAction } from '../../bridge/index.ts'
import { TextAnswer } from '../../fields/TextAnswer.tsx'
import { fieldId } from '../../fields/field-props.ts'
import { ErrorSummary } from '../../ui/ErrorSummary.tsx'
import { FactTime } from '../../ui/FactTime.tsx'
import { count, inFours } from '../../ui/format.ts'
import { ButtonRow, Mono, Muted, Panel, PanelHeading } from '../../ui/Panel.tsx'
import { ProblemPanel } from '../../ui/ProblemPanel.tsx'
import { ExportMenu } from './ExportMenu.tsx'
import { drops, runLabel } from './plan-words.ts'

const Digest = styled('div')({ display: 'flex', flexDirection: 'column', gap: 4, maxWidth: 640 })

const ticketField = {
  kind: 'text',
  name: 'ticket',
  label: 'Ticket number',
  why: 'Stands in the record beside every step of this run',
  rule: '1 to 128 characters',
  maxLength: 128,
} as const
const reasonField = {
  kind: 'text',
  name: 'reason',
  label: 'Reason',
  why: 'Whoever reads the record later learns from it why this was done',
  rule: '1 to 1,000 characters',
  maxLength: 1000,
  multiline: true,
} as const

const missing = (text: string, label: string, longest: number): string | null =>
  text.trim() === ''
    ? `${label} is empty. A run needs one`
    : text.trim().length > longest
      ? `${label} has ${text.trim().length} characters; ${longest} is the limit`
      : null

/** The run that has to be decided before another may start on the same target. */
const interruptedOn = (runs: readonly RunSummary[], { plan }: ReviewedPlan): RunSummary | undefined =>
  runs.find(
    ({ state, targets }) =>
      state === 'interrupted' && targets.some(({ id }) => plan.targets.some(({ ref }) => ref.id === id)),
  )

interface Props {
  reviewed: ReviewedPlan
  /** What the plan can be taken along as. */
  exports: readonly ExportKind[]
  onPlanAgain: () => void
}

/** The commitment: a button that names the act, the digest of what was read, ticket and reason. Enter never starts it. */
export const Approval = ({ reviewed, exports, onPlanAgain }: Props) => {
  const [ticket, setTicket] = useState('')
  const [reason, setReason] = useState('')
  const [attempt, setAttempt] = useState(0)
  const blockers = reviewed.advice.blockers.length
  const undecided = useApp(({ app }) => interruptedOn(app?.runs ?? [], reviewed))
  const start = useAction(async () => {
    const { run } = await ask('runs.start', {
      digest: reviewed.digest,
      ticket: ticket.trim(),
      reason: reason.trim(),
    })
    replaceHash(hashOf.run(run))
  })
  const ticketError = attempt === 0 ? null : missing(ticket, ticketField.label, ticketField.maxLength)
  const reasonError = attempt === 0 ? null : missing(reason, reasonField.label, reasonField.maxLength)
  const errors = [
    ...(ticketError === null ? [] : [{ elementId: fieldId('ticket'), message: ticketError }]),
    ...(reasonError === null ? [] : [{ elementId: fieldId('reason'), message: reasonError }]),
  ]
  const press = () => {
    setAttempt(attempt + 1)
    const complete = [
      missing(ticket, ticketField.label, ticketField.maxLength),
      missing(reason, reasonField.label, reasonField.maxLength),
    ].every((error) => error === null)
    if (complete) void start.run()
  }
  return (
    <Panel>
      <PanelHeading>Approve and run</PanelHeading>
      <ErrorSummary errors={errors} attempt={attempt} />
      <TextAnswer
        field={ticketField}
        value={ticket}
        onChange={(value) => setTicket(String(value))}
        error={ticketError}
      />
      <TextAnswer
        field={reasonField}
        value={reason}
        onChange={(value) => setReason(String(value))}
        error={reasonError}
      />
      <Digest>
        <strong>Digest of this plan</strong>
        <Mono>{inFours(reviewed.digest)}</Mono>
        <Muted>
          What is approved is what runs. This approval can be given until{' '}
          <FactTime at={reviewed.validUntil} />; a changed target makes a new plan.
        </Muted>
      </Digest>
      {start.problem === null ? null : (
        <ProblemPanel
          problem={start.problem}
          actions={
            <>
              {undecided === undefined ? null : (
                <Button variant="outlined" href={hashOf.run(undecided.id)}>
                  Open the interrupted run
                </Button>
              )}
              <Button variant="outlined" onClick={onPlanAgain}>
                Make the plan again
              </Button>
            </>
          }
        />
      )}
      <ButtonRow>
        {blockers > 0 ? (
          <strong>Run is possible after {count(blockers, 'blocker is', 'blockers are')} fixed</strong>
        ) : (
          <Button
            variant="contained"
            color={drops(reviewed) ? 'error' : 'primary'}
            aria-disabled={start.busy}
            onClick={press}
          >
            {start.busy ? 'Starting the run …' : runLabel(reviewed)}
          </Button>
        )}
        <ExportMenu digest={reviewed.digest} kinds={exports} />
      </ButtonRow>
    </Panel>
  )
}
