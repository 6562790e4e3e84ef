import Button from '@mui/material/Button'
import OutlinedInput from '@mui/material/OutlinedInput'
import { styled } from '@mui/material/styles'
import { useState, type FormEvent } from 'react'
import {
  planProblems,
  planWarnings,
  suggested,
  type CeremonyPlan,
  type CeremonyView,
} from '../../shared/model/ceremony.ts'
import { escrowLimits, type ShareMedium } from '../../shared/model/escrow.ts'
import { hashOf } from '../app/routes.ts'
import { ask, useAction, useAsk } from '../bridge/index.ts'
import { mediumWords } from '../escrow/escrow-words.ts'
import { ErrorSummary } from '../ui/ErrorSummary.tsx'
import { withoutControls } from '../ui/format.ts'
import { ButtonRow, Panel, PanelHeading } from '../ui/Panel.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'
import { StatusMark } from '../ui/StatusMark.tsx'
import { asShareGroupId } from '../../shared/model/ids.ts'
import { Stage } from './parts.tsx'

interface HolderDraft {
  key: number
  name: string
  medium: ShareMedium
}

const Field = styled('div')({ display: 'flex', flexDirection: 'column', gap: 4, maxWidth: 560 })
const Row = styled('div')({ display: 'flex', flexWrap: 'wrap', gap: 12, alignItems: 'center' })
const Holder = styled('fieldset')({
  border: 0,
  padding: 0,
  margin: 0,
  minWidth: 0,
  '& > * + *': { marginTop: 4 },
})
const Radio = styled('label')({ display: 'inline-flex', gap: 8, alignItems: 'center', minHeight: 32 })

const elementOf = (field: string): string => `ceremony-${field}`

const FieldError = ({ field, message }: { field: string; message: string | undefined }) =>
  message === undefined ? null : (
    <div id={`${elementOf(field)}-error`}>
      <StatusMark mark="failed" word={message} />
    </div>
  )

/** Who gets a share, and how many are needed: all that is asked before the shares are made. */
export const BeginCeremony = (props: {
  /** Id of the group that this one takes the place of. */
  replaces: string | null
  onBegun: (ceremony: CeremonyView) => void
}) => {
  const { replaces, onBegun } = props
  const old = useAsk('escrow.group', replaces === null ? null : { group: replaces })
  const [name, setName] = useState('')
  const [threshold, setThreshold] = useState(String(suggested.threshold))
  const [witnesses, setWitnesses] = useState('')
  const [holders, setHolders] = useState<HolderDraft[]>(() =>
    Array.from({ length: suggested.members }, (_, key) => ({ key, name: '', medium: 'file' as const })),
  )
  const [attempt, setAttempt] = useState(0)
  const plan: CeremonyPlan = {
    name,
    threshold: /^\d{1,3}$/.test(threshold.trim()) ? Number(threshold) : 0,
    holders: holders.map(({ name: called, medium }) => ({ name: called, medium })),
    witnesses: witnesses.split('\n').filter((line) => line.trim() !== ''),
    replaces: replaces === null ? null : asShareGroupId(replaces),
  }
  const problems = attempt === 0 ? [] : planProblems(plan)
  const of = (field: string) => problems.find((one) => one.field === field)?.message
  const warnings = planWarnings(plan)
  const begin = useAction(async () =>
    onBegun(
      await ask('ceremony.begin', {
        ...plan,
        holders: plan.holders.map((one) => ({ ...one })),
        witnesses: [...plan.witnesses],
      }),
    ),
  )
  const change = (key: number, part: Partial<HolderDraft>) =>
    setHolders((all) => all.map((one) => (one.key === key ? { ...one, ...part } : one)))
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setAttempt((before) => before + 1)
    if (planProblems(plan).length === 0) void begin.run()
  }
  const described = (field: string) => ({
    'aria-invalid': of(field) !== undefined,
    ...(of(field) === undefined ? {} : { 'aria-describedby': `${elementOf(field)}-error` }),
    autoComplete: 'off',
    spellCheck: false,
  })
  return (
    <Stage>
      <PageHeader
        title={
          replaces === null
            ? 'Who holds the shares, and how many are needed?'
            : `Who holds the shares of the group that replaces “${withoutControls(old.value?.name ?? replaces)}”?`
        }
        page="Share ceremony"
        up={{ label: 'Escrow', hash: hashOf.escrow() }}
        error={problems.length > 0}
      />
      {old.problem === null ? null : <ProblemPanel problem={old.problem} />}
      <Panel aria-label="What this will do">
        <ul>
          <li>Keyturn makes a key pair and a secret that opens it, and splits the secret into shares.</li>
          <li>
            Each holder in turn gets one share, on an own medium or on paper, and it is read back from there.
          </li>
          <li>
            When the last share was read back, the group is active and the secret is wiped. Until then nothing
            counts: stopping, locking the keyring or closing the window makes the ceremony void.
          </li>
        </ul>
        <p>
          Needed: every holder in the room, about 5 minutes for each; for files a medium per holder; for paper
          a printer.
        </p>
      </Panel>
      <form onSubmit={submit} noValidate aria-label="Share ceremony">
        <Stage>
          <ErrorSummary
            attempt={attempt}
            errors={problems.map(({ field, message }) => ({ elementId: elementOf(field), message }))}
          />
          <Field>
            <label htmlFor={elementOf('name')}>Name of the group</label>
            <OutlinedInput
              id={elementOf('name')}
              value={name}
              onChange={(event) => setName(event.target.value)}
              error={of('name') !== undefined}
              inputProps={{ ...described('name'), maxLength: 2 * escrowLimits.longestName }}
            />
            <FieldError field="name" message={of('name')} />
          </Field>
          <Panel aria-label="Holders" id={elementOf('holders')} tabIndex={-1}>
            <PanelHeading>{holders.length} holders, one share each</PanelHeading>
            {holders.map(({ key, name: called, medium }, index) => {
              const field = `holder-${index + 1}`
              return (
                <Holder key={key}>
                  <label htmlFor={elementOf(field)}>Holder of share {index + 1}</label>
                  <Row>
                    <OutlinedInput
                      id={elementOf(field)}
                      value={called}
                      onChange={(event) => change(key, { name: event.target.value })}
                      error={of(field) !== undefined}
                      sx={{ flex: '1 1 240px' }}
                      inputProps={{ ...described(field), maxLength: 2 * escrowLimits.longestName }}
                    />
                    {(['file', 'paper'] as const).map((kind) => (
                      <Radio key={kind}>
                        <input
                          type="radio"
                          name={`medium-${key}`}
                          checked={medium === kind}
                          onChange={() => change(key, { medium: kind })}
                        />
                        {mediumWords[kind]}
                      </Radio>
                    ))}
                    {holders.length > escrowLimits.leastThreshold ? (
                      <Button
                        variant="text"
                        aria-label={`Remove holder ${index + 1}`}
                        onClick={() => setHolders((all) => all.filter((one) => one.key !== key))}
                      >
                        Remove
                      </Button>
                    ) : null}
                  </Row>
                  <FieldError field={field} message={of(field)} />
                </Holder>
              )
            })}
            <FieldError field="holders" message={of('holders')} />
            {holders.length < escrowLimits.mostMembers ? (
              <Button
                variant="outlined"
                onClick={() =>
                  setHolders((all) => [
                    ...all,
                    { key: Math.max(...all.map(({ key }) => key)) + 1, name: '', medium: 'file' },
                  ])
                }
              >
                Add a holder
              </Button>
            ) : null}
          </Panel>
          <Field>
            <label htmlFor={elementOf('threshold')}>Shares needed together</label>
            <p id="ceremony-threshold-why">
              At least 2. With {suggested.threshold} of {suggested.members}, two shares may be lost and two
              people alone open nothing.
            </p>
            <OutlinedInput
              id={elementOf('threshold')}
              value={threshold}
              onChange={(event) => setThreshold(event.target.value)}
              error={of('threshold') !== undefined}
              sx={{ width: 140 }}
              inputProps={{ ...described('threshold'), inputMode: 'numeric', maxLength: 3 }}
            />
            <FieldError field="threshold" message={of('threshold')} />
            {warnings.map((text) => (
              <div key={text} role="status">
                <StatusMark mark="attention" word={text} />
              </div>
            ))}
          </Field>
          <Field>
            <label htmlFor={elementOf('witnesses')}>Witnesses, one name a line (optional)</label>
            <OutlinedInput
              id={elementOf('witnesses')}
              multiline
              minRows={2}
              value={witnesses}
              onChange={(event) => setWitnesses(event.target.value)}
              error={of('witnesses') !== undefined}
              inputProps={{ ...described('witnesses'), maxLength: 2_000 }}
            />
            <FieldError field="witnesses" message={of('witnesses')} />
          </Field>
          {begin.problem === null ? null : <ProblemPanel problem={begin.problem} />}
          <ButtonRow>
            <Button type="submit" variant="contained" aria-disabled={begin.busy}>
              {begin.busy
                ? 'Making the shares …'
                : `Make ${holders.length} shares and begin with the first holder`}
            </Button>
            <Button variant="text" href={hashOf.escrow()}>
              Cancel
            </Button>
          </ButtonRow>
        </Stage>
      </form>
    </Stage>
  )
}
