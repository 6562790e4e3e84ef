import Link from '@mui/material/Link'
import type { RunState, RunSummary } from '../../../shared/model/plan.ts'
import { count } from '../../ui/format.ts'
import { StatusMark, type Mark } from '../../ui/StatusMark.tsx'
import { hashOf } from '../routes.ts'

const live: Partial<Record<RunState, { mark: Mark; word: (run: RunSummary) => string }>> = {
  running: {
    mark: 'running',
    word: (run) => `Step ${Math.min(run.stepsDone + 1, run.stepsTotal)} of ${run.stepsTotal}`,
  },
  stopping: { mark: 'running', word: () => 'Stopping after this step' },
  undoing: { mark: 'running', word: () => 'Undoing' },
  'waiting-for-decision': { mark: 'attention', word: () => 'Waits for a decision' },
  interrupted: { mark: 'attention', word: () => 'Interrupted' },
}

/** Runs that are not at their end, wherever the person is: one by its state, more by their number. */
export const RunChip = ({ runs }: { runs: readonly RunSummary[] }) => {
  const open = runs.filter(({ state }) => live[state] !== undefined)
  const first = open[0]
  if (!first) return null
  const shown = live[first.state]
  return (
    <Link href={hashOf.run(first.id)} sx={{ display: 'inline-flex', alignItems: 'center', minHeight: 32 }}>
      <StatusMark
        mark={shown?.mark ?? 'running'}
        word={open.length === 1 ? `Run: ${shown?.word(first) ?? ''}` : count(open.length, 'run')}
      />
    </Link>
  )
}
