import type { DatabaseSync } from 'node:sqlite'
import type { RecordEntry } from '../../shared/model/record.ts'
import { entryFrom, entryRow } from './entries.ts'
import { prepared } from './prepared.ts'
import { ofSigning, type SigningKind } from './schema.ts'

export type EntryOf<Kind extends RecordEntry['kind']> = Extract<RecordEntry, { kind: Kind }>

/** The newest entry of a kind that signing looks for; null where there is none, or none that Keyturn wrote so. */
export const latestOf = <Kind extends SigningKind>(db: DatabaseSync, kind: Kind): EntryOf<Kind> | null => {
  const row = prepared(
    db,
    `SELECT * FROM entry WHERE ${ofSigning()} AND kind = ? ORDER BY seq DESC LIMIT 1`,
  ).get(kind)
  if (row === undefined) return null
  try {
    return entryFrom(entryRow(row)) as EntryOf<Kind>
  } catch {
    return null
  }
}

/** Number of the newest entry of these kinds; 0: there is none. */
export const newestSeqOf = (db: DatabaseSync, kinds: readonly SigningKind[]): number =>
  Number(
    prepared(
      db,
      `SELECT max(seq) AS seq FROM entry WHERE ${ofSigning()} AND kind IN (${kinds.map(() => '?').join(', ')})`,
    ).get(...kinds)?.seq ?? 0,
  )

/** Fingerprints of every key that countersigned; one that Keyturn did not write so is left out. */
export const countersigningFingerprints = (db: DatabaseSync): Set<string> => {
  const rows = prepared(
    db,
    `SELECT * FROM entry WHERE ${ofSigning()} AND kind = 'countersigner-began' ORDER BY seq`,
  ).all()
  const found = new Set<string>()
  for (const row of rows) {
    try {
      const { body } = entryFrom(entryRow(row)) as EntryOf<'countersigner-began'>
      found.add(body.fingerprint)
    } catch {
      continue
    }
  }
  return found
}
