import { KeyturnError } from '../../../../shared/errors/problem.ts'
import type { Evidence } from '../../../../shared/model/evidence.ts'
import type { StepContext } from '../../../engine/contract.ts'
import { flagOf, numberOf, textOf } from '../../../ports/sql-rows.ts'
import type { SqlServer } from '../../../ports/sql-server.ts'
import {
  backupsSinceMade,
  dropMoved,
  movedDatabase,
  movedFiles,
  sessionsIn,
} from '../../../scripts/tsql/move.ts'
import { evidenceOf, isRefusal, notVerified, send } from '../../sqlserver/steps/help.ts'

export interface DatabaseRow {
  state: string
  userAccess: string
  /** Empty: not visible. */
  owner: string
  trustworthy: boolean
  broker: boolean
}

export interface FileRow {
  logical: string
  path: string
  pages: number
}

/** Null: not there, or not visible with this login. */
export const readDatabase = async (sql: SqlServer, database: string): Promise<DatabaseRow | null> => {
  const row = (await sql.query(movedDatabase(database)))[0]
  return row === undefined
    ? null
    : {
        state: textOf(row['state_desc']),
        userAccess: textOf(row['user_access']),
        owner: textOf(row['owner']),
        trustworthy: flagOf(row['trustworthy']) === true,
        broker: flagOf(row['broker']) === true,
      }
}

export const readFiles = async (sql: SqlServer, database: string): Promise<FileRow[]> =>
  (await sql.query(movedFiles(database))).map((row) => ({
    logical: textOf(row['logical_name']),
    path: textOf(row['physical_name']),
    pages: numberOf(row['pages']) ?? 0,
  }))

export const samePath = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase()

/** Whether every file of the database is one of these: then it is the one that this run made. */
export const hasOnly = (found: readonly FileRow[], planned: readonly string[]): boolean =>
  found.length > 0 && found.every(({ path }) => planned.some((one) => samePath(one, path)))

/**
 * Takes back a database that this run made on the destination. Refused where its files are not those of the run, while
 * someone is in it, and when a backup of it was taken there since.
 */
export const dropOwn = async (
  ctx: StepContext,
  database: string,
  planned: readonly string[],
): Promise<Evidence[]> => {
  const what = `Database ${database}`
  const refuse = (user: string): KeyturnError => new KeyturnError('undo-refused', { what, user })
  const found = await readDatabase(ctx.sql, database)
  if (found === null) return [evidenceOf(ctx, 'sys.databases', what, 'not there')]
  if (!hasOnly(await readFiles(ctx.sql, database), planned))
    throw refuse('someone else (its files are not those of this run)')
  const users = await usersOf(ctx, database)
  if (users.length > 0) throw refuse(users.join(', '))
  await send(ctx, dropMoved(database, planned), { timeoutMs: 300_000 })
  if ((await readDatabase(ctx.sql, database)) !== null) throw notVerified(ctx, `${database} is still there`)
  return [
    evidenceOf(ctx, 'sys.databases', what, 'dropped; no row any more'),
    evidenceOf(
      ctx,
      'sys.dm_exec_sessions, msdb.dbo.backupset',
      'Nobody was in it, and no backup of it was taken there',
      'none found',
    ),
  ]
}

const usersOf = async (ctx: StepContext, database: string): Promise<string[]> => {
  try {
    const sessions = await ctx.sql.query(sessionsIn(database))
    const backups = numberOf((await ctx.sql.query(backupsSinceMade(database)))[0]?.['backups']) ?? 0
    return [
      ...sessions.map((row) => `session ${String(row['session_id'])} (${textOf(row['login_name'])})`),
      ...(backups === 0 ? [] : [`${backups} backups taken there since`]),
    ]
  } catch (error) {
    if (!isRefusal(error)) throw error
    return ['it is not known who (sessions or backup history not visible with this login)']
  }
}
