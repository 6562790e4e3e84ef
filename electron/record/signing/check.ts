import type { KeyObject } from 'node:crypto'
import type { RecordEntry, SigningCheck } from '../../../shared/model/record.ts'
import type { EntryRow } from '../entries.ts'
import { countersignedBytes, publicKeyOf, signedBytes, verifyBytes } from './signature.ts'

/** The row of the table `signature` that belongs to an entry. */
export interface SignatureRow {
  first: number
  epoch: number
  value: string
}

export interface SigningWalk {
  /**
   * The next entry, whose place in the chain was checked; with its fields where its kind has to do with signing. Gives
   * what does not fit, or null.
   */
  step(row: EntryRow, entry: RecordEntry | null, signature: SignatureRow | null): string | null
  /** After the last entry. */
  end(entries: number): { brokenAt: number; why: string } | null
  result(): SigningCheck
}

/**
 * Follows the signatures of a record from its first key on. Each key is taken from the entry that the key before it
 * signed; whether the first one is the right one is what an anchor or a noted fingerprint tells.
 */
export const walkSigning = (): SigningWalk => {
  let key: { epoch: number; publicKey: KeyObject } | null = null
  let countersigner: { fingerprint: string; publicKey: KeyObject } | null = null
  let signedTo = 0
  let from: number | null = null
  let changes = 0
  let countersigned: SigningCheck['countersigned'] = null
  const anew: number[] = []

  const signedBy = (by: typeof key, row: EntryRow, signature: SignatureRow, first: number): string | null => {
    if (by === null) return 'it is signed, but no key began to sign'
    if (signature.epoch !== by.epoch) return `it is signed with key ${signature.epoch}, not ${by.epoch}`
    if (signature.first !== first) return `its signature begins at entry ${signature.first}, not ${first}`
    const bytes = signedBytes({ epoch: by.epoch, first, last: row.seq, hash: row.hash })
    return verifyBytes(by.publicKey, bytes, signature.value) ? null : 'its signature does not fit'
  }

  const beginning = (
    row: EntryRow,
    entry: RecordEntry | null,
    signature: SignatureRow | null,
  ): string | null => {
    if (entry?.kind !== 'signing-began') return null
    const { body } = entry
    if (body.count !== row.seq - 1 || body.head !== row.prev)
      return 'it covers other entries than those before it'
    if (key !== null && signedTo !== row.seq - 1) return 'the entry before it is not signed'
    const publicKey = publicKeyOf(body.publicKey, body.fingerprint)
    if (publicKey === null) return 'its key is not the one of its fingerprint'
    if (signature === null) return 'the entry that begins signing is not signed'
    if (key !== null && body.epoch <= key.epoch) return 'its number of the key was used before'
    if (key === null) from = row.seq
    else anew.push(row.seq)
    key = { epoch: body.epoch, publicKey }
    return signedBy(key, row, signature, row.seq)
  }

  const change = (
    row: EntryRow,
    entry: RecordEntry | null,
    signature: SignatureRow | null,
  ): string | null => {
    if (entry?.kind !== 'signing-key-changed') return null
    const { body } = entry
    if (signature === null) return 'the entry that changes the key is not signed'
    const why = signedBy(key, row, signature, row.seq)
    if (why !== null) return why
    if (signedTo !== row.seq - 1) return 'the entry before it is not signed'
    const publicKey = publicKeyOf(body.publicKey, body.fingerprint)
    if (publicKey === null) return 'its key is not the one of its fingerprint'
    if (body.epoch !== (key?.epoch ?? 0) + 1) return 'its number of the key is not the next one'
    key = { epoch: body.epoch, publicKey }
    changes += 1
    return null
  }

  const countersignature = (row: EntryRow, entry: RecordEntry | null): string | null => {
    if (entry?.kind === 'countersigner-began') {
      const { fingerprint } = entry.body
      const publicKey = publicKeyOf(entry.body.publicKey, fingerprint)
      if (publicKey === null) return 'its key is not the one of its fingerprint'
      countersigner = { fingerprint, publicKey }
    }
    if (entry?.kind !== 'countersigned') return null
    const { fingerprint, count, head, signature } = entry.body
    if (count !== row.seq - 1 || head !== row.prev)
      return 'it countersigns other entries than those before it'
    if (countersigner?.fingerprint !== fingerprint) return 'its countersigning key is not the one that began'
    if (!verifyBytes(countersigner.publicKey, countersignedBytes(fingerprint, count, head), signature))
      return 'its countersignature does not fit'
    countersigned = { to: count, at: entry.at, fingerprint }
    return null
  }

  return {
    step(row, entry, signature) {
      const keyEntry = entry?.kind === 'signing-began' || entry?.kind === 'signing-key-changed'
      const why = keyEntry
        ? (beginning(row, entry, signature) ?? change(row, entry, signature))
        : signature === null
          ? null
          : signedBy(key, row, signature, signedTo + 1)
      if (why !== null) return why
      if (signature !== null || key === null) signedTo = row.seq
      return countersignature(row, entry)
    },
    end: (entries) =>
      key !== null && signedTo < entries ? { brokenAt: signedTo + 1, why: 'no signature covers it' } : null,
    result: () => ({ from, anew, changes, countersigned }),
  }
}
