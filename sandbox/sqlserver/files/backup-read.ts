/** Reads a rehearsal's backup file: its facts without any key, its pages with the key. */
import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { inflateRaw } from 'node:zlib'
import { BackupCipher, openSecret } from './backup-crypto.ts'
import type { Unwrapper } from './backup-crypto.ts'
import {
  decodeFacts,
  decodeTrailer,
  FIRST_LINE,
  LAST_CHUNK,
  MAX_CLEAR_BODY,
  MAX_FACTS,
  MAX_PAGE,
  MAX_STORED_BODY,
  MAX_TRAILER_FACTS,
  MAX_WRAPPED,
  sha256,
  SUM,
  trailerOverhead,
  type BackupAlgorithm,
  type BackupFacts,
  type BackupHeader,
  type BackupSizes,
} from './backup-layout.ts'
import { FileFormatError, refuse } from './errors.ts'
import { openBytes, type BackupBytes, type BackupOrigin } from './media.ts'

const inflate = promisify(inflateRaw)

export interface BackupFileFacts {
  header: BackupHeader
  fileList: BackupHeader[]
  encryption: null | { algorithm: BackupAlgorithm; thumbprint: Buffer; encryptorType: string }
  checksum: boolean
  compression: boolean
  sizes: BackupSizes
}

export type KeyFinder = (thumbprint: Buffer) => Unwrapper | null | Promise<Unwrapper | null>

/**
 * What HEADERONLY and FILELISTONLY show; needs no key. Checks the digests of both ends of the file, not its pages,
 * and not that the ends were written by the holder of the key. Throws FileFormatError `format` or `damaged`; errors
 * of the file system pass through.
 */
export async function readBackupHeader(path: BackupOrigin): Promise<BackupFileFacts> {
  const source = await BackupSource.open(path)
  try {
    const { facts } = await readPreamble(source)
    const encrypted = facts.encryption !== null
    const tail = await source.tail(MAX_TRAILER_FACTS + trailerOverhead(encrypted))
    const { facts: end } = decodeTrailer(tail, encrypted, false)
    return {
      header: { ...facts.header, ...end.finished },
      fileList: facts.fileList,
      encryption: facts.encryption && {
        ...facts.encryption,
        thumbprint: Buffer.from(facts.encryption.thumbprint, 'hex'),
      },
      checksum: facts.checksum,
      compression: facts.compression,
      sizes: { bytes: end.bytes, compressedBytes: end.compressedBytes },
    }
  } finally {
    await source.close()
  }
}

/**
 * The pages as they were written. A page of an encrypted file is given out only after its chunk was authenticated;
 * of a clear file without checksum only the end of the iteration shows that every byte is unchanged. Throws
 * FileFormatError `missing-key` (keyFor gave null), `damaged`, `format`; errors of the file system pass through.
 */
export async function* readBackupPages(
  path: BackupOrigin,
  keyFor: KeyFinder,
): AsyncGenerator<Buffer, void, undefined> {
  const source = await BackupSource.open(path)
  try {
    const preamble = await readPreamble(source)
    const { facts } = preamble
    const cipher = await openCipher(preamble, keyFor)
    let pageBytes = 0
    let chunks = 0
    for (let last = false; !last; chunks++) {
      const chunk = await readChunk(source, chunks, cipher, facts.checksum)
      last = chunk.last
      for (const page of splitPages(facts.compression ? await expand(chunk.clear) : chunk.clear)) {
        pageBytes += page.length
        yield page
      }
    }
    await checkEnd(source, cipher, { bytes: pageBytes, compressedBytes: source.position }, chunks)
  } finally {
    await source.close()
  }
}

/**
 * Pages of a striped media set, all files in the order of their families. Damage to any of them, and a file of another
 * set among them, is `damaged`.
 */
export async function* readStripedPages(
  paths: readonly BackupOrigin[],
  keyFor: KeyFinder,
): AsyncGenerator<Buffer, void, undefined> {
  const stripes = paths.map((path) => readBackupPages(path, keyFor))
  try {
    let ended = false
    while (!ended) {
      for (const stripe of stripes) {
        const next = await stripe.next()
        // Pages were dealt out in turn: behind the first stripe that has none, none has.
        if (next.done !== true && ended) throw tornApart()
        if (next.done === true) ended = true
        else yield next.value
      }
    }
    for (const stripe of stripes) if ((await stripe.next()).done !== true) throw tornApart()
  } finally {
    for (const stripe of stripes) await stripe.return()
  }
}

const tornApart = (): FileFormatError =>
  new FileFormatError('damaged', 'The stripes of the backup do not belong together.')

interface Preamble {
  facts: BackupFacts
  body: Buffer
  wrapped: Buffer
  mac: Buffer
}

async function readPreamble(source: BackupSource): Promise<Preamble> {
  const line = await source.take(Math.min(FIRST_LINE.length, source.left))
  if (!line.equals(FIRST_LINE.subarray(0, line.length))) refuse('format', 'Not a backup file of a rehearsal.')
  if (line.length < FIRST_LINE.length) refuse('damaged', 'The backup ends too early.')
  const factsLength = await source.take(4)
  const json = await source.take(capped(factsLength.readUInt32LE(), MAX_FACTS))
  const wrappedLength = await source.take(2)
  const wrapped = await source.take(capped(wrappedLength.readUInt16LE(), MAX_WRAPPED))
  const body = Buffer.concat([line, factsLength, json, wrappedLength, wrapped])
  const mac = await source.take(wrapped.length > 0 ? SUM : 0)
  if (!sha256(body, mac).equals(await source.take(SUM))) {
    refuse('damaged', 'The header of the backup does not fit its check sum.')
  }
  const facts = decodeFacts(json)
  if ((facts.encryption !== null) !== wrapped.length > 0) {
    refuse('damaged', 'The header of the backup contradicts itself about encryption.')
  }
  return { facts, body, wrapped, mac }
}

async function openCipher(preamble: Preamble, keyFor: KeyFinder): Promise<BackupCipher | null> {
  const { encryption } = preamble.facts
  if (encryption === null) return null
  const key = await keyFor(Buffer.from(encryption.thumbprint, 'hex'))
  if (key === null) refuse('missing-key', 'The key that the backup was encrypted with is not here.')
  const cipher = new BackupCipher(encryption.algorithm, await openSecret(preamble.wrapped, key))
  cipher.check(preamble.mac, 'preamble', 0, preamble.body)
  return cipher
}

async function readChunk(
  source: BackupSource,
  index: number,
  cipher: BackupCipher | null,
  checksum: boolean,
): Promise<{ last: boolean; clear: Buffer }> {
  const mark = await source.take(4)
  const value = mark.readUInt32LE()
  const last = value >= LAST_CHUNK
  const body = await source.take(capped(last ? value - LAST_CHUNK : value, MAX_STORED_BODY))
  const sum = await source.take(cipher !== null || checksum ? SUM : 0)
  if (cipher !== null) {
    cipher.check(sum, 'chunk', index, mark, body)
    return { last, clear: cipher.decrypt(body) }
  }
  if (checksum && !sha256(Buffer.from(`chunk ${index}\n`), mark, body).equals(sum)) {
    refuse('damaged', 'A part of the backup does not fit its check sum.')
  }
  return { last, clear: body }
}

async function expand(packed: Buffer): Promise<Buffer> {
  try {
    return await inflate(packed, { maxOutputLength: MAX_CLEAR_BODY })
  } catch {
    throw new FileFormatError('damaged', 'A part of the backup does not decompress.')
  }
}

function splitPages(clear: Buffer): Buffer[] {
  const pages: Buffer[] = []
  let at = 0
  while (at < clear.length) {
    const length = clear.length - at >= 4 ? clear.readUInt32LE(at) : MAX_PAGE + 1
    at += 4 + length
    if (length > MAX_PAGE || at > clear.length)
      refuse('damaged', 'A page of the backup has an impossible length.')
    pages.push(clear.subarray(at - length, at))
  }
  return pages
}

async function checkEnd(
  source: BackupSource,
  cipher: BackupCipher | null,
  sizes: BackupSizes,
  chunks: number,
): Promise<void> {
  const length = capped(source.left, MAX_TRAILER_FACTS + trailerOverhead(cipher !== null))
  const tail = await source.take(Math.max(0, length - SUM))
  const digest = source.digest()
  const trailer = decodeTrailer(Buffer.concat([tail, await source.take(source.left)]), cipher !== null, true)
  cipher?.check(trailer.mac, 'trailer', chunks, trailer.signed)
  const { facts } = trailer
  const counted =
    facts.bytes === sizes.bytes && facts.compressedBytes === sizes.compressedBytes && facts.chunks === chunks
  if (!counted || !digest.equals(trailer.fileDigest)) {
    refuse('damaged', 'The backup does not fit the sizes or the digest at its end.')
  }
}

function capped(length: number, limit: number): number {
  if (length > limit) refuse('damaged', 'A length in the backup is above what the format allows.')
  return length
}

/** A file read forward once, with a digest of what was read; never asks for more than is there. */
class BackupSource {
  readonly #bytes: BackupBytes
  readonly #hash = createHash('sha256')
  #at = 0

  private constructor(bytes: BackupBytes) {
    this.#bytes = bytes
  }

  static async open(path: BackupOrigin): Promise<BackupSource> {
    return new BackupSource(await openBytes(path))
  }

  get position(): number {
    return this.#at
  }

  get left(): number {
    return this.#bytes.size - this.#at
  }

  async take(length: number): Promise<Buffer> {
    if (length > this.left) refuse('damaged', 'The backup ends too early.')
    const bytes = await this.#readAt(this.#at, length)
    this.#hash.update(bytes)
    this.#at += length
    return bytes
  }

  /** Up to `limit` bytes at the end of the file, but none that was taken already. */
  tail(limit: number): Promise<Buffer> {
    const length = Math.min(limit, this.left)
    return this.#readAt(this.#bytes.size - length, length)
  }

  /** SHA-256 of everything taken so far. */
  digest(): Buffer {
    return this.#hash.copy().digest()
  }

  close(): Promise<void> {
    return this.#bytes.close()
  }

  async #readAt(position: number, length: number): Promise<Buffer> {
    const bytes = await this.#bytes.read(position, length)
    if (bytes.length < length) refuse('damaged', 'The backup became shorter while it was read.')
    return bytes
  }
}
