import Button from '@mui/material/Button'
import { styled } from '@mui/material/styles'
import type { FormFacts, Screen } from '../../shared/forms/form.ts'
import { Facts } from '../ui/Facts.tsx'
import { FactTime } from '../ui/FactTime.tsx'
import { withoutControls } from '../ui/format.ts'
import { ButtonRow, Muted, Panel, PlainList, SmallHeading } from '../ui/Panel.tsx'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'
import { StatusMark, type Mark } from '../ui/StatusMark.tsx'
import type { ScreenFacts } from './use-facts.ts'

/** Room for two lines of value and two of source, so that the form below stays where it is when they come. */
const Room = styled('div')({ minHeight: 72 })
const CheckRoom = styled('li')({ minHeight: 40 })
const Source = styled('div')(({ theme }) => ({
  ...theme.typography.caption,
  color: theme.vars.palette.text.secondary,
}))

type Check = FormFacts['checks'][number]
const marks: Record<Check['state'], { mark: Mark; word: string }> = {
  ok: { mark: 'ok', word: 'Met' },
  failed: { mark: 'failed', word: 'Not met' },
  unknown: { mark: 'unknown', word: 'Not known' },
}

/** Why a line of the panel has no value. "Not read" is a state of its own, apart from "none". */
const withoutValue = ({ facts, problem, reading }: ScreenFacts): string =>
  reading && facts === null
    ? 'Reading …'
    : problem !== null
      ? 'not read'
      : 'not read: nothing is chosen yet that could be asked'

/**
 * The promised lines in their order, then those that only some answers bring. What these answers do not ask about is
 * left out as soon as something was read.
 */
const linesOf = (promised: readonly string[], found: readonly string[], wasRead: boolean): string[] => [
  ...promised.filter((one) => !wasRead || found.includes(one)),
  ...found.filter((one) => !promised.includes(one)),
]

/**
 * What is read from the target for this screen, and the checks that it answers. The lines stand before anything was
 * read: values come into a place that was kept for them, and the form below does not move.
 */
export const FactsPanel = ({ reads, read: screenFacts }: { reads: Screen['reads']; read: ScreenFacts }) => {
  const { facts, problem, reading, read } = screenFacts
  const shown = facts?.shown ?? []
  const checked = facts?.checks ?? []
  const wasRead = shown.length + checked.length > 0
  const labels = linesOf(
    reads.facts,
    shown.map(({ label }) => label),
    wasRead,
  )
  const checks = linesOf(
    reads.checks,
    checked.map(({ name }) => name),
    wasRead,
  )
  if (labels.length === 0 && checks.length === 0 && problem === null) return null
  const empty = withoutValue(screenFacts)
  return (
    <Panel aria-label="Read from the target" aria-busy={reading}>
      {problem === null ? null : <ProblemPanel problem={problem} />}
      {labels.length === 0 ? null : (
        <Facts
          facts={labels.map((label) => {
            const found = facts?.shown.find((shown) => shown.label === label)
            return [
              label,
              <Room key={label}>
                {found === undefined ? (
                  <Muted>{empty}</Muted>
                ) : (
                  <>
                    {withoutControls(found.value)}
                    <Source>
                      {withoutControls(found.source)}, <FactTime at={found.at} />
                    </Source>
                  </>
                )}
              </Room>,
            ] as const
          })}
        />
      )}
      {checks.length === 0 ? null : (
        <>
          <SmallHeading as="h2">Checks against what was read</SmallHeading>
          <PlainList>
            {checks.map((name) => {
              const found = facts?.checks.find((check) => check.name === name)
              return (
                <CheckRoom key={name}>
                  {found === undefined ? (
                    <>
                      <StatusMark mark="waiting" word={`Not checked: ${name}`} />
                      <Source>{empty}</Source>
                    </>
                  ) : (
                    <>
                      <StatusMark
                        mark={marks[found.state].mark}
                        word={`${marks[found.state].word}: ${name}`}
                      />
                      <Source>
                        {withoutControls(found.detail)} · <FactTime at={found.at} />
                      </Source>
                    </>
                  )}
                </CheckRoom>
              )
            })}
          </PlainList>
        </>
      )}
      <ButtonRow>
        <Button size="small" variant="outlined" aria-disabled={reading} onClick={() => void read(true)}>
          Check again
        </Button>
        <Muted role="status">{reading ? (facts === null ? 'Reading …' : 'Reading again …') : ''}</Muted>
      </ButtonRow>
    </Panel>
  )
}
