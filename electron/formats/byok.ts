import { KeyturnError } from '../../shared/errors/problem.ts'
import { keyWrapLimit } from './aes-key-wrap.ts'

/** The parts of a transfer file for Azure ("bring your own key"), as a token wrapped them. Nothing in it is clear. */
export interface ByokParts {
  /** The key of the vault that it is wrapped for, with its version: `https://<host>/keys/<name>/<version>`. */
  kid: string
  /** A temporary AES-256 key under RSA-OAEP with SHA-1: as long as the modulus of the vault's key. */
  encryptedKey: Uint8Array
  /** PKCS#8 of the key under that AES key, RFC 5649. */
  wrappedKey: Uint8Array
  /** Tool and module, as in `Keyturn 0.1; SoftHSM 2.6`: 1 to 100 printable ASCII characters, no quotes or backslashes. */
  generator: string
}

const version = '1.0.0'
const algorithm = 'dir'
const mechanism = 'CKM_RSA_AES_KEY_WRAP'
const names = ['schema_version', 'header', 'kid', 'alg', 'enc', 'ciphertext', 'generator']
const fileLimit = 64 * 1024

/** Bits of a vault's key that wraps imports. */
export type KekBits = 2048 | 3072 | 4096
const kekBytes: readonly number[] = [256, 384, 512]

const kidForm =
  /^https:\/\/(?=.{1,253}\/keys\/)[a-z0-9]+(?:[.-]+[a-z0-9]+)*\/keys\/[0-9A-Za-z-]{1,127}\/[0-9a-f]{32}$/
const generatorForm = /^[ !#-[\]-~]{1,100}$/

/** The file as bytes of JSON. The same parts give the same bytes. Error: `byok-not-written`, with the part. */
export const writeByok = (parts: ByokParts): Uint8Array => {
  const { kid, encryptedKey, wrappedKey, generator } = parts
  const what = faultOf(parts)
  if (what !== null) throw new KeyturnError('byok-not-written', { what })
  const ciphertext = Buffer.concat([encryptedKey, wrappedKey]).toString('base64url')
  const header = { kid, alg: algorithm, enc: mechanism }
  return Buffer.from(JSON.stringify({ schema_version: version, header, ciphertext, generator }))
}

/**
 * Takes a file apart, wherever it comes from; the length of the vault's key says where its first part ends. Nothing is
 * opened: only the vault can. Strict: these fields, each once, and nothing else. Error: `byok-damaged`, with the part.
 */
export const readByok = (bytes: Uint8Array, kekBits: KekBits, file = 'The file'): ByokParts => {
  const damaged = (what: string): KeyturnError => new KeyturnError('byok-damaged', { file, what })
  if (bytes.length > fileLimit) throw damaged(`it has more than ${fileLimit.toLocaleString('en-US')} bytes`)
  const fields = fieldsOf(bytes)
  if (typeof fields === 'string') throw damaged(fields)
  const blob = Buffer.from(fields.ciphertext, 'base64url')
  const encryptedKey = blob.subarray(0, kekBits / 8)
  const wrappedKey = blob.subarray(kekBits / 8)
  const parts = { kid: fields.kid, encryptedKey, wrappedKey, generator: fields.generator }
  const what = faultOf(parts)
  if (what !== null) throw damaged(what)
  return parts
}

/** What is wrong with the parts, without their bytes; null: nothing. */
const faultOf = ({ kid, encryptedKey, wrappedKey, generator }: ByokParts): string | null => {
  if (!kidForm.test(kid)) return 'kid is not the https address of a key with its version'
  if (!generatorForm.test(generator)) return 'generator is not 1 to 100 printable characters'
  if (!kekBytes.includes(encryptedKey.length))
    return `the encrypted key has ${encryptedKey.length} bytes, not 256, 384 or 512`
  const fits = wrappedKey.length >= 24 && wrappedKey.length <= keyWrapLimit + 8 && wrappedKey.length % 8 === 0
  return fits ? null : `the wrapped key has ${wrappedKey.length} bytes, which RFC 5649 never gives for a key`
}

interface Fields {
  kid: string
  ciphertext: string
  generator: string
}

/** The texts of the file, or what is wrong with it. */
const fieldsOf = (bytes: Uint8Array): Fields | string => {
  let text: string
  let value: unknown
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    value = JSON.parse(text)
  } catch {
    return 'it is not JSON in UTF-8'
  }
  // Without escapes each name stands there as it is, so that one that is there twice is found: readers differ in which
  // of the two they take.
  if (text.includes('\\')) return 'it has escaped characters'
  const found = [...text.matchAll(/"([^"]*)"\s*:/g)].map(([, name]) => name)
  if (found.length !== names.length || !names.every((name) => found.includes(name)))
    return `its fields are not exactly ${names.join(', ')}`
  const { schema_version: schema, header, ciphertext, generator } = objectOf(value)
  const { kid, alg, enc } = objectOf(header)
  if (schema !== version) return `schema_version is not ${version}`
  if (alg !== algorithm) return `alg is not ${algorithm}`
  if (enc !== mechanism) return `enc is not ${mechanism}`
  if (typeof kid !== 'string') return 'kid is missing'
  if (typeof generator !== 'string') return 'generator is missing'
  if (typeof ciphertext !== 'string' || !isBase64Url(ciphertext)) return 'ciphertext is not base64url'
  return { kid, ciphertext, generator }
}

const objectOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? { ...value } : {}

/** In its one form: no padding, no bits left over. */
const isBase64Url = (text: string): boolean =>
  /^[A-Za-z0-9_-]+$/.test(text) && Buffer.from(text, 'base64url').toString('base64url') === text
