import { KeyturnError, type Problem } from '../../shared/errors/problem.ts'
import { numberOf } from './sql-rows.ts'
import type { SqlRow, SqlServer } from './sql-server.ts'

/** Reads of views that leave out what a login may not see: none is only "none" where the login sees all. */

/**
 * What a login has to be allowed so that a view hides no row from it. Catalog views leave out what a login may not see
 * and raise no error, so that without it "no row" is not "none".
 */
export interface Sight {
  /** As a person grants it. */
  permission: string
  /** One row, `sees_all`: 1 or 0. Public. */
  query: string
}

/** Whether no row of such a view is hidden from this login. */
export const seesAll = async (sql: SqlServer, { query }: Sight): Promise<boolean> =>
  numberOf((await sql.query(query))[0]?.['sees_all']) === 1

/** Every row. Throws `sql-not-visible` where some may be hidden, whatever was shown. */
export const allRows = async (sql: SqlServer, query: string, sight: Sight): Promise<SqlRow[]> => {
  if (!(await seesAll(sql, sight))) throw notVisible(sql, sight)
  return sql.query(query)
}

/** The one row of a query; null: there is none. Throws `sql-not-visible` where it may be there and hidden. */
export const oneRow = async (sql: SqlServer, query: string, sight: Sight): Promise<SqlRow | null> => {
  const row = (await sql.query(query))[0]
  if (row !== undefined) return row
  if (!(await seesAll(sql, sight))) throw notVisible(sql, sight)
  return null
}

const notVisible = (sql: SqlServer, { permission }: Sight): KeyturnError =>
  new KeyturnError('sql-not-visible', { target: sql.ref.name, permission })

/** Why a part of the facts is not there, in words for a person. */
export const unreadBecause = ({ code, title, causes }: Problem): string => {
  if (code === 'sql-not-visible') return `not visible with this login: ${causes[0] ?? ''}`
  return code === 'sql-permission' ? 'not visible with this login' : `not read: ${title}`
}
