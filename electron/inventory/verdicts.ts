import { KeyturnError, problemOf } from '../../shared/errors/problem.ts'
import type { TargetRef } from '../../shared/model/target.ts'
import { numberOf, textOf } from '../ports/sql-rows.ts'
import { allRows, type Sight } from '../ports/sql-sight.ts'
import type { SqlRow, SqlServer, SqlServers } from '../ports/sql-server.ts'
import type { RetireVerdict, Verdicts } from '../ports/verdicts.ts'
import { backupsUnder, certificatesUnderMasterKey, keysUnder } from '../scripts/tsql/fact-queries.ts'
import { keysIn } from '../scripts/tsql/sight.ts'
import { readKeyUse } from './key-use.ts'

/**
 * What on this server still needs a key, read at the moment of asking. Knows what msdb and the catalogs of this
 * instance tell; backups whose history was pruned and other servers are outside of it, so `checked` names what was read.
 * A source that may not be read makes the verdict unknown, never unused. `copies`: where keys of tokens are looked for.
 */
export const createVerdicts = (
  servers: SqlServers,
  copies: Verdicts['copies'] = () => Promise.reject(new KeyturnError('internal')),
): Verdicts => ({
  copies,
  certificate: async (target, thumbprint) =>
    verdictOf(await servers.open(target), [
      { source: 'msdb.dbo.backupset', query: backupsUnder(thumbprint), user: backupUser },
      {
        source: 'sys.dm_database_encryption_keys',
        query: keysUnder(thumbprint),
        user: (row) => `the database encryption key of ${textOf(row['database_name'])}`,
      },
    ]),
  asymmetricKey: async (target, thumbprint) => readKeyUse(await servers.open(target), thumbprint),
  databaseMasterKey: async (target: TargetRef, database) =>
    verdictOf(await servers.open(target), [
      {
        source: `${database}.sys.certificates, sys.asymmetric_keys`,
        query: certificatesUnderMasterKey(database),
        sight: keysIn(database),
        user: (row) => `the private key of ${textOf(row['name'])}`,
      },
    ]),
})

interface Question {
  source: string
  query: string
  /** What it takes to see every row, where the source hides some without an error. */
  sight?: Sight
  user(row: SqlRow): string
}

const backupUser = (row: SqlRow): string =>
  `${numberOf(row['backups']) ?? 'some'} backups of ${textOf(row['database_name'])}`

const verdictOf = async (server: SqlServer, questions: readonly Question[]): Promise<RetireVerdict> => {
  const users: string[] = []
  for (const { source, query, sight, user } of questions) {
    try {
      const rows = await (sight === undefined ? server.query(query) : allRows(server, query, sight))
      users.push(...rows.map(user))
    } catch (error) {
      const problem = problemOf(error)
      if (problem.kind !== 'refused') throw error
      return { state: 'unknown', why: `${source} on ${server.ref.name}: ${problem.title}` }
    }
  }
  return users.length > 0
    ? { state: 'in-use', users }
    : { state: 'unused', checked: questions.map(({ source }) => `${server.ref.name}, ${source}`) }
}
