/**
 * Microsoft's private key file (`.pvk`): header, salt, PRIVATEKEYBLOB whose body is RC4 under SHA-1(salt ∥ password).
 * The format has no check sum: the four bytes `RSA2` tell a wrong password, the key's arithmetic a changed byte.
 */
import { createHash, randomBytes, type KeyObject } from 'node:crypto'
import { refuse } from './errors.ts'
import { rc4 } from './rc4.ts'
import { bitLength, keyFromNumbers, rsaNumbersOf, type RsaNumbers } from './rsa-numbers.ts'

const MAGIC = 0xb0b5f11e
const HEADER = 24
const SALT = 16
const MAX_SALT = 1024
const BLOB_HEADER = 8
const BODY_FIXED = 12
const RSA2 = Buffer.from('RSA2', 'latin1')

/** Key type of the file header, and the algorithm id that the blob must then carry. */
const KEY_TYPES = new Map([
  [1, 0x0000a400],
  [2, 0x00002400],
])

export type PvkStrength = 'strong' | 'weak'

/**
 * Password bytes are used as given (their encoding is the caller's); `null` writes the unencrypted form. `weak` keeps
 * 40 bits of the RC4 key, as old export-grade providers did. Throws RangeError for a key that the format can't hold.
 */
export function writePvk(key: KeyObject, password: Buffer | null, strength: PvkStrength = 'strong'): Buffer {
  const salt = password === null ? Buffer.alloc(0) : randomBytes(SALT)
  const clear = writeBody(rsaNumbersOf(key))
  const body = password === null ? clear : rc4(fileKey(salt, password, strength), clear)
  const header = Buffer.alloc(HEADER)
  const fields = [MAGIC, 0, 1, password === null ? 0 : 1, salt.length, BLOB_HEADER + body.length]
  fields.forEach((value, i) => header.writeUInt32LE(value, i * 4))
  const blobHeader = Buffer.from([0x07, 0x02, 0x00, 0x00, 0x00, 0xa4, 0x00, 0x00])
  return Buffer.concat([header, salt, blobHeader, body])
}

/** Throws FileFormatError: `password` (wrong, or none for an encrypted file), `damaged`, `format`. */
export function readPvk(bytes: Buffer, password: Buffer | null): KeyObject {
  const { salt, body } = split(bytes)
  if (salt === null) {
    if (!hasMagic(body)) refuse('format', 'The key does not begin with its mark.')
    return keyFromNumbers(readBody(body))
  }
  if (password === null) refuse('password', 'The file is encrypted and no password was given.')
  for (const strength of ['strong', 'weak'] as const) {
    const clear = rc4(fileKey(salt, password, strength), body)
    if (hasMagic(clear)) return keyFromNumbers(readBody(clear))
  }
  refuse('password', 'The password does not open the private key file.')
}

function split(bytes: Buffer): { salt: Buffer | null; body: Buffer } {
  if (bytes.length < HEADER || bytes.readUInt32LE(0) !== MAGIC)
    refuse('format', 'Not a private key file (.pvk).')
  const field = (index: number): number => bytes.readUInt32LE(index * 4)
  const algorithm = KEY_TYPES.get(field(2))
  const encrypted = field(3)
  const saltLength = field(4)
  const keyLength = field(5)
  if (field(1) !== 0 || algorithm === undefined || encrypted > 1)
    refuse('format', 'The header has unknown values.')
  if (saltLength > MAX_SALT || (encrypted === 1) !== saltLength > 0)
    refuse('format', 'The salt has a wrong length.')
  if (bytes.length !== HEADER + saltLength + keyLength || keyLength < BLOB_HEADER + BODY_FIXED) {
    refuse('damaged', 'The file is shorter or longer than its header says.')
  }
  const blob = bytes.subarray(HEADER + saltLength)
  if (blob.readUInt32LE(0) !== 0x00000207 || blob.readUInt32LE(4) !== algorithm) {
    refuse('format', 'The key blob has unknown values.')
  }
  const salt = encrypted === 1 ? bytes.subarray(HEADER, HEADER + saltLength) : null
  return { salt, body: blob.subarray(BLOB_HEADER) }
}

function fileKey(salt: Buffer, password: Buffer, strength: PvkStrength): Buffer {
  const key = createHash('sha1').update(salt).update(password).digest().subarray(0, 16)
  return strength === 'weak' ? key.fill(0, 5) : key
}

const hasMagic = (body: Buffer): boolean => body.subarray(0, RSA2.length).equals(RSA2)

function writeBody(numbers: RsaNumbers): Buffer {
  const size = bitLength(numbers.modulus)
  if (size % 16 !== 0 || bitLength(numbers.publicExponent) > 32) {
    throw new RangeError(
      'The private key file holds keys of whole 16 bits with an exponent of at most 32 bits.',
    )
  }
  const [whole, half] = [size / 8, size / 16]
  const fixed = Buffer.alloc(BODY_FIXED)
  RSA2.copy(fixed)
  fixed.writeUInt32LE(size, 4)
  littleEndian(numbers.publicExponent, 4).copy(fixed, 8)
  return Buffer.concat([
    fixed,
    littleEndian(numbers.modulus, whole),
    littleEndian(numbers.prime1, half),
    littleEndian(numbers.prime2, half),
    littleEndian(numbers.exponent1, half),
    littleEndian(numbers.exponent2, half),
    littleEndian(numbers.coefficient, half),
    littleEndian(numbers.privateExponent, whole),
  ])
}

function readBody(body: Buffer): RsaNumbers {
  const size = body.readUInt32LE(4)
  const [whole, half] = [size / 8, size / 16]
  if (size % 16 !== 0 || body.length !== BODY_FIXED + 2 * whole + 5 * half) {
    refuse('damaged', 'The key has another length than it says.')
  }
  let at = 8
  const take = (length: number): Buffer => {
    at += length
    return Buffer.from(body.subarray(at - length, at)).reverse()
  }
  const publicExponent = take(4)
  const modulus = take(whole)
  if (bitLength(modulus) !== size) refuse('damaged', 'The modulus has another length than it says.')
  const [prime1, prime2, exponent1, exponent2] = [take(half), take(half), take(half), take(half)]
  const coefficient = take(half)
  const privateExponent = take(whole)
  return { modulus, publicExponent, privateExponent, prime1, prime2, exponent1, exponent2, coefficient }
}

function littleEndian(magnitude: Buffer, length: number): Buffer {
  if (magnitude.length > length)
    throw new RangeError('A number of the key is too long for the private key file.')
  const out = Buffer.alloc(length)
  Buffer.from(magnitude).reverse().copy(out)
  return out
}
