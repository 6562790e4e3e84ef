import type { DrillRow } from '../../shared/ipc/schemas.ts'
import { dayAndClock, withoutControls } from '../ui/format.ts'
import type { Mark } from '../ui/StatusMark.tsx'

export const drillMarks: Record<DrillRow['outcome'], { mark: Mark; word: string }> = {
  restored: { mark: 'ok', word: 'Restored' },
  failed: { mark: 'failed', word: 'Failed' },
  'not-finished': { mark: 'attention', word: 'Not finished' },
}

export const passwordWords: Record<DrillRow['passwords'], string> = {
  typed: 'typed for the drill',
  kept: 'kept in Keyturn',
  'typed and kept': 'one typed, one kept in Keyturn',
  none: 'none needed',
}

/** `95 s`, `3 min 12 s`. */
export const secondsText = (seconds: number | null): string => {
  if (seconds === null) return 'not reached'
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

/** One drill as a sentence: what, where, when, how long. */
export const drillSentence = (drill: DrillRow): string => {
  const what = `${withoutControls(drill.database)} from ${withoutControls(drill.source)}`
  const where = `on ${withoutControls(drill.drillServer)}, ${dayAndClock(drill.at)}`
  return drill.outcome === 'restored'
    ? `${what} restored ${where}, in ${secondsText(drill.totalSeconds)}`
    : `${what} not restored ${where}${drill.problem === null ? '' : `: ${withoutControls(drill.problem.title)}`}`
}

/** The newest drill of each server whose backups were drilled, in the order of the rows. */
export const lastPerServer = (rows: readonly DrillRow[]): DrillRow[] => {
  const newest = new Map<string, DrillRow>()
  for (const row of rows) {
    const known = newest.get(row.sourceId)
    if (known === undefined || row.at > known.at) newest.set(row.sourceId, row)
  }
  return [...newest.values()]
}
