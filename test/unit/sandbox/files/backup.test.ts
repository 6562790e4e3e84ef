import { spawn } from 'node:child_process'
import { createHash, createPublicKey, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  createBackupFile,
  readBackupHeader,
  readBackupPages,
  type BackupAlgorithm,
  type BackupOptions,
} from '../../../../sandbox/sqlserver/files/index.ts'
import { flips, oneBit, refusalOf, rsaKey, truncations } from './samples.ts'

const ALGORITHMS: (BackupAlgorithm | null)[] = ['AES_128', 'AES_192', 'AES_256', 'TRIPLE_DES_3KEY', null]
const PAGE = 8192
const thumbprint = Buffer.alloc(20, 0xab)
const contents = {
  header: { DatabaseName: 'Größe', BackupType: 1, IsCopyOnly: true, ExpirationDate: null },
  fileList: [
    { LogicalName: 'data', Size: 123 },
    { LogicalName: 'log', Size: 4.5 },
  ],
}

let folder: string
let path: string
let key: KeyObject
let files = 0

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ktr-backup-'))
  key = await rsaKey(1024)
})
beforeEach(() => {
  path = join(folder, `${files++}.bak`)
})
afterAll(() => rm(folder, { recursive: true }))

const to = (algorithm: BackupAlgorithm | null) =>
  algorithm && { algorithm, thumbprint, encryptorType: 'CERTIFICATE', publicKey: createPublicKey(key) }

async function* pagesOf(...pages: Buffer[]): AsyncGenerator<Buffer> {
  for (const page of pages) yield await Promise.resolve(page)
}

const textPages = (count: number): Buffer[] =>
  Array.from({ length: count }, (_, i) => Buffer.alloc(PAGE, `page ${i} holds plain text of a customer. `))

async function write(algorithm: BackupAlgorithm | null, pages: Buffer[], more: Partial<BackupOptions> = {}) {
  const totalBytes = pages.reduce((sum, page) => sum + page.length, 0)
  const options = { checksum: false, compression: false, totalBytes, ...more }
  return createBackupFile(path, contents, pagesOf(...pages), to(algorithm), options)
}

async function readAll(file = path, keyFor = () => key as KeyObject | null): Promise<Buffer[]> {
  const pages: Buffer[] = []
  for await (const page of readBackupPages(file, keyFor)) pages.push(page)
  return pages
}

/** What somebody without the key can mend: the plain digest of the whole file. */
function resealed(bytes: Buffer): Buffer {
  const content = bytes.subarray(0, bytes.length - 32)
  return Buffer.concat([content, createHash('sha256').update(content).digest()])
}

/** Where the preamble ends: after first line, facts, wrapped secret, MAC and digest. */
function preambleEnd(bytes: Buffer): { factsAt: number; bodyEnd: number; end: number } {
  const factsAt = bytes.indexOf('\n') + 5
  const wrappedAt = factsAt + bytes.readUInt32LE(factsAt - 4) + 2
  const wrapped = bytes.readUInt16LE(wrappedAt - 2)
  const bodyEnd = wrappedAt + wrapped
  return { factsAt, bodyEnd, end: bodyEnd + (wrapped > 0 ? 64 : 32) }
}

describe.each(ALGORITHMS)('backup with encryption %s', (algorithm) => {
  it.each([
    [true, true],
    [true, false],
    [false, true],
    [false, false],
  ])('gives its pages back (checksum %s, compression %s)', async (checksum, compression) => {
    const pages = [...textPages(20), Buffer.alloc(0), Buffer.from('short'), Buffer.alloc(1024 * 1024, 7)]
    const sizes = await write(algorithm, pages, { checksum, compression })
    const size = (await stat(path)).size
    expect(sizes.bytes).toBe(20 * PAGE + 5 + 1024 * 1024)
    expect(sizes.compressedBytes).toBeLessThan(size)
    expect(sizes.compressedBytes < sizes.bytes / 20).toBe(compression)
    const read = await readAll()
    expect(read.map((page) => page.length)).toEqual(pages.map((page) => page.length))
    expect(Buffer.concat(read).equals(Buffer.concat(pages))).toBe(true)
    const facts = await readBackupHeader(path)
    expect(facts).toEqual({
      ...contents,
      encryption: algorithm && { algorithm, thumbprint, encryptorType: 'CERTIFICATE' },
      checksum,
      compression,
      sizes,
    })
  })

  it('notices chunks that were exchanged or left out', async () => {
    const [a, b, c] = [Buffer.alloc(60_000, 1), Buffer.alloc(60_000, 2), Buffer.alloc(60_000, 3)]
    await write(algorithm, [a, b, c], { checksum: true })
    const whole = await readFile(path)
    const { end } = preambleEnd(whole)
    const length = 4 + whole.readUInt32LE(end) + 32
    const [head, one, two] = [
      whole.subarray(0, end),
      whole.subarray(end, end + length),
      whole.subarray(end + length),
    ]
    for (const parts of [
      [head, two.subarray(0, length), one, two.subarray(length)],
      [head, two],
      [head, one, one, two],
    ]) {
      await writeFile(path, resealed(Buffer.concat(parts)))
      expect(await refusalOf(readAll)).toBe('damaged')
    }
  })
})

describe.each([
  { algorithm: 'AES_256' as const, checksum: false, compression: false },
  { algorithm: null, checksum: true, compression: true },
  { algorithm: null, checksum: false, compression: false },
])('a backup of $algorithm, checksum $checksum', ({ algorithm, ...options }) => {
  it('finds a flipped bit in every byte, and in both ends without the key', async () => {
    await write(algorithm, [Buffer.alloc(40, 1), Buffer.alloc(24, 2)], options)
    const whole = await readFile(path)
    const { end } = preambleEnd(whole)
    const trailerAt = (await readBackupHeader(path)).sizes.compressedBytes
    let at = 0
    for (const changed of flips(whole, oneBit)) {
      await writeFile(path, changed)
      expect(['damaged', 'format']).toContain(await refusalOf(readAll))
      const inFacts = at < end || (at >= trailerAt && at < whole.length - 32)
      if (inFacts) expect(['damaged', 'format']).toContain(await refusalOf(() => readBackupHeader(path)))
      at++
    }
  })

  it('reads as damaged when cut at any length, or with bytes at the end', async () => {
    await write(algorithm, [Buffer.alloc(40, 1), Buffer.alloc(24, 2)], options)
    const whole = await readFile(path)
    for (const cut of [...truncations(whole), Buffer.concat([whole, Buffer.alloc(1)])]) {
      await writeFile(path, cut)
      expect(await refusalOf(readAll)).toBe('damaged')
      expect(await refusalOf(() => readBackupHeader(path))).toBe('damaged')
    }
  })
})

describe('an encrypted backup', () => {
  it('shows no page text and near-random bytes after its header', async () => {
    await write('AES_256', textPages(128))
    const bytes = await readFile(path)
    expect(bytes.subarray(0, bytes.indexOf('\n')).toString()).toBe(
      'Keyturn rehearsal format 1, database backup. This is not a file of Microsoft SQL Server.',
    )
    expect(bytes.includes('plain text')).toBe(false)
    expect(entropy(bytes.subarray(preambleEnd(bytes).end))).toBeGreaterThan(7.999)
  })

  it('encrypts the same pages differently each time', async () => {
    await write('AES_256', textPages(1))
    const first = await readFile(path)
    await rm(path)
    await write('AES_256', textPages(1))
    const { end } = preambleEnd(first)
    expect((await readFile(path)).subarray(end + 4, end + 40)).not.toEqual(first.subarray(end + 4, end + 40))
  })

  it('asks for the key by thumbprint and says when it is missing', async () => {
    await write('AES_128', textPages(1))
    const asked: Buffer[] = []
    const finder = (wanted: Buffer) => (asked.push(wanted), null)
    expect(await refusalOf(() => readBackupPages(path, finder).next())).toBe('missing-key')
    expect(asked).toEqual([thumbprint])
    const other = await rsaKey(1024)
    expect(await refusalOf(() => readAll(path, () => other))).toBe('damaged')
  })

  it('shows a header that was rewritten together with its digest', async () => {
    await write('AES_128', textPages(1))
    const bytes = await readFile(path)
    const { factsAt, bodyEnd, end } = preambleEnd(bytes)
    bytes.write('BackupTypf', bytes.indexOf('BackupType', factsAt))
    createHash('sha256')
      .update(bytes.subarray(0, bodyEnd + 32))
      .digest()
      .copy(bytes, end - 32)
    await writeFile(path, resealed(bytes))
    expect((await readBackupHeader(path)).header).toHaveProperty('BackupTypf')
    expect(await refusalOf(readAll)).toBe('damaged')
  })

  it('shows facts at its end that were rewritten together with their digests', async () => {
    await write('AES_128', textPages(1), { finish: () => ({ BackupFinishDate: '2026-01-02' }) })
    const bytes = await readFile(path)
    const trailerAt = (await readBackupHeader(path)).sizes.compressedBytes
    bytes.write('2027', bytes.indexOf('2026', trailerAt))
    const digest = createHash('sha256')
      .update(bytes.subarray(trailerAt, bytes.length - 64))
      .digest()
    digest.copy(bytes, bytes.length - 64)
    await writeFile(path, resealed(bytes))
    expect((await readBackupHeader(path)).header).toMatchObject({ BackupFinishDate: '2027-01-02' })
    expect(await refusalOf(readAll)).toBe('damaged')
  })

  it('gives out no page of a chunk that was changed', async () => {
    await write('AES_256', textPages(2))
    const bytes = await readFile(path)
    const at = preambleEnd(bytes).end + 100
    bytes[at] = (bytes[at] ?? 0) ^ 1
    await writeFile(path, bytes)
    expect(await refusalOf(() => readBackupPages(path, () => key).next())).toBe('damaged')
  })

  it('is not made to a key below 1024 bits', async () => {
    const small = createPublicKey(await rsaKey(512))
    const target = {
      algorithm: 'AES_128' as const,
      thumbprint,
      encryptorType: 'CERTIFICATE',
      publicKey: small,
    }
    const options = { checksum: false, compression: false, totalBytes: 0 }
    await expect(createBackupFile(path, contents, pagesOf(), target, options)).rejects.toThrow(RangeError)
    await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

describe('writing a backup', () => {
  it('never writes over a file', async () => {
    await writeFile(path, 'kept')
    await expect(write(null, [])).rejects.toMatchObject({ code: 'EEXIST' })
    expect(await readFile(path, 'utf8')).toBe('kept')
  })

  it('adds facts that are known only at the end', async () => {
    const finish = (sizes: { bytes: number }) => ({ BackupSize: sizes.bytes, BackupType: 5 })
    await write(null, textPages(3), { finish })
    expect((await readBackupHeader(path)).header).toEqual({
      ...contents.header,
      BackupType: 5,
      BackupSize: 3 * PAGE,
    })
  })

  it('reports progress up to the total', async () => {
    const seen: [number, number][] = []
    await write(null, textPages(40), { onBytes: async (done, total) => void seen.push([done, total]) })
    expect(seen.length).toBeGreaterThan(4)
    expect(seen.at(-1)).toEqual([40 * PAGE, 40 * PAGE])
    expect(seen.map(([done]) => done)).toEqual(seen.map(([done]) => done).toSorted((a, b) => a - b))
  })

  it('grows with its pages, keeping little back', async () => {
    const pages = textPages(100)
    async function* watched() {
      for (const [index, page] of pages.entries()) {
        const written = (await stat(path)).size
        expect(index * PAGE - written).toBeLessThan(128 * 1024)
        yield page
      }
    }
    const options = { checksum: true, compression: false, totalBytes: 0 }
    await createBackupFile(path, contents, watched(), null, options)
    expect(await readAll()).toEqual(pages)
  })

  it('keeps a page although the producer uses its buffer again', async () => {
    const buffer = Buffer.alloc(8)
    async function* reusing() {
      for (const value of [1, 2]) {
        await Promise.resolve()
        yield buffer.fill(value)
      }
    }
    await createBackupFile(path, contents, reusing(), null, {
      checksum: true,
      compression: false,
      totalBytes: 16,
    })
    expect(await readAll()).toEqual([Buffer.alloc(8, 1), Buffer.alloc(8, 2)])
  })

  it('leaves a damaged file when it is aborted, when the disk is full, or when its source fails', async () => {
    const stop = new AbortController()
    const reason = new Error('stopped by the operator')
    const abort = async () => stop.abort(reason)
    await expect(write(null, textPages(40), { signal: stop.signal, onBytes: abort })).rejects.toBe(reason)
    expect((await stat(path)).size).toBeGreaterThan(PAGE)
    expect(await refusalOf(readAll)).toBe('damaged')
    expect(await refusalOf(() => readBackupHeader(path))).toBe('damaged')

    await rm(path)
    await expect(write('AES_256', textPages(40), { limitBytes: 100_000 })).rejects.toMatchObject({
      code: 'ENOSPC',
    })
    expect((await stat(path)).size).toBeLessThanOrEqual(100_000)
    expect(await refusalOf(readAll)).toBe('damaged')

    await rm(path)
    const failing = (async function* () {
      yield* pagesOf(...textPages(20))
      throw reason
    })()
    const options = { checksum: true, compression: false, totalBytes: 0 }
    await expect(createBackupFile(path, contents, failing, null, options)).rejects.toBe(reason)
    expect(await refusalOf(readAll)).toBe('damaged')
  })

  it('leaves a damaged file when its process is killed', async () => {
    const module = fileURLToPath(new URL('../../../../sandbox/sqlserver/files/index.ts', import.meta.url))
    const program = `
      import { createBackupFile } from ${JSON.stringify(module)}
      async function* pages() { for (;;) yield Buffer.alloc(8192, 1) }
      const onBytes = async (done) => { if (done > 200_000) { process.stdout.write('x'); await new Promise((ready) => setInterval(ready, 1e6)) } }
      await createBackupFile(${JSON.stringify(path)}, { header: {}, fileList: [] }, pages(), null,
        { checksum: true, compression: false, totalBytes: 0, onBytes })`
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect((await stat(path)).size).toBeGreaterThan(200_000)
    expect(await refusalOf(readAll)).toBe('damaged')
    expect(await refusalOf(() => readBackupHeader(path))).toBe('damaged')
  })

  it('refuses facts above 64 KB, numbers that JSON cannot hold, and pages above 1 MB', async () => {
    const options = { checksum: false, compression: false, totalBytes: 0 }
    const long = { header: { a: 'x'.repeat(64 * 1024) }, fileList: [] }
    const infinite = { header: { a: Infinity }, fileList: [] }
    for (const facts of [long, infinite]) {
      await expect(createBackupFile(path, facts, pagesOf(), null, options)).rejects.toThrow(RangeError)
    }
    await expect(write(null, [Buffer.alloc(1024 * 1024 + 1)])).rejects.toThrow(RangeError)
  })
})

describe('reading a backup', () => {
  it('refuses noise, alone and behind a well-formed header', async () => {
    await write(null, [Buffer.alloc(40, 1)], { compression: true })
    const head = (await readFile(path)).subarray(0, preambleEnd(await readFile(path)).end)
    const line = head.subarray(0, head.indexOf('\n') + 1)
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom(Buffer.alloc(0), line, head),
        async (noise, before) => {
          await writeFile(path, Buffer.concat([before, noise]))
          await refusalOf(readAll)
          await refusalOf(() => readBackupHeader(path))
        },
      ),
      { numRuns: 300 },
    )
  })

  it('lets errors of the file system through', async () => {
    await expect(readBackupHeader(path)).rejects.toMatchObject({ code: 'ENOENT' })
    await expect(readAll()).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('closes the file when the reader stops early', async () => {
    await write(null, textPages(40))
    for await (const page of readBackupPages(path, () => null)) {
      expect(page).toHaveLength(PAGE)
      break
    }
    expect(await readAll()).toHaveLength(40)
  })
})

/** Shannon entropy in bits per byte. */
function entropy(bytes: Buffer): number {
  const counts = new Array<number>(256).fill(0)
  for (const byte of bytes) counts[byte] = (counts[byte] ?? 0) + 1
  return counts.reduce(
    (sum, n) => (n === 0 ? sum : sum - (n / bytes.length) * Math.log2(n / bytes.length)),
    0,
  )
}
