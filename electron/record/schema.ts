import type { DatabaseSync } from 'node:sqlite'

/** The few entries that are looked for by kind at every write and page: an index of their own keeps both cheap. */
export const signingKinds = [
  'signing-began',
  'signing-key-changed',
  'countersigner-began',
  'countersigned',
  'anchor-made',
] as const
export type SigningKind = (typeof signingKinds)[number]

/** A condition that a query has to repeat word by word, so that SQLite uses the index. */
export function ofSigning(): string {
  return `kind IN (${signingKinds.map((kind) => `'${kind}'`).join(', ')})`
}

/**
 * Form of the file. `user_version` names it; each later form is one more element of `migrations`. Signatures and
 * outside anchors get tables of their own (keyed by seq), because an entry is never touched again.
 */
const migrations: readonly string[] = [
  `
  CREATE TABLE entry (
    seq INTEGER PRIMARY KEY,
    form INTEGER NOT NULL,
    at TEXT NOT NULL,
    offset_minutes INTEGER NOT NULL,
    account TEXT NOT NULL,
    person TEXT NOT NULL,
    kind TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('done', 'refused', 'failed')),
    run_id TEXT,
    objects TEXT NOT NULL,
    body TEXT NOT NULL,
    prev TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE
  ) STRICT;
  CREATE INDEX entry_by_run ON entry (run_id, seq);
  CREATE TRIGGER entry_is_never_changed BEFORE UPDATE ON entry
    BEGIN SELECT RAISE(ABORT, 'entries are append only'); END;
  CREATE TRIGGER entry_is_never_removed BEFORE DELETE ON entry
    BEGIN SELECT RAISE(ABORT, 'entries are append only'); END;

  CREATE TABLE chain_head (one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL, hash TEXT NOT NULL) STRICT;
  INSERT INTO chain_head VALUES (1, 0, '${'0'.repeat(64)}');

  CREATE TABLE run (
    id TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    direction TEXT NOT NULL CHECK (direction IN ('forward', 'back')),
    started_at TEXT NOT NULL,
    ended_at TEXT,
    document TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX run_by_start ON run (started_at);

  -- The largest part of a run never changes: written once, beside the row that every transition writes again.
  CREATE TABLE run_plan (run_id TEXT PRIMARY KEY REFERENCES run (id), plan TEXT NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE run_step (
    run_id TEXT NOT NULL REFERENCES run (id),
    ordinal INTEGER NOT NULL,
    effect TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    before TEXT NOT NULL,
    state TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (run_id, ordinal)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE target_lock (
    target_id TEXT PRIMARY KEY,
    run_id TEXT NOT NULL REFERENCES run (id),
    taken_at TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- One row per transaction: the key of that epoch signed entries first to seq, by the hash of the last.
  CREATE TABLE signature (
    seq INTEGER PRIMARY KEY,
    first INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    value TEXT NOT NULL
  ) STRICT;
  CREATE INDEX entry_of_signing ON entry (kind, seq) WHERE ${ofSigning()};
  `,
]

export const newestForm = migrations.length

/** Brings an older file to the newest form, all or nothing. Writes nothing where the file has it already. */
export const migrate = (db: DatabaseSync): void => {
  if (formOf(db) === newestForm) return
  db.exec('BEGIN IMMEDIATE')
  try {
    const form = formOf(db)
    if (form > newestForm) throw new Error(`record form ${form} is newer than this program`)
    for (const script of migrations.slice(form)) db.exec(script)
    db.exec(`PRAGMA user_version = ${newestForm}`)
    db.exec('COMMIT')
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}

const formOf = (db: DatabaseSync): number =>
  Number(db.prepare('PRAGMA user_version').get()?.user_version ?? 0)
