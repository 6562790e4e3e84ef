/** Password-based encryption of PKCS#5 (RFC 8018: PBES2) and the key derivation of PKCS#12 (RFC 7292 B). */
import { createCipheriv, createDecipheriv, hash, pbkdf2Sync, randomBytes } from 'node:crypto'
import type { DerReader } from './der.ts'
import { nothing, octets, oid, only, sequence, smallInteger, TAG } from './der.ts'
import { FileFormatError, orRefuse, refuse } from './errors.ts'

const PBES2 = '1.2.840.113549.1.5.13'
const PBKDF2 = '1.2.840.113549.1.5.12'
const HMAC_SHA256 = '1.2.840.113549.2.9'
const AES_256_CBC = '2.16.840.1.101.3.4.1.42'
/** What Windows still writes by default: triple DES under the PKCS#12 derivation with SHA-1. */
const PBE_SHA1_3DES = '1.2.840.113549.1.12.1.3'

const PRFS = new Map([
  ['1.2.840.113549.2.7', 'sha1'],
  [HMAC_SHA256, 'sha256'],
  ['1.2.840.113549.2.10', 'sha384'],
  ['1.2.840.113549.2.11', 'sha512'],
])
const CIPHERS = new Map([
  ['2.16.840.1.101.3.4.1.2', { name: 'aes-128-cbc', key: 16, iv: 16 }],
  ['2.16.840.1.101.3.4.1.22', { name: 'aes-192-cbc', key: 24, iv: 16 }],
  [AES_256_CBC, { name: 'aes-256-cbc', key: 32, iv: 16 }],
  ['1.2.840.113549.3.7', { name: 'des-ede3-cbc', key: 24, iv: 8 }],
])
/** A file decides how long its reader works; this is the most that is granted, about a second. */
const MAX_ITERATIONS = 1_000_000
const MAX_SALT = 1024

export function readIterations(fields: DerReader): number {
  const iterations = fields.smallInteger()
  if (iterations < 1 || iterations > MAX_ITERATIONS) refuse('format', 'The iteration count is out of range.')
  return iterations
}

export function readSalt(fields: DerReader): Buffer {
  const salt = fields.take(TAG.octetString)
  if (salt.length < 1 || salt.length > MAX_SALT) refuse('format', 'The salt has a wrong length.')
  return salt
}

/** PBES2 with PBKDF2-HMAC-SHA256 and AES-256-CBC; returns the algorithm as it is stored, and the ciphertext. */
export function encryptPbes2(
  password: Buffer,
  plain: Buffer,
  iterations: number,
): { algorithm: Buffer; ciphertext: Buffer } {
  const salt = randomBytes(16)
  const iv = randomBytes(16)
  const cipher = createCipheriv('aes-256-cbc', pbkdf2Sync(password, salt, iterations, 32, 'sha256'), iv)
  const prf = sequence(oid(HMAC_SHA256), nothing())
  const derivation = sequence(oid(PBKDF2), sequence(octets(salt), smallInteger(iterations), prf))
  const algorithm = sequence(oid(PBES2), sequence(derivation, sequence(oid(AES_256_CBC), octets(iv))))
  return { algorithm, ciphertext: Buffer.concat([cipher.update(plain), cipher.final()]) }
}

/** Throws `password` when the padding does not fit: that is all that this encryption can tell. */
export function decryptPbe(algorithm: Buffer, password: Buffer, ciphertext: Buffer): Buffer {
  const fields = only(algorithm, TAG.sequence)
  const scheme = fields.oid()
  const parameters = fields.inside(TAG.sequence)
  fields.end()
  const { cipher, key, iv } =
    scheme === PBES2
      ? pbes2Key(parameters, password)
      : scheme === PBE_SHA1_3DES
        ? tripleDesKey(parameters, password)
        : refuse('format', 'The encryption of the file is not read here.')
  return orRefuse('password', 'The password does not open the encrypted part.', () => {
    const decipher = createDecipheriv(cipher, key, iv)
    return Buffer.concat([decipher.update(ciphertext), decipher.final()])
  })
}

interface CipherSetup {
  cipher: string
  key: Buffer
  iv: Buffer
}

function pbes2Key(parameters: DerReader, password: Buffer): CipherSetup {
  const derivation = parameters.inside(TAG.sequence)
  const scheme = parameters.inside(TAG.sequence)
  parameters.end()
  if (derivation.oid() !== PBKDF2) refuse('format', 'The key derivation of the file is not read here.')
  const inputs = derivation.inside(TAG.sequence)
  derivation.end()
  const salt = readSalt(inputs)
  const iterations = readIterations(inputs)
  const hasKeyLength = inputs.optional(TAG.integer)
  const prf = inputs.more ? readPrf(inputs.inside(TAG.sequence)) : 'sha1'
  inputs.end()
  const cipher = CIPHERS.get(scheme.oid())
  const iv = scheme.take(TAG.octetString)
  scheme.end()
  if (cipher === undefined || iv.length !== cipher.iv)
    refuse('format', 'The cipher of the file is not read here.')
  if (hasKeyLength !== null && !hasKeyLength.equals(Buffer.from([cipher.key]))) {
    refuse('format', 'The key length does not fit the cipher.')
  }
  return { cipher: cipher.name, key: pbkdf2Sync(password, salt, iterations, cipher.key, prf), iv }
}

function readPrf(fields: DerReader): string {
  const prf = PRFS.get(fields.oid())
  if (fields.more) fields.take(TAG.nothing)
  fields.end()
  return prf ?? refuse('format', 'The key derivation of the file is not read here.')
}

function tripleDesKey(parameters: DerReader, password: Buffer): CipherSetup {
  const salt = readSalt(parameters)
  const iterations = readIterations(parameters)
  parameters.end()
  const derive = (purpose: number, length: number): Buffer =>
    pkcs12Derive('sha1', password, salt, purpose, iterations, length)
  return { cipher: 'des-ede3-cbc', key: derive(1, 24), iv: derive(2, 8) }
}

/** Purposes: 1 key, 2 initial vector, 3 MAC key. Password bytes are UTF-8; the derivation uses UTF-16 with a final NUL. */
export function pkcs12Derive(
  digest: string,
  password: Buffer,
  salt: Buffer,
  purpose: number,
  iterations: number,
  length: number,
): Buffer {
  const block = digest === 'sha384' || digest === 'sha512' ? 128 : 64
  const diversifier = Buffer.alloc(block, purpose)
  let input: Buffer = Buffer.concat([fillBlocks(salt, block), fillBlocks(utf16Password(password), block)])
  const out: Buffer[] = []
  for (let made = 0; made < length;) {
    let round: Buffer = hash(digest, Buffer.concat([diversifier, input]), 'buffer')
    for (let i = 1; i < iterations; i++) round = hash(digest, round, 'buffer')
    out.push(round)
    made += round.length
    if (made < length) input = addToBlocks(input, fillBlocks(round, block).subarray(0, block))
  }
  return Buffer.concat(out).subarray(0, length)
}

function utf16Password(password: Buffer): Buffer {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(password)
  } catch {
    throw new FileFormatError('password', 'The password is not valid UTF-8.')
  }
  return Buffer.from(`${text}\0`, 'utf16le').swap16()
}

/** Repeats `bytes` up to the next multiple of the block size. */
function fillBlocks(bytes: Buffer, block: number): Buffer {
  return Buffer.alloc(Math.ceil(bytes.length / block) * block, bytes)
}

/** Each block of `input` becomes (block + addend + 1) modulo 2^(8·block size). */
function addToBlocks(input: Buffer, addend: Buffer): Buffer {
  const out = Buffer.from(input)
  for (let start = 0; start < out.length; start += addend.length) {
    let carry = 1
    for (let i = addend.length - 1; i >= 0; i--) {
      carry += (out[start + i] ?? 0) + (addend[i] ?? 0)
      out[start + i] = carry & 0xff
      carry >>= 8
    }
  }
  return out
}
