import type { BackupSetFact } from './facts-model.ts'

export interface Chain {
  /** Full first, then at most one differential, then logs in order. */
  sets: readonly BackupSetFact[]
  /** Why it ends before the newest log on record; null: it goes to the newest. */
  endsBecause: string | null
}

/** Compares log sequence numbers, which are whole numbers of up to 25 digits. */
const lsn = (text: string): bigint => (/^\d{1,30}$/.test(text) ? BigInt(text) : -1n)

/**
 * What a restore of this full backup would go on with: the latest differential of exactly this full backup, then every
 * log that follows without a gap. Pure. A copy-only full backup is no base of a differential.
 */
export const chainOf = (full: BackupSetFact, all: readonly BackupSetFact[]): Chain => {
  const same = all.filter(({ database }) => database === full.database)
  const differential = full.copyOnly
    ? undefined
    : same
        .filter(
          ({ kind, databaseBackupLsn, finishedAt }) =>
            kind === 'differential' &&
            databaseBackupLsn === full.checkpointLsn &&
            finishedAt >= full.finishedAt,
        )
        .toSorted((one, other) => compare(one.lastLsn, other.lastLsn))
        .at(-1)
  const base = differential ?? full
  const logs: BackupSetFact[] = []
  let reached = lsn(base.lastLsn)
  const candidates = same
    .filter(({ kind, lastLsn }) => kind === 'log' && lsn(lastLsn) > lsn(base.lastLsn))
    .toSorted((one, other) => compare(one.firstLsn, other.firstLsn))
  let endsBecause: string | null = null
  for (const log of candidates) {
    if (lsn(log.lastLsn) <= reached) continue
    if (lsn(log.firstLsn) > reached) {
      endsBecause = `the log backup of ${log.finishedAt.slice(0, 16).replace('T', ' ')} does not follow: one before it is not on record`
      break
    }
    logs.push(log)
    reached = lsn(log.lastLsn)
  }
  return { sets: [full, ...(differential === undefined ? [] : [differential]), ...logs], endsBecause }
}

const compare = (one: string, other: string): number => {
  const difference = lsn(one) - lsn(other)
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

/** The newest full backup of each database, by name. */
export const latestFulls = (all: readonly BackupSetFact[]): BackupSetFact[] => {
  const newest = new Map<string, BackupSetFact>()
  for (const set of all) {
    if (set.kind !== 'full') continue
    const known = newest.get(set.database)
    if (known === undefined || set.finishedAt >= known.finishedAt) newest.set(set.database, set)
  }
  return [...newest.values()].sort((one, other) => (one.database < other.database ? -1 : 1))
}
