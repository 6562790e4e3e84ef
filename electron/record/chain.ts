import type { DatabaseSync } from 'node:sqlite'
import type { ChainCheck } from '../../shared/model/record.ts'
import { entryRow } from './entries.ts'
import { firstPrev, hashEntry } from './entry-hash.ts'

/**
 * Reads every entry from the first on. Finds an edited, added, moved or missing entry; an end that was cut off is
 * found as long as the kept head was not cut too (an outside anchor closes that gap). Changes nothing.
 */
export const verifyChain = (db: DatabaseSync, at: string): ChainCheck => {
  let entries = 0
  let prev = firstPrev
  const broken = (brokenAt: number, why: string): ChainCheck => ({
    unbroken: false,
    entries,
    brokenAt,
    why,
    at,
  })

  for (const raw of db.prepare('SELECT * FROM entry ORDER BY seq').iterate()) {
    const expected = entries + 1
    const seq = Number(raw.seq)
    if (seq !== expected) return broken(expected, missing(expected, seq - 1))
    const parsed = safely(() => entryRow(raw))
    if (parsed === null) return broken(expected, 'its columns are not what Keyturn writes')
    if (parsed.prev !== prev) return broken(expected, 'it does not follow the entry before it')
    if (hashEntry(parsed) !== parsed.hash) return broken(expected, 'its content does not match its hash')
    entries = expected
    prev = parsed.hash
  }

  const head = db.prepare('SELECT seq, hash FROM chain_head').get()
  const kept = Number(head?.seq ?? -1)
  if (kept > entries) return broken(entries + 1, missing(entries + 1, kept))
  if (kept !== entries || head?.hash !== prev)
    return broken(entries, 'the kept head of the chain is another one')
  return { unbroken: true, entries, head: prev, at }
}

const missing = (from: number, to: number): string =>
  from >= to ? `entry ${from} is missing` : `entries ${from} to ${to} are missing`

const safely = <Result>(read: () => Result): Result | null => {
  try {
    return read()
  } catch {
    return null
  }
}
