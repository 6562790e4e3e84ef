import { DatabaseSync } from 'node:sqlite'

/** Records of one kind, by id. What `get` hands out is frozen; changes go through `put`, inside `Store.change`. */
export interface Collection<T extends { id: string }> {
  get(id: string): T | undefined
  all(): T[]
  put(record: T): void
  delete(id: string): void
}

export interface Store {
  collection<T extends { id: string }>(kind: string): Collection<T>
  /** Runs a synchronous change; durable when this returns, and if it throws, nothing of it remains. May be nested. */
  change<R>(work: () => R): R
  close(): void
}

interface Change {
  kind: string
  id: string
  before: unknown
}

/**
 * State in one SQLite file, flushed at every change (synchronous=FULL): a killed process comes back with exactly what
 * was answered. Memory holds everything; the file is read at start only.
 */
export const openStore = (path: string): Store => {
  const file = new DatabaseSync(path)
  file.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL')
  file.exec(
    'CREATE TABLE IF NOT EXISTS entity (kind TEXT, id TEXT, body TEXT, PRIMARY KEY (kind, id)) WITHOUT ROWID',
  )
  const upsert = file.prepare('INSERT OR REPLACE INTO entity (kind, id, body) VALUES (?, ?, ?)')
  const remove = file.prepare('DELETE FROM entity WHERE kind = ? AND id = ?')
  const kinds = new Map<string, Map<string, unknown>>()
  const recordsOf = (kind: string): Map<string, unknown> => {
    const known = kinds.get(kind)
    if (known) return known
    const made = new Map<string, unknown>()
    kinds.set(kind, made)
    return made
  }
  for (const row of file.prepare('SELECT kind, id, body FROM entity ORDER BY kind, id').all())
    recordsOf(String(row['kind'])).set(String(row['id']), Object.freeze(JSON.parse(String(row['body']))))

  let open: Change[] | null = null
  const note = (kind: string, id: string): void => {
    if (open === null) throw new Error('state was changed outside of a change')
    open.push({ kind, id, before: recordsOf(kind).get(id) })
  }
  const undo = (changes: Change[], from: number): void => {
    for (const { kind, id, before } of changes.splice(from).reverse())
      if (before === undefined) recordsOf(kind).delete(id)
      else recordsOf(kind).set(id, before)
  }
  const flush = (changes: readonly Change[]): void => {
    if (changes.length === 0) return
    file.exec('BEGIN IMMEDIATE')
    try {
      for (const { kind, id } of new Map(
        changes.map((each) => [`${each.kind}\u0000${each.id}`, each]),
      ).values()) {
        const record = recordsOf(kind).get(id)
        if (record === undefined) remove.run(kind, id)
        else upsert.run(kind, id, JSON.stringify(record))
      }
      file.exec('COMMIT')
    } catch (error) {
      // Some failures (a full disk) have ended the transaction already; an open one would refuse every later change.
      if (file.isTransaction) file.exec('ROLLBACK')
      throw error
    }
  }
  return {
    collection: <T extends { id: string }>(kind: string): Collection<T> => {
      const records = recordsOf(kind) as Map<string, T>
      return {
        get: (id) => records.get(id),
        all: () => [...records.values()],
        put: (record) => {
          note(kind, record.id)
          records.set(record.id, Object.freeze(record))
        },
        delete: (id) => {
          note(kind, id)
          records.delete(id)
        },
      }
    },
    change: (work) => {
      const outer = open
      const changes: Change[] = outer ?? []
      const from = changes.length
      open = changes
      try {
        const result = work()
        if (outer === null) flush(changes)
        return result
      } catch (error) {
        undo(changes, from)
        throw error
      } finally {
        open = outer
      }
    },
    close: () => file.close(),
  }
}
