import Link from '@mui/material/Link'
import { styled } from '@mui/material/styles'
import type { Problem } from '../../shared/errors/problem.ts'
import type { RunState, RunSummary } from '../../shared/model/plan.ts'
import { hashOf } from '../app/routes.ts'
import { FactTime } from '../ui/FactTime.tsx'
import { withoutControls } from '../ui/format.ts'
import { Muted, Panel, PanelHeading } from '../ui/Panel.tsx'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'
import { StatusMark, type Mark } from '../ui/StatusMark.tsx'

const List = styled('ul')({ listStyle: 'none', padding: 0 })
const Item = styled('li')(({ theme }) => ({
  display: 'flex',
  flexWrap: 'wrap',
  gap: '4px 16px',
  padding: '8px 0',
  borderTop: `1px solid ${theme.vars.palette.surface.line}`,
}))

export const runStates: Record<RunState, { mark: Mark; word: string }> = {
  running: { mark: 'running', word: 'Running' },
  stopping: { mark: 'running', word: 'Stopping' },
  undoing: { mark: 'running', word: 'Undoing' },
  'waiting-for-decision': { mark: 'attention', word: 'Waits for a decision' },
  interrupted: { mark: 'attention', word: 'Interrupted' },
  verified: { mark: 'ok', word: 'Verified' },
  undone: { mark: 'skipped', word: 'Undone' },
  left: { mark: 'skipped', word: 'Left as it is' },
}

const mostShown = 8

/** The newest runs; each can be reopened for good. */
export const RecentRuns = ({
  runs,
  problem,
}: {
  runs: readonly RunSummary[] | null
  problem: Problem | null
}) => (
  <Panel>
    <PanelHeading>Runs</PanelHeading>
    {problem === null ? null : <ProblemPanel problem={problem} />}
    {runs?.length === 0 ? (
      <Muted>No run yet. A run that was started stays here with its evidence.</Muted>
    ) : null}
    <List>
      {(runs ?? [])
        .toSorted((one, other) => other.startedAt.localeCompare(one.startedAt))
        .slice(0, mostShown)
        .map((run) => (
          <Item key={run.id}>
            <Link href={hashOf.run(run.id)} sx={{ flex: '1 1 280px' }}>
              <bdi>{withoutControls(run.title)}</bdi>
            </Link>
            <StatusMark {...runStates[run.state]} />
            <Muted>
              {run.stepsDone} of {run.stepsTotal} steps · <FactTime at={run.startedAt} />
            </Muted>
          </Item>
        ))}
    </List>
  </Panel>
)
