import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import type { Head } from './record.ts'
import { ofSigning } from './schema.ts'

/** Entries that a part of the record needs from before its beginning, so that its signatures can be checked. */
const linkKinds = `'signing-began', 'signing-key-changed', 'countersigner-began'`

const columns = `entry.seq, entry.form, entry.at, entry.offset_minutes, entry.account, entry.person, entry.kind,
  entry.outcome, entry.run_id, entry.objects, entry.body, entry.prev, entry.hash,
  signature.first, signature.epoch, signature.value`

/**
 * A first line that says what follows; the entries before `from` that changed a key; then every entry from `from` to
 * that head, each with the signature that ends at it.
 */
export function* exportLines(db: DatabaseSync, from: number, { count, head }: Head): Generator<string> {
  yield line({ format: 'keyturn record export', version: 1, from, count, head })
  const links = `${ofSigning()} AND kind IN (${linkKinds}) AND entry.seq < ${from}`
  for (
    let last = 0, rows = read(db, links, last, count);
    rows.length > 0;
    rows = read(db, links, last, count)
  ) {
    for (const row of rows) yield entryLine(row)
    last = Number(rows.at(-1)?.seq)
  }
  for (let last = from - 1; last < count;) {
    const rows = read(db, 'true', last, count)
    for (const row of rows) yield entryLine(row)
    last = Number(rows.at(-1)?.seq ?? count)
  }
}

const read = (db: DatabaseSync, which: string, after: number, to: number) =>
  db
    .prepare(
      `SELECT ${columns} FROM entry LEFT JOIN signature ON signature.seq = entry.seq
       WHERE ${which} AND entry.seq > ? AND entry.seq <= ? ORDER BY entry.seq LIMIT 500`,
    )
    .all(after, to)

const entryLine = ({ first, epoch, value, ...entry }: Record<string, SQLOutputValue>): string =>
  line({ entry, signature: value === null ? null : { first, epoch, value } })

const line = (content: object): string => `${JSON.stringify(content)}\n`
