import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  hkdfSync,
  timingSafeEqual,
} from 'node:crypto'
import { SecretBytes } from '../platform/secret-bytes.ts'
import type { RandomSource } from '../platform/random.ts'
import type { Binding } from '../ports/keyring.ts'
import { damaged } from './file.ts'
import type { Box, KeyringHeader } from './schema.ts'

const cipher = 'aes-256-gcm'
const tagLength = 16

/** AES-256-GCM with a fresh random IV. The associated data names what this is, so a box can't stand in for another. */
export const seal = (key: Uint8Array, plain: Uint8Array, associated: string, random: RandomSource): Box => {
  const iv = random(12)
  const sealing = createCipheriv(cipher, key, iv, { authTagLength: tagLength })
  sealing.setAAD(Buffer.from(associated, 'utf8'))
  const data = Buffer.concat([sealing.update(plain), sealing.final()])
  return { iv: iv.toString('hex'), data: data.toString('base64'), tag: sealing.getAuthTag().toString('hex') }
}

/** `keyring-damaged` naming `what` when the box was changed or belongs somewhere else. */
export const unseal = (key: Uint8Array, box: Box, associated: string, what: string): SecretBytes => {
  const opening = createDecipheriv(cipher, key, Buffer.from(box.iv, 'hex'), { authTagLength: tagLength })
  opening.setAAD(Buffer.from(associated, 'utf8'))
  opening.setAuthTag(Buffer.from(box.tag, 'hex'))
  const plain = opening.update(Buffer.from(box.data, 'base64'))
  try {
    opening.final()
  } catch {
    plain.fill(0)
    throw damaged(what)
  }
  return SecretBytes.take(plain)
}

/** The same text in both versions of the file, so that a keyring of version 1 goes on without its passphrase. */
export const headerData = (header: KeyringHeader, check: string): string => {
  const { keyring, createdAt, kdf, passphraseSetAt } = header
  const since = passphraseSetAt === undefined ? {} : { passphraseSetAt }
  return JSON.stringify(['keyturn-keyring', 1, { keyring, createdAt, kdf, check, ...since }])
}

export const setData = (keyring: string, set: Binding & { id: string; generation: number }): string =>
  JSON.stringify(['keyturn-set', 1, keyring, set.id, set.generation, set.purpose, set.target])

export const runData = (keyring: string, run: string, name: string, binding: Binding): string =>
  JSON.stringify(['keyturn-run', 1, keyring, run, name, binding.purpose, binding.target])

/** The two halves of what the passphrase gives. */
export const wrappingKey = (derived: Buffer): Buffer => derived.subarray(0, 32)
export const passphraseCheck = (derived: Buffer): string =>
  createHash('sha256').update(derived.subarray(32, 64)).digest('hex')

export const listKey = (master: Uint8Array): SecretBytes =>
  SecretBytes.take(new Uint8Array(hkdfSync('sha256', master, Buffer.alloc(0), 'keyturn keyring list', 32)))

export const listMac = (key: SecretBytes, covered: string): string =>
  key.use((bytes) => createHmac('sha256', bytes).update(covered).digest('hex'))

export const sameHex = (left: string, right: string): boolean =>
  left.length === right.length && timingSafeEqual(Buffer.from(left, 'hex'), Buffer.from(right, 'hex'))
