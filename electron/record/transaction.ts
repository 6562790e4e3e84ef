import type { DatabaseSync } from 'node:sqlite'

/** All or nothing, and nobody else writes meanwhile. */
export const exclusively = <Result>(db: DatabaseSync, work: () => Result): Result => {
  db.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    db.exec('COMMIT')
    return result
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}
