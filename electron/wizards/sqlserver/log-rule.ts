import type { LogFacts } from './log-facts.ts'
import { keyOf } from './tde-facts.ts'

/**
 * What the log of a database needs, by its recovery model. The server takes two changes of a key and refuses the third
 * until a log backup was taken (SQL 33122). Where there are no log backups (SIMPLE recovery; no data backup began a
 * chain) a CHECKPOINT is the remedy that documentation leads to expect: it is sent, and the server's own answer to the
 * change is the proof.
 */
export type LogRemedy = 'log-backup' | 'checkpoint'

export interface LogNeed {
  remedy: LogRemedy
  /** What was measured, for a person. */
  because: string
}

export const remedyFor = (
  facts: Pick<LogFacts, 'databases' | 'logChains'>,
  database: string,
): { remedy: LogRemedy; because: string } => {
  const model = facts.databases.read
    ? facts.databases.value.find(({ name }) => name === database)?.recoveryModel
    : undefined
  if (model === 'SIMPLE') return { remedy: 'checkpoint', because: 'SIMPLE recovery: it has no log backups' }
  const { logChains } = facts
  const chained = logChains.read ? logChains.value[database] : undefined
  if (chained === false)
    return { remedy: 'checkpoint', because: 'no data backup has begun a log chain, so it has no log backups' }
  const recovery = model === undefined ? 'a recovery model that was not read' : `${model} recovery`
  const chain =
    chained === true
      ? 'with a log chain'
      : `whether it has a log chain: ${logChains.read ? 'not shown' : logChains.because}`
  // Where there is no chain after all, the server refuses the log backup (SQL 4214), and the run stops at it.
  return { remedy: 'log-backup', because: `${recovery}, ${chain}` }
}

/**
 * Null: nothing was changed since the log was last backed up. The views show only the last change of each kind, and
 * undoing a change is another one; so one change is enough to ask, and never more than two meet in one log. Of a
 * CHECKPOINT no view keeps the time: there, any change ever is enough.
 */
export const logNeed = (facts: LogFacts, database: string): LogNeed | null => {
  const key = keyOf(facts, database)
  if (key === undefined) return null
  const { remedy, because } = remedyFor(facts, database)
  const logged =
    remedy === 'checkpoint' || !facts.logBackups.read ? '' : (facts.logBackups.value[database] ?? '')
  const last = [key.regenerated, key.modified]
    .filter((at): at is string => at !== null && at !== key.created && at > logged)
    .sort()
    .at(-1)
  if (last === undefined) return null
  if (remedy === 'checkpoint') return { remedy, because: `key changed ${last}; ${because}` }
  const newest = facts.logBackups.read ? logged || 'none' : `not read (${facts.logBackups.because})`
  return { remedy, because: `key changed ${last}; newest log backup on record: ${newest}` }
}
