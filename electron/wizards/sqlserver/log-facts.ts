import { flagOf, numberOf, textOf, timeOf } from '../../ports/sql-rows.ts'
import { allRows } from '../../ports/sql-sight.ts'
import type { SqlServer } from '../../ports/sql-server.ts'
import { allDatabases } from '../../scripts/tsql/sight.ts'
import { lastLogBackups, logChains } from '../../scripts/tsql/tde-queries.ts'
import type { Read } from './facts-model.ts'
import type { PartReader } from './read-server.ts'
import type { TdeFacts } from './tde-facts.ts'

/** What the log of a database has seen of backups: a third change of its key depends on it. */
export interface LogParts {
  /** By database: ISO time of its newest log backup on record. */
  logBackups: Read<Readonly<Record<string, string>>>
  /** By database: whether a data backup has begun a log chain. Of one that is not there, it is not known. */
  logChains: Read<Readonly<Record<string, boolean>>>
}

export type LogFacts = Pick<TdeFacts, 'databases' | 'keys'> & LogParts

export const readLogParts = async (sql: SqlServer, part: PartReader): Promise<LogParts> => ({
  logBackups: await part('msdb.dbo.backupset', () => readLogBackups(sql)),
  logChains: await part('sys.database_recovery_status', async () =>
    Object.fromEntries(
      (await allRows(sql, logChains(), allDatabases())).map((row) => [
        textOf(row['name']),
        flagOf(row['chained']) === true,
      ]),
    ),
  ),
})

/** msdb keeps the server's own time; its offset stands beside it (127: not known). The key's times are UTC. */
const readLogBackups = async (sql: SqlServer): Promise<Record<string, string>> => {
  const newest: Record<string, string> = {}
  for (const row of await sql.query(lastLogBackups())) {
    const finished = timeOf(row['finished'])
    if (finished === null) continue
    const quarters = numberOf(row['time_zone']) ?? 127
    const offsetMs = quarters === 127 ? 0 : quarters * 15 * 60_000
    newest[textOf(row['database_name'])] = new Date(Date.parse(finished) - offsetMs).toISOString()
  }
  return newest
}
