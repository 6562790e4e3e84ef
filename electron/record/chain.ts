import type { DatabaseSync } from 'node:sqlite'
import { setImmediate as others } from 'node:timers/promises'
import type { ChainCheck } from '../../shared/model/record.ts'
import { entryFrom, entryRow } from './entries.ts'
import { firstPrev, hashEntry } from './entry-hash.ts'
import { prepared } from './prepared.ts'
import { signingKinds } from './schema.ts'
import { walkSigning, type SignatureRow } from './signing/check.ts'

/**
 * Reads every entry and every signature from the first on. Finds an edited, added, moved or missing entry, and one
 * that is not signed by the key whose turn it was; an end that was cut off is found as long as the kept head was not
 * cut too (an outside anchor closes that gap). Changes nothing.
 */
export const verifyChain = (db: DatabaseSync, at: string): ChainCheck => {
  const slices = walk(db, at)
  for (;;) {
    const slice = slices.next()
    if (slice.done) return slice.value
  }
}

/** The same check; the program answers others between two slices, and what they add meanwhile is checked too. */
export const checkChain = async (db: DatabaseSync, at: string): Promise<ChainCheck> => {
  const slices = walk(db, at)
  for (;;) {
    const slice = slices.next()
    if (slice.done) return slice.value
    await others()
  }
}

const rowsPerSlice = 200

function* walk(db: DatabaseSync, at: string): Generator<void, ChainCheck> {
  const signing = walkSigning()
  let entries = 0
  let signatures = 0
  let prev = firstPrev
  const broken = (brokenAt: number, why: string): ChainCheck => ({
    unbroken: false,
    entries,
    brokenAt,
    why,
    at,
  })

  for (let rows = slice(db, -Number.MAX_SAFE_INTEGER); rows.length > 0; rows = slice(db, entries)) {
    for (const raw of rows) {
      const expected = entries + 1
      const seq = Number(raw.seq)
      if (seq !== expected) return broken(expected, missing(expected, seq - 1))
      const row = safely(() => entryRow(raw))
      if (row === null) return broken(expected, 'its columns are not what Keyturn writes')
      if (row.prev !== prev) return broken(expected, 'it does not follow the entry before it')
      if (hashEntry(row) !== row.hash) return broken(expected, 'its content does not match its hash')
      const entry = isOfSigning(row.kind) ? safely(() => entryFrom(row)) : null
      if (entry === null && isOfSigning(row.kind))
        return broken(expected, 'its fields are not those of its kind')
      const signature = signatureRow(raw)
      const why = signing.step(row, entry, signature)
      if (why !== null) return broken(expected, why)
      if (signature !== null) signatures += 1
      entries = expected
      prev = row.hash
    }
    yield
  }

  const head = db.prepare('SELECT seq, hash FROM chain_head').get()
  const kept = Number(head?.seq ?? -1)
  if (kept > entries) return broken(entries + 1, missing(entries + 1, kept))
  if (kept !== entries || head?.hash !== prev)
    return broken(entries, 'the kept head of the chain is another one')
  const unsigned = signing.end(entries)
  if (unsigned !== null) return broken(unsigned.brokenAt, unsigned.why)
  if (Number(db.prepare('SELECT count(*) AS n FROM signature').get()?.n) !== signatures)
    return broken(entries + 1, 'there is a signature without its entry')
  return { unbroken: true, entries, head: prev, at, signing: signing.result() }
}

const slice = (db: DatabaseSync, after: number) =>
  prepared(
    db,
    `SELECT entry.*, signature.first, signature.epoch, signature.value
       FROM entry LEFT JOIN signature ON signature.seq = entry.seq
       WHERE entry.seq > ? ORDER BY entry.seq LIMIT ${rowsPerSlice}`,
  ).all(after)

/** The table lets nothing but numbers and a text in. */
const signatureRow = ({ first, epoch, value }: ReturnType<typeof slice>[number]): SignatureRow | null =>
  value === null ? null : { first: Number(first), epoch: Number(epoch), value: String(value) }

/** Only of these the fields count here; of the others the hash covers the text, whatever it says. */
const isOfSigning = (kind: string): boolean => signingKinds.some((one) => one === kind)

const missing = (from: number, to: number): string =>
  from >= to ? `entry ${from} is missing` : `entries ${from} to ${to} are missing`

const safely = <Result>(read: () => Result): Result | null => {
  try {
    return read()
  } catch {
    return null
  }
}
