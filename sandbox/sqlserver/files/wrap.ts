/** How the simulated server keeps secrets: AES-256-GCM under a key, or under a password by scrypt. Our own layout. */
import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto'
import { refuse } from './errors.ts'

const KEY_MARK = Buffer.from('KTW1', 'latin1')
const PASSWORD_MARK = Buffer.from('KTP1', 'latin1')
const NONCE = 12
const TAG_LENGTH = 16
const SALT = 16
const MAX_BLOB = 1024 * 1024
const SCRYPT_R = 8
const MIN_COST = 10
const MAX_COST = 16

/** What a password costs whose writer names no cost. Tests of jobs make hundreds of keys and take the least there is. */
let standardCost = 14
export const costAsLittleAsCanBe = (): void => void (standardCost = MIN_COST)

/** `key` has 32 bytes. `aad` names what is kept and where: a blob moved to another place does not open. */
export function wrapSecret(key: Buffer, plain: Buffer, aad: string): Buffer {
  return seal(key, KEY_MARK, plain, aad)
}

/** Throws FileFormatError: `mismatch` (other key, other `aad`, or a changed byte), `format`. */
export function unwrapSecret(key: Buffer, blob: Buffer, aad: string): Buffer {
  if (!startsWith(blob, KEY_MARK)) refuse('format', 'Not a wrapped secret.')
  const plain = open(key, blob, KEY_MARK.length, aad)
  return plain ?? refuse('mismatch', 'The key does not open the wrapped secret.')
}

/** `cost` is the binary logarithm of scrypt's N; it and a random salt are stored in the blob. Takes some 40 ms at 14. */
export function wrapWithPassword(password: Buffer, plain: Buffer, aad: string, cost = standardCost): Buffer {
  if (!(cost >= MIN_COST && cost <= MAX_COST)) throw new RangeError('The scrypt cost is outside 10 to 16.')
  const head = Buffer.concat([PASSWORD_MARK, Buffer.from([cost]), randomBytes(SALT)])
  return seal(passwordKey(password, head), head, plain, aad)
}

/** Throws FileFormatError: `password` (wrong one, other `aad`, or a changed byte), `format`. */
export function unwrapWithPassword(password: Buffer, blob: Buffer, aad: string): Buffer {
  const headLength = PASSWORD_MARK.length + 1 + SALT
  const cost = blob[PASSWORD_MARK.length] ?? 0
  if (!startsWith(blob, PASSWORD_MARK) || cost < MIN_COST || cost > MAX_COST || blob.length < headLength) {
    refuse('format', 'Not a secret wrapped with a password.')
  }
  const plain = open(passwordKey(password, blob.subarray(0, headLength)), blob, headLength, aad)
  return plain ?? refuse('password', 'The password does not open the wrapped secret.')
}

const startsWith = (blob: Buffer, mark: Buffer): boolean => blob.subarray(0, mark.length).equals(mark)

function passwordKey(password: Buffer, head: Buffer): Buffer {
  const N = 2 ** (head[PASSWORD_MARK.length] ?? 0)
  const salt = head.subarray(PASSWORD_MARK.length + 1)
  return scryptSync(password, salt, 32, { N, r: SCRYPT_R, p: 1, maxmem: 160 * N * SCRYPT_R })
}

/** head ∥ nonce ∥ ciphertext ∥ tag; the head is authenticated together with `aad`. */
function seal(key: Buffer, head: Buffer, plain: Buffer, aad: string): Buffer {
  const nonce = randomBytes(NONCE)
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_LENGTH })
  cipher.setAAD(Buffer.concat([head, Buffer.from(aad, 'utf8')]))
  const body = Buffer.concat([cipher.update(plain), cipher.final()])
  return Buffer.concat([head, nonce, body, cipher.getAuthTag()])
}

function open(key: Buffer, blob: Buffer, headLength: number, aad: string): Buffer | null {
  const bodyAt = headLength + NONCE
  const tagAt = blob.length - TAG_LENGTH
  if (tagAt < bodyAt || blob.length > MAX_BLOB) refuse('format', 'A wrapped secret has an impossible length.')
  const nonce = blob.subarray(headLength, bodyAt)
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_LENGTH })
  decipher.setAAD(Buffer.concat([blob.subarray(0, headLength), Buffer.from(aad, 'utf8')]))
  decipher.setAuthTag(blob.subarray(tagAt))
  const head = decipher.update(blob.subarray(bodyAt, tagAt))
  try {
    return Buffer.concat([head, decipher.final()])
  } catch {
    return null
  }
}
