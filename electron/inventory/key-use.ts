import { problemOf } from '../../shared/errors/problem.ts'
import { hexOf, numberOf, textOf, timeOf } from '../ports/sql-rows.ts'
import { allRows, unreadBecause, type Sight } from '../ports/sql-sight.ts'
import type { SqlRow, SqlServer } from '../ports/sql-server.ts'
import type { KeyUse, KeyUser } from '../ports/verdicts.ts'
import { databasesUnder } from '../scripts/tsql/ekm-queries.ts'
import { backupsUnder, replicas } from '../scripts/tsql/fact-queries.ts'
import { majorVersion } from '../scripts/tsql/inventory-queries.ts'
import { backupsBefore, backupsByDatabase, logProtectors } from '../scripts/tsql/key-needs-queries.ts'
import { allDatabases, allReplicas } from '../scripts/tsql/sight.ts'
import { databaseKeys } from '../scripts/tsql/tde-queries.ts'

/** The first version whose log shows the protectors that it was written under. */
const firstLogMajor = 15

/**
 * Who needs an asymmetric key of a provider: database encryption keys (also of databases whose encryption was turned off),
 * what the log was written under, backups on record that are encrypted with it. Which backups TDE had encrypted, and under
 * which key, is in no view: those may need it. A part that was refused is named, and hides nothing of the others.
 */
export const readKeyUse = async (sql: SqlServer, thumbprint: string): Promise<KeyUse> => {
  const found: Found = { users: [], notRead: [], mayNeed: [], checked: [] }
  const part = partsOf(sql, found)
  const databases = await part('sys.dm_database_encryption_keys', databasesUnder(), allDatabases())
  for (const row of databases ?? []) found.users.push(...keyUsers(row, thumbprint))
  for (const row of databases ?? []) found.notRead.push(...notShown(sql, row))

  const [version] = await sql.query(majorVersion())
  if ((numberOf(version?.['major']) ?? 0) >= firstLogMajor) {
    const logs = await part('sys.dm_db_log_info', logProtectors())
    const under = (logs ?? []).filter((row) => hexOf(row['thumbprint']) === thumbprint)
    found.users.push(...under.map(logUser))
  } else {
    found.mayNeed.push(
      'What the logs hold: before SQL Server 2019 no view says under which key it was written',
    )
  }
  const backups = await part('msdb.dbo.backupset', backupsUnder(thumbprint))
  found.users.push(...(backups ?? []).map(backupUser))

  found.mayNeed.push(...(await tdeBackups(sql, part, databases ?? [], thumbprint)))
  const groups = await part('sys.availability_databases_cluster', replicas(), allReplicas())
  found.mayNeed.push(...replicaWords(groups ?? []))
  return found
}

interface Found extends KeyUse {
  users: KeyUser[]
  notRead: string[]
  mayNeed: string[]
  checked: string[]
}

type Part = (source: string, query: string, sight?: Sight) => Promise<SqlRow[] | null>

/** Null: this login is not told. A server that is gone, or not itself, ends the reading. */
const partsOf =
  (sql: SqlServer, found: Found): Part =>
  async (source, query, sight) => {
    const named = `${sql.ref.name}, ${source}`
    try {
      const rows = await (sight === undefined ? sql.query(query) : allRows(sql, query, sight))
      if (!found.checked.includes(named)) found.checked.push(named)
      return rows
    } catch (error) {
      const problem = problemOf(error)
      if (problem.kind !== 'refused') throw error
      const told = `${named}: ${unreadBecause(problem)}`
      if (!found.notRead.includes(told)) found.notRead.push(told)
      return null
    }
  }

const nameIn = (row: SqlRow, column = 'name'): string => textOf(row[column])

/** State 1: turned off, or never on. The key is there all the same, and opens with its protector only. */
const keyUsers = (row: SqlRow, thumbprint: string): KeyUser[] => {
  if (hexOf(row['encryptor_thumbprint']) !== thumbprint) return []
  const state = numberOf(row['encryption_state']) ?? 0
  const database = nameIn(row)
  return [
    {
      database,
      what: `${database}: its encryption key is under it, ${
        state === 1 ? 'and is kept although nothing is encrypted with it now' : `encryption state ${state}`
      }`,
    },
  ]
}

/** A database that is not open shows no key, whether it has one or not. */
const notShown = (sql: SqlServer, row: SqlRow): string[] => {
  const state = textOf(row['state_desc'])
  if (state === 'ONLINE' || numberOf(row['encryption_state']) !== null) return []
  return [`${sql.ref.name}, which key ${nameIn(row)} needs: it is ${state || 'not open'} and shows none`]
}

const logUser = (row: SqlRow): KeyUser => {
  const database = nameIn(row)
  const files = numberOf(row['files']) ?? 1
  return {
    database,
    what: `The log of ${database}: ${files} virtual log ${files === 1 ? 'file was' : 'files were'} written under it`,
  }
}

const backupUser = (row: SqlRow): KeyUser => {
  const newest = timeOf(row['newest'])
  return {
    database: null,
    what: `${numberOf(row['backups']) ?? 'some'} backups of ${nameIn(row, 'database_name')} on record, encrypted with it${
      newest === null ? '' : `, the newest of ${newest.slice(0, 10)}`
    }`,
  }
}

const backupWords = (count: number, row: SqlRow): string => {
  const [oldest, newest] = [timeOf(row['oldest']), timeOf(row['newest'])].map((time) => time?.slice(0, 10))
  return `${count} ${count === 1 ? 'backup' : 'backups'}${
    oldest === undefined || newest === undefined
      ? ''
      : oldest === newest
        ? ` of ${oldest}`
        : ` of ${oldest} to ${newest}`
  }`
}

/** Databases that can't be encrypted: no backup of them is under TDE. */
const withoutTde: ReadonlySet<string> = new Set(['master', 'model', 'msdb'])

/**
 * Backups that TDE may have encrypted under the key. A database whose key is under another protector now: those of before
 * its key was last changed. One without a key: all, because nothing says what it was before.
 */
const tdeBackups = async (
  sql: SqlServer,
  part: Part,
  databases: readonly SqlRow[],
  thumbprint: string,
): Promise<string[]> => {
  const counted = await part('msdb.dbo.backupset', backupsByDatabase())
  const keys = await part('sys.dm_database_encryption_keys', databaseKeys(false))
  if (counted === null || keys === null) return []
  const words: string[] = []
  const without: SqlRow[] = []
  for (const row of counted) {
    const database = nameIn(row)
    if (withoutTde.has(database.toLowerCase())) continue
    const key = keys.find((one) => nameIn(one) === database && hexOf(one['encryptor_thumbprint']) !== null)
    if (key === undefined) without.push(row)
    else if (hexOf(key['encryptor_thumbprint']) !== thumbprint) {
      const changed = lastChange(key)
      const [older] = await sql.query(backupsBefore(database, dayAfter(changed)))
      const count = numberOf(older?.['backups']) ?? 0
      if (older !== undefined && count > 0) {
        words.push(
          `${database}: ${backupWords(count, older)}, from before its key was last changed (${changed.slice(0, 10)})`,
        )
      }
    }
  }
  const gone = (name: string): boolean => !databases.some((row) => nameIn(row) === name)
  return [
    ...words.toSorted(),
    ...without.map((row) => {
      const database = nameIn(row)
      const count = numberOf(row['backups']) ?? 0
      return `${database}: ${backupWords(count, row)}; ${
        gone(database) ? 'it is not on this server now' : 'it has no encryption key now'
      }, and whether it had one then is in no view`
    }),
  ]
}

/** The newest of the key's own times, UTC; a key without any was never seen changed: then all backups count. */
const lastChange = (key: SqlRow): string =>
  ['create_date', 'regenerate_date', 'modify_date']
    .flatMap((column) => timeOf(key[column]) ?? [])
    .toSorted()
    .at(-1) ?? '9998-12-30T00:00:00.000Z'

/** Backups carry the server's own time, the key UTC: no zone is more than 14 hours ahead, so a day later rules none out. */
const dayAfter = (time: string): string =>
  new Date(Date.parse(time) + 38 * 3_600_000).toISOString().slice(0, 10)

const replicaWords = (rows: readonly SqlRow[]): string[] => {
  const names = [...new Set(rows.map((row) => nameIn(row, 'replica')))].sort()
  return names.map(
    (name) =>
      `${[
        ...new Set(
          rows.filter((row) => nameIn(row, 'replica') === name).map((row) => nameIn(row, 'database_name')),
        ),
      ]
        .sort()
        .join(', ')} on replica ${name}: it was not asked, and has key objects of its own`,
  )
}
