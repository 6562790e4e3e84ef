import { createCipheriv, createDecipheriv, randomBytes, randomInt } from 'node:crypto'
import type { PageAlgorithm } from '../../state/encryption-model.ts'
import { PAGE_HEADER, pageGeneration, setPageGeneration } from '../pages.ts'

export interface PageKey {
  generation: number
  algorithm: PageAlgorithm
  key: Buffer
}

export const PAGE_CIPHERS: Record<PageAlgorithm, { name: string; key: number; iv: number }> = {
  AES_128: { name: 'aes-128-cbc', key: 16, iv: 16 },
  AES_192: { name: 'aes-192-cbc', key: 24, iv: 16 },
  AES_256: { name: 'aes-256-cbc', key: 32, iv: 16 },
  TRIPLE_DES_3KEY: { name: 'des-ede3-cbc', key: 24, iv: 8 },
}

/** Bits of a key of this kind, as the catalog shows them. */
export const keyBits = (algorithm: PageAlgorithm): number => PAGE_CIPHERS[algorithm].key * 8
export const newPageKeyBytes = (algorithm: PageAlgorithm): Buffer => randomBytes(PAGE_CIPHERS[algorithm].key)

/** Marks the pages of one key. Random, so that a key that was dropped and made anew is never taken for the old one. */
export const newGeneration = (): number => randomInt(1, 2 ** 32)

/** Page number and file number: each page of a database has its own. */
function ivOf(algorithm: PageAlgorithm, fileId: number, number: number): Buffer {
  const iv = Buffer.alloc(16)
  iv.writeUInt32LE(number, 0)
  iv.writeUInt16LE(fileId, 4)
  return iv.subarray(0, PAGE_CIPHERS[algorithm].iv)
}

/** Encrypts a page in clear in place: everything behind the header, without padding, and marks it. */
export function sealPage(page: Buffer, fileId: number, number: number, under: PageKey): void {
  if (pageGeneration(page) !== 0) throw new RangeError('the page is encrypted already')
  const cipher = createCipheriv(
    PAGE_CIPHERS[under.algorithm].name,
    under.key,
    ivOf(under.algorithm, fileId, number),
  )
  cipher.setAutoPadding(false)
  cipher.update(page.subarray(PAGE_HEADER)).copy(page, PAGE_HEADER)
  cipher.final()
  setPageGeneration(page, under.generation)
}

/** The opposite; `keys` are those of the database. undefined: no key here has the page's mark, nothing is changed. */
export function openPage(
  page: Buffer,
  fileId: number,
  number: number,
  keys: readonly PageKey[],
): Buffer | undefined {
  const generation = pageGeneration(page)
  if (generation === 0) return page
  const under = keys.find((candidate) => candidate.generation === generation)
  if (under === undefined) return undefined
  const decipher = createDecipheriv(
    PAGE_CIPHERS[under.algorithm].name,
    under.key,
    ivOf(under.algorithm, fileId, number),
  )
  decipher.setAutoPadding(false)
  decipher.update(page.subarray(PAGE_HEADER)).copy(page, PAGE_HEADER)
  decipher.final()
  setPageGeneration(page, 0)
  return page
}
