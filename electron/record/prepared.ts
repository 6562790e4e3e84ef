import type { DatabaseSync, StatementSync } from 'node:sqlite'

const known = new WeakMap<DatabaseSync, Map<string, StatementSync>>()

/** A statement of constant text, compiled once per connection: a transition of a run runs a dozen of them. */
export const prepared = (db: DatabaseSync, text: string): StatementSync => {
  let statements = known.get(db)
  if (statements === undefined) known.set(db, (statements = new Map()))
  let statement = statements.get(text)
  if (statement === undefined) statements.set(text, (statement = db.prepare(text)))
  return statement
}
