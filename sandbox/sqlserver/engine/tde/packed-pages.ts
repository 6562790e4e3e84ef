import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { DatabaseRecord } from '../../state/model.ts'
import type { Instance } from '../instance.ts'
import { PAGE_SIZE, pageGeneration } from '../pages.ts'
import { PAGE_CIPHERS, openPage, sealPage } from './page-crypto.ts'
import type { PageKey } from './page-crypto.ts'

/**
 * A compressed backup of an encrypted database: encrypted pages do not shrink, so they are decrypted, compressed and
 * encrypted again under the same database encryption key. What a reader gets back is what was on disk, byte by byte.
 * Layout (ours): generation of the key ∥ IV ∥ encrypted, deflated (u32 length of prefix ∥ prefix ∥ u16 file ∥ u32 first
 * page ∥ u32 pages ∥ u32 generation of each ∥ pages in clear).
 */
export interface Packing {
  /** `prefix` comes back before the pages; they are whole, of one file and in order from `first` on. */
  pack(prefix: Buffer, pages: Buffer, fileId: number, first: number): Buffer
}

/** Transfer size up to which no version decrypts pages in order to compress them. */
const SMALL_TRANSFER = 65_536
/** From 2019 on (CU5, which every build here has) the transfer size is raised where compression needs it. */
const RAISES_BY_ITSELF = 15

/** Null: pages go into the backup as they are on disk. */
export function packingOf(
  instance: Instance,
  database: DatabaseRecord,
  { compressed, maxTransferSize }: { compressed: boolean; maxTransferSize: number | undefined },
): Packing | null {
  const record = instance.store.encryptionKeys.get(database.id)
  const large = instance.majorVersion >= RAISES_BY_ITSELF || (maxTransferSize ?? 0) > SMALL_TRANSFER
  if (record === undefined || record.state === 1 || !compressed || !large) return null
  const keys = instance.openKeys.of(database.databaseId)
  const under = keys.find(({ generation }) => generation === record.current.generation)
  if (under === undefined) throw new Error('the database encryption key is not open')
  return { pack: (prefix, pages, fileId, first) => pack(keys, under, prefix, pages, fileId, first) }
}

const IV_BYTES = 16

function pack(
  keys: readonly PageKey[],
  under: PageKey,
  prefix: Buffer,
  pages: Buffer,
  fileId: number,
  first: number,
): Buffer {
  const count = pages.length / PAGE_SIZE
  const clear = Buffer.from(pages)
  const head = Buffer.alloc(4 + 2 + 4 + 4 + 4 * count)
  head.writeUInt32LE(prefix.length, 0)
  head.writeUInt16LE(fileId, 4)
  head.writeUInt32LE(first, 6)
  head.writeUInt32LE(count, 10)
  for (let i = 0; i < count; i += 1) {
    const page = clear.subarray(i * PAGE_SIZE, (i + 1) * PAGE_SIZE)
    head.writeUInt32LE(pageGeneration(page), 14 + 4 * i)
    if (openPage(page, fileId, first + i, keys) === undefined)
      throw new Error(`page ${first + i} is under a key that is not open`)
  }
  const iv = randomBytes(IV_BYTES)
  const { name, iv: ivLength } = PAGE_CIPHERS[under.algorithm]
  const cipher = createCipheriv(name, under.key, iv.subarray(0, ivLength))
  const generation = Buffer.alloc(4)
  generation.writeUInt32LE(under.generation)
  return Buffer.concat([
    generation,
    iv,
    cipher.update(deflateRawSync(Buffer.concat([head, prefix, clear]))),
    cipher.final(),
  ])
}

/** The prefix and the pages as they were on disk; undefined: it is damaged, or under none of these keys. */
export function unpack(packed: Buffer, keys: readonly PageKey[], longest: number): Buffer | undefined {
  if (packed.length < 4 + IV_BYTES) return undefined
  const under = keys.find(({ generation }) => generation === packed.readUInt32LE(0))
  if (under === undefined) return undefined
  const { name, iv } = PAGE_CIPHERS[under.algorithm]
  const decipher = createDecipheriv(name, under.key, packed.subarray(4, 4 + iv))
  try {
    const deflated = Buffer.concat([decipher.update(packed.subarray(4 + IV_BYTES)), decipher.final()])
    return sealedAgain(inflateRawSync(deflated, { maxOutputLength: longest }), keys)
  } catch {
    // Padding, deflate and lengths all say the same: these are not the bytes that were written.
    return undefined
  }
}

function sealedAgain(plain: Buffer, keys: readonly PageKey[]): Buffer | undefined {
  const [prefixLength, fileId] = [plain.readUInt32LE(0), plain.readUInt16LE(4)]
  const [first, count] = [plain.readUInt32LE(6), plain.readUInt32LE(10)]
  const prefixAt = 14 + 4 * count
  const pagesAt = prefixAt + prefixLength
  if (plain.length !== pagesAt + count * PAGE_SIZE) return undefined
  for (let i = 0; i < count; i += 1) {
    const generation = plain.readUInt32LE(14 + 4 * i)
    if (generation === 0) continue
    const key = keys.find((one) => one.generation === generation)
    if (key === undefined) return undefined
    const at = pagesAt + i * PAGE_SIZE
    sealPage(plain.subarray(at, at + PAGE_SIZE), fileId, first + i, key)
  }
  return plain.subarray(prefixAt)
}
