import type { RunId } from '../../shared/model/ids.ts'
import type { RunSummary } from '../../shared/model/plan.ts'
import type { Record } from '../record/record.ts'
import { summaryOf } from './live-run.ts'

/**
 * Summaries of runs that have ended. Such a run never changes again, so each is read once: the list goes to the window
 * several times a second while another run is under way, and the history grows for years.
 */
export const createEndedRuns = (record: Pick<Record, 'run'>) => {
  const known = new Map<RunId, RunSummary>()
  return {
    /** Null: the record has no such run. One that has not ended is read anew each time. */
    summary(id: RunId): RunSummary | null {
      const before = known.get(id)
      if (before !== undefined) return before
      const stored = record.run(id)
      if (stored === null) return null
      const summary = summaryOf(stored)
      if (stored.run.endedAt !== null) known.set(id, summary)
      return summary
    },
  }
}
