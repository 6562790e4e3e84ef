import { dateConversionFailed, fromDateText, parseDateText } from '../../sql/dates.ts'
import { SqlError } from '../errors.ts'
import type { Frame } from '../script.ts'
import { textOf } from './backup-common.ts'
import type { RestoreOptions } from './backup-grammar.ts'
import type { OpenedBackup } from './restore-source.ts'

/** Where STOPAT asks to stop, seen from one backup. */
export interface StopPoint {
  /** ISO. */
  time: string
  /** Within this backup, or behind its end: then more backups have to follow. */
  place: 'within' | 'behind'
  /** 4322 when the point was not reached. */
  sayMoreIsNeeded(frame: Frame): Promise<void>
}

/** undefined without STOPAT. */
export function stopPoint(
  frame: Frame,
  { stopAt }: RestoreOptions,
  { facts }: OpenedBackup,
): StopPoint | undefined {
  if (stopAt === undefined) return undefined
  if (facts.header['RecoveryModel'] === 'SIMPLE')
    throw new SqlError(
      3145,
      'The STOPAT option is not supported for databases that use the SIMPLE recovery model.',
    )
  const parsed = parseDateText(textOf(stopAt, frame))
  if (parsed === null) throw dateConversionFailed()
  const time = fromDateText(parsed).toISOString()
  const place = time < `${String(facts.header['BackupFinishDate'])}Z` ? 'within' : 'behind'
  return {
    time,
    place,
    async sayMoreIsNeeded({ session, sink }) {
      if (place === 'behind')
        await session.info(
          sink,
          4322,
          'This backup set contains records that were logged before the designated point in time. The database is being left in the restoring state so that more roll forward can be performed.',
          10,
        )
    },
  }
}
