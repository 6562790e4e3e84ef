import { DatabaseSync } from 'node:sqlite'
import type { SelfTestLine } from './crypto-self-test.ts'

/** The record stands on these: transactions that roll back, foreign keys, strict tables. In memory; touches no file. */
export const sqliteSelfTest = (): SelfTestLine => {
  const name = 'SQLite'
  try {
    using database = new DatabaseSync(':memory:')
    database.exec('CREATE TABLE entry (seq INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT')
    database.exec("BEGIN IMMEDIATE; INSERT INTO entry (body) VALUES ('kept'); COMMIT")
    database.exec("BEGIN IMMEDIATE; INSERT INTO entry (body) VALUES ('not kept'); ROLLBACK")
    const rows = database.prepare('SELECT body FROM entry').all()
    return { name, passed: rows.length === 1 && rows[0]?.['body'] === 'kept' }
  } catch {
    return { name, passed: false }
  }
}
