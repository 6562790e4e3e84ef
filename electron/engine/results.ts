import type { Problem } from '../../shared/errors/problem.ts'
import type { Record } from '../record/record.ts'
import type { EndedRun, Job } from './contract.ts'
import type { LiveRun, RunEntry } from './live-run.ts'

/**
 * What the job wants to be kept of this run, for the transaction that ends it. The engine knows no kind by name. An
 * undo wipes the problem of the step that failed, so the failure is read from the record.
 */
export const resultEntries = (
  live: LiveRun,
  record: Record,
  results: NonNullable<Job['results']>,
  end: Pick<EndedRun, 'how' | 'endedAt'>,
): RunEntry[] =>
  results({
    ...end,
    plan: live.run.plan,
    startedAt: live.run.startedAt,
    steps: live.steps,
    lastFailure: lastFailure(live, record),
  }).map(({ entry, outcome }) => ({ ...entry, outcome }))

/** A run goes on only past a step that is verified: an outcome that is newer than the failure says that it was overcome. */
const lastFailure = ({ run }: LiveRun, record: Record): EndedRun['lastFailure'] => {
  const [row] = record.page({
    filter: { runId: run.id, kind: ['step-failed', 'step-outcome'] },
    offset: 0,
    limit: 1,
    order: 'newest-first',
  }).rows
  return row?.kind === 'step-failed' ? { step: row.body.step, problem: row.body.problem as Problem } : null
}
