import { createHash } from 'node:crypto'

/** The columns of one entry as they are in the file, in the order in which they are hashed. */
export interface EntryColumns {
  form: number
  seq: number
  at: string
  offset_minutes: number
  account: string
  person: string
  kind: string
  outcome: string
  run_id: string | null
  objects: string
  body: string
  prev: string
}

export const firstPrev = '0'.repeat(64)

const domain = 'keyturn record entry'

/**
 * SHA-256 over the canonical form: each field as UTF-8 behind its length in bytes (4 bytes, big-endian), so that no
 * two different entries have the same form. Absent is the length 0xFFFFFFFF, which no text can have.
 */
export const hashEntry = (entry: EntryColumns): string => {
  const fields = [
    domain,
    String(entry.form),
    String(entry.seq),
    entry.at,
    String(entry.offset_minutes),
    entry.account,
    entry.person,
    entry.kind,
    entry.outcome,
    entry.run_id,
    entry.objects,
    entry.body,
    entry.prev,
  ]
  return createHash('sha256').update(canonicalBytes(fields)).digest('hex')
}

/** The canonical form of any list of fields: what entries are hashed by is what signatures are made over. */
export const canonicalBytes = (fields: readonly (string | null)[]): Buffer => {
  let size = 0
  for (const field of fields) size += 4 + Buffer.byteLength(field ?? '')
  const bytes = Buffer.allocUnsafe(size)
  let at = 0
  for (const field of fields) {
    const from = at + 4
    at = from + bytes.write(field ?? '', from)
    bytes.writeUInt32BE(field === null ? 0xffffffff : at - from, from - 4)
  }
  return bytes
}
