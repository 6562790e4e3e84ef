import Button from '@mui/material/Button'
import { styled } from '@mui/material/styles'
import type { FormFacts } from '../../shared/forms/form.ts'
import { FactTime } from '../ui/FactTime.tsx'
import { withoutControls } from '../ui/format.ts'
import { ButtonRow, Muted, Panel, SmallHeading } from '../ui/Panel.tsx'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'
import { StatusMark, type Mark } from '../ui/StatusMark.tsx'
import type { ScreenFacts } from './use-facts.ts'

const Facts = styled('dl')({
  display: 'grid',
  gridTemplateColumns: 'max-content 1fr',
  gap: '4px 16px',
  '& dt': { fontWeight: 600 },
  '@media (max-width: 560px)': { gridTemplateColumns: '1fr' },
})
const Checks = styled('ul')({
  listStyle: 'none',
  padding: 0,
  display: 'flex',
  flexDirection: 'column',
  gap: 8,
})

type Check = FormFacts['checks'][number]
const marks: Record<Check['state'], { mark: Mark; word: string }> = {
  ok: { mark: 'ok', word: 'Met' },
  failed: { mark: 'failed', word: 'Not met' },
  unknown: { mark: 'unknown', word: 'Not known' },
}

/** What was read from the target for this screen, and the checks that it answers. */
export const FactsPanel = ({ facts: { facts, problem, reading, read } }: { facts: ScreenFacts }) => {
  const empty = facts !== null && facts.shown.length === 0 && facts.checks.length === 0
  if (problem === null && (facts === null || empty)) return null
  return (
    <Panel aria-label="Read from the target">
      {problem === null ? null : (
        <ProblemPanel
          problem={problem}
          actions={
            <Button variant="outlined" onClick={() => void read(true)}>
              Check again
            </Button>
          }
        />
      )}
      {facts === null || facts.shown.length === 0 ? null : (
        <Facts>
          {facts.shown.map(({ label, value, source, at }) => (
            <div key={label} style={{ display: 'contents' }}>
              <dt>{label}</dt>
              <dd>
                {withoutControls(value)}{' '}
                <Muted>
                  · {withoutControls(source)}, <FactTime at={at} />
                </Muted>
              </dd>
            </div>
          ))}
        </Facts>
      )}
      {facts === null || facts.checks.length === 0 ? null : (
        <>
          <SmallHeading as="h2">Checks against the server</SmallHeading>
          <Checks>
            {facts.checks.map(({ name, state, detail, at }) => (
              <li key={name}>
                <StatusMark mark={marks[state].mark} word={`${marks[state].word}: ${name}`} />
                <div>
                  {withoutControls(detail)}{' '}
                  <Muted>
                    · <FactTime at={at} />
                  </Muted>
                </div>
              </li>
            ))}
          </Checks>
        </>
      )}
      {facts === null ? null : (
        <ButtonRow>
          <Button size="small" variant="outlined" aria-disabled={reading} onClick={() => void read(true)}>
            Check again
          </Button>
          <Muted role="status">{reading ? 'Reading again …' : ''}</Muted>
        </ButtonRow>
      )}
    </Panel>
  )
}
