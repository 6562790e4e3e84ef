/** Writes a rehearsal's backup file page by page, in bounded memory. */
import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { deflateRaw } from 'node:zlib'
import { BackupCipher, newSecret } from './backup-crypto.ts'
import type { Wrapper } from './backup-crypto.ts'
import {
  CHUNK_TARGET,
  encodeFacts,
  encodePreamble,
  LAST_CHUNK,
  MAX_FACTS,
  MAX_PAGE,
  MAX_TRAILER_FACTS,
  sha256,
  u32,
  type BackupAlgorithm,
  type BackupHeader,
  type BackupSizes,
} from './backup-layout.ts'
import { openSink, type BackupPlace, type BackupSink } from './media.ts'

const deflate = promisify(deflateRaw)

export interface BackupContents {
  /** HEADERONLY facts that are known before the first page. */
  header: BackupHeader
  fileList: BackupHeader[]
}

export interface BackupEncryption {
  algorithm: BackupAlgorithm
  thumbprint: Buffer
  encryptorType: string
  publicKey: Wrapper
}

export interface BackupOptions {
  checksum: boolean
  compression: boolean
  /** Only handed on to `onBytes`. */
  totalBytes: number
  /** Awaited after each chunk with the page bytes written so far. */
  onBytes?: (done: number, total: number) => Promise<void>
  signal?: AbortSignal
  /** Bytes that the simulated disk has left; more throws an Error with code ENOSPC. */
  limitBytes?: number
  /** HEADERONLY facts known only at the end (sizes, finish date); readBackupHeader lays them over `header`. At most 16 KB. */
  finish?: (sizes: BackupSizes) => BackupHeader
}

/** One file of a media set, on this machine or elsewhere. */
export interface BackupTarget {
  path: BackupPlace
  contents: BackupContents
  limitBytes?: number
}

/**
 * Creates `path` (EEXIST when it is there) and lets it grow under that name. When the pages, the signal or the disk
 * end it early, the error passes through, the file stays as it is, and every reader calls it damaged. `header` and
 * `fileList` together hold at most 64 KB as JSON, a page at most 1 MB (RangeError, before the file is made or at the page).
 */
export function createBackupFile(
  path: string,
  contents: BackupContents,
  pages: AsyncIterable<Buffer>,
  encryption: BackupEncryption | null,
  opts: BackupOptions,
): Promise<BackupSizes> {
  return createBackupFiles([{ path, contents }], pages, encryption, opts)
}

/**
 * The same as a striped media set: page by page in turn, each file whole by itself and needed for the others. Sizes
 * are those of all files together.
 */
export async function createBackupFiles(
  targets: readonly BackupTarget[],
  pages: AsyncIterable<Buffer>,
  encryption: BackupEncryption | null,
  opts: BackupOptions,
): Promise<BackupSizes> {
  opts.signal?.throwIfAborted()
  const preambles = await Promise.all(
    targets.map((target) => preparePreamble(target.contents, encryption, opts)),
  )
  const sinks: BackupSink[] = []
  try {
    for (const { path } of targets) sinks.push(await openSink(path))
    const progress = { done: 0 }
    const writers = targets.map(
      (target, i) =>
        new BackupWriter(sinks[i] as BackupSink, preambles[i]?.cipher ?? null, progress, {
          ...opts,
          ...(target.limitBytes === undefined ? {} : { limitBytes: target.limitBytes }),
        }),
    )
    for (const [i, writer] of writers.entries()) await writer.append(preambles[i]?.bytes ?? Buffer.alloc(0))
    let turn = 0
    for await (const page of pages) {
      opts.signal?.throwIfAborted()
      await (writers[turn] as BackupWriter).page(page)
      turn = (turn + 1) % writers.length
    }
    for (const writer of writers) await writer.flushLast()
    const total = writers.reduce(
      (sum, { sizes }) => ({
        bytes: sum.bytes + sizes.bytes,
        compressedBytes: sum.compressedBytes + sizes.compressedBytes,
      }),
      { bytes: 0, compressedBytes: 0 },
    )
    for (const writer of writers) await writer.finish(total)
    for (const sink of sinks) await sink.commit()
    return total
  } finally {
    for (const sink of sinks) await sink.close()
  }
}

async function preparePreamble(
  contents: BackupContents,
  encryption: BackupEncryption | null,
  opts: BackupOptions,
): Promise<{ bytes: Buffer; cipher: BackupCipher | null }> {
  const shown = encryption && {
    algorithm: encryption.algorithm,
    thumbprint: encryption.thumbprint.toString('hex'),
    encryptorType: encryption.encryptorType,
  }
  const facts = encodeFacts(
    {
      header: contents.header,
      fileList: contents.fileList,
      encryption: shown,
      checksum: opts.checksum,
      compression: opts.compression,
    },
    MAX_FACTS,
  )
  const key = encryption && (await newSecret(encryption.publicKey))
  const cipher = encryption && key ? new BackupCipher(encryption.algorithm, key.secret) : null
  const body = encodePreamble(facts, key?.wrapped ?? Buffer.alloc(0))
  const mac = cipher?.mac('preamble', 0, body) ?? Buffer.alloc(0)
  return { bytes: Buffer.concat([body, mac, sha256(body, mac)]), cipher }
}

class BackupWriter {
  readonly #sink: BackupSink
  readonly #cipher: BackupCipher | null
  readonly #opts: BackupOptions
  /** Page bytes that all files of the set have so far. */
  readonly #progress: { done: number }
  readonly #digest = createHash('sha256')
  #pending: Buffer[] = []
  #pendingBytes = 0
  #chunks = 0
  #pageBytes = 0
  #fileBytes = 0

  constructor(
    sink: BackupSink,
    cipher: BackupCipher | null,
    progress: { done: number },
    opts: BackupOptions,
  ) {
    this.#progress = progress
    this.#sink = sink
    this.#cipher = cipher
    this.#opts = opts
  }

  async append(bytes: Buffer): Promise<void> {
    if (this.#fileBytes + bytes.length > (this.#opts.limitBytes ?? Infinity)) {
      throw Object.assign(new Error('There is not enough space on the disk.'), { code: 'ENOSPC' })
    }
    await this.#sink.append(bytes)
    this.#digest.update(bytes)
    this.#fileBytes += bytes.length
  }

  async page(page: Buffer): Promise<void> {
    if (page.length > MAX_PAGE) throw new RangeError(`A page of ${page.length} bytes is above ${MAX_PAGE}.`)
    if (this.#pendingBytes > 0 && this.#pendingBytes + 4 + page.length > CHUNK_TARGET)
      await this.#flush(false)
    // A copy, since the producer may use its buffer again before the chunk is full.
    this.#pending.push(u32(page.length), Buffer.from(page))
    this.#pendingBytes += 4 + page.length
    this.#pageBytes += page.length
    this.#progress.done += page.length
  }

  get sizes(): BackupSizes {
    return { bytes: this.#pageBytes, compressedBytes: this.#fileBytes }
  }

  async flushLast(): Promise<void> {
    await this.#flush(true)
  }

  /** `total`: sizes of the whole set. */
  async finish(total: BackupSizes): Promise<void> {
    const { sizes } = this
    const finished = this.#opts.finish?.(total) ?? {}
    const facts = encodeFacts({ ...sizes, chunks: this.#chunks, finished }, MAX_TRAILER_FACTS)
    const signed = Buffer.concat([facts, u32(facts.length)])
    const mac = this.#cipher?.mac('trailer', this.#chunks, signed) ?? Buffer.alloc(0)
    const trailer = Buffer.concat([signed, mac, sha256(signed, mac)])
    const fileDigest = this.#digest.copy().update(trailer).digest()
    await this.append(Buffer.concat([trailer, fileDigest]))
  }

  async #flush(last: boolean): Promise<void> {
    this.#opts.signal?.throwIfAborted()
    const clear = Buffer.concat(this.#pending)
    this.#pending = []
    this.#pendingBytes = 0
    const packed = this.#opts.compression ? await deflate(clear) : clear
    const body = this.#cipher?.encrypt(packed) ?? packed
    const mark = u32(last ? (LAST_CHUNK | body.length) >>> 0 : body.length)
    await this.append(Buffer.concat([mark, body, this.#sum(mark, body)]))
    this.#chunks++
    await this.#opts.onBytes?.(this.#progress.done, this.#opts.totalBytes)
    this.#opts.signal?.throwIfAborted()
  }

  #sum(mark: Buffer, body: Buffer): Buffer {
    if (this.#cipher) return this.#cipher.mac('chunk', this.#chunks, mark, body)
    return this.#opts.checksum ? sha256(Buffer.from(`chunk ${this.#chunks}\n`), mark, body) : Buffer.alloc(0)
  }
}
