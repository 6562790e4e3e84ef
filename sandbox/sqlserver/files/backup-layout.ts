/**
 * Layout of a rehearsal's backup file (ours, not Microsoft's). Numbers are little-endian; sums are 32 bytes.
 *
 *   preamble  first line ∥ u32 length ∥ JSON facts ∥ u16 length ∥ wrapped data secret ∥ [MAC] ∥ SHA-256 of all this
 *   chunks    u32 (length of body, bit 31 on the last) ∥ body ∥ [MAC or SHA-256]
 *   trailer   JSON facts ∥ u32 length ∥ [MAC] ∥ SHA-256 of the trailer so far ∥ SHA-256 of the file so far
 *
 * A body is IV ∥ ciphertext, or the clear bytes; those are pages, each as u32 length ∥ bytes, maybe deflated. MACs
 * exist in encrypted files, plain sums of chunks in clear files with checksum; both bind role, index and last mark.
 */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { orRefuse, refuse } from './errors.ts'

export const FIRST_LINE = Buffer.from(
  'Keyturn rehearsal format 1, database backup. This is not a file of Microsoft SQL Server.\n',
  'latin1',
)
export const LAST_CHUNK = 0x8000_0000
export const SUM = 32
/** Pages are gathered up to this size before they are written as one chunk. */
export const CHUNK_TARGET = 64 * 1024
export const MAX_PAGE = 1024 * 1024
export const MAX_CLEAR_BODY = MAX_PAGE + 4
/** Deflate adds at most a few bytes per 16 KB; an IV and padding come on top. */
export const MAX_STORED_BODY = MAX_CLEAR_BODY + 16 * 1024
export const MAX_FACTS = 64 * 1024
export const MAX_TRAILER_FACTS = 16 * 1024
export const MAX_WRAPPED = 1024

export type BackupFact = string | number | boolean | null
/** One row of HEADERONLY or FILELISTONLY: column name to value. Numbers must be finite; large ones go as text. */
export type BackupHeader = Record<string, BackupFact>
export type BackupAlgorithm = 'AES_128' | 'AES_192' | 'AES_256' | 'TRIPLE_DES_3KEY'

export interface BackupSizes {
  /** Page bytes before compression and encryption. */
  bytes: number
  /** File bytes up to the end of the last chunk. */
  compressedBytes: number
}

const Row = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))

const Facts = z.strictObject({
  header: Row,
  fileList: z.array(Row),
  encryption: z
    .strictObject({
      algorithm: z.enum(['AES_128', 'AES_192', 'AES_256', 'TRIPLE_DES_3KEY']),
      thumbprint: z.string().regex(/^([0-9a-f]{2}){1,64}$/),
      encryptorType: z.string(),
    })
    .nullable(),
  checksum: z.boolean(),
  compression: z.boolean(),
})
export type BackupFacts = z.infer<typeof Facts>

const count = z.number().int().nonnegative()
const TrailerFacts = z.strictObject({ bytes: count, compressedBytes: count, chunks: count, finished: Row })
export type TrailerFacts = z.infer<typeof TrailerFacts>

export const sha256 = (...parts: Uint8Array[]): Buffer => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

/** Throws RangeError when the facts are too long or would not come back as they are. */
export function encodeFacts(facts: BackupFacts | TrailerFacts, limit: number): Buffer {
  const json = Buffer.from(JSON.stringify(facts), 'utf8')
  if (json.length > limit)
    throw new RangeError(`The facts of a backup take ${json.length} of ${limit} bytes.`)
  const schema = 'chunks' in facts ? TrailerFacts : Facts
  if (!schema.safeParse(facts).success) throw new RangeError('The facts of a backup are malformed.')
  return json
}

export const decodeFacts = (json: Buffer): BackupFacts =>
  orRefuse('damaged', 'The facts of the backup are malformed.', () =>
    Facts.parse(JSON.parse(json.toString('utf8'))),
  )

/** Everything that precedes the MAC of the preamble. */
export function encodePreamble(facts: Buffer, wrappedSecret: Buffer): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16LE(wrappedSecret.length)
  return Buffer.concat([FIRST_LINE, u32(facts.length), facts, length, wrappedSecret])
}

/** Bytes after the last chunk, without the facts: length, MAC, digest of the trailer, digest of the file. */
export const trailerOverhead = (encrypted: boolean): number => 4 + (encrypted ? SUM : 0) + SUM + SUM

export interface Trailer {
  /** What the MAC covers. */
  signed: Buffer
  mac: Buffer
  facts: TrailerFacts
  fileDigest: Buffer
}

/** Reads a trailer that ends where `tail` ends; `exact` demands that it begins where `tail` begins. */
export function decodeTrailer(tail: Buffer, encrypted: boolean, exact: boolean): Trailer {
  const overhead = trailerOverhead(encrypted)
  const lengthAt = tail.length - overhead
  if (lengthAt < 0) refuse('damaged', 'The backup ends too early.')
  const length = tail.readUInt32LE(lengthAt)
  if (length > lengthAt || length > MAX_TRAILER_FACTS || (exact && length !== lengthAt)) {
    refuse('damaged', 'The backup ends too early, or has bytes that do not belong to it.')
  }
  const start = lengthAt - length
  const digestAt = tail.length - 2 * SUM
  if (!sha256(tail.subarray(start, digestAt)).equals(tail.subarray(digestAt, digestAt + SUM))) {
    refuse('damaged', 'The end of the backup does not fit its check sum.')
  }
  const json = tail.subarray(start, lengthAt)
  return {
    signed: tail.subarray(start, lengthAt + 4),
    mac: tail.subarray(lengthAt + 4, digestAt),
    facts: orRefuse('damaged', 'The end of the backup is malformed.', () =>
      TrailerFacts.parse(JSON.parse(json.toString('utf8'))),
    ),
    fileDigest: tail.subarray(digestAt + SUM),
  }
}
