import { createHash, type KeyObject } from 'node:crypto'
import { KeyturnError } from '../../shared/errors/problem.ts'
import { rc4InPlace } from './rc4.ts'
import { keyFromNumbers, numbersFit, numbersOf, wipeNumbers, type RsaNumbers } from './rsa-numbers.ts'

/**
 * `.pvk`: the private key file that SQL Server and the older Windows tools write. A header of 24 bytes, a salt, then
 * a PRIVATEKEYBLOB whose part after its own 8-byte header is encrypted with RC4 under the first 16 bytes of
 * SHA-1(salt, password). All numbers are little-endian. The encryption is weak by today's measure: the password must
 * be long and random.
 */
const magic = 0xb0b5f11e
const headerLength = 24
const blobHeaderLength = 8
const rsa2 = 0x32415352
const saltLimit = 1_024
export const pvkLimit = 32 * 1_024
const smallestBits = 512
const largestBits = 16_384

/** Key type in the header and the algorithm id in the blob that belongs to it. */
const keyKinds: ReadonlyMap<number, number> = new Map([
  [1, 0xa400],
  [2, 0x2400],
])

export const isPvk = (bytes: Uint8Array): boolean =>
  bytes.length >= 4 && Buffer.from(bytes.subarray(0, 4)).readUInt32LE() === magic

/**
 * Reads strong, weak (40-bit) and unencrypted files. `password`: the bytes as typed, in the file's own encoding; null
 * for none. It is ignored where the file is not encrypted. Nothing of the input is changed. Errors:
 * `file-not-private-key`, `file-needs-password`, `file-wrong-password`, `file-damaged`, `file-too-large`.
 */
export const readPvk = (
  bytes: Uint8Array,
  password: Uint8Array | null,
  file = 'The private key file',
): KeyObject => {
  if (bytes.length > pvkLimit) throw new KeyturnError('file-too-large', { file, limit: pvkLimit })
  if (!isPvk(bytes)) throw new KeyturnError('file-not-private-key', { file })
  const parts = partsOf(Buffer.from(bytes))
  if (parts === null) throw new KeyturnError('file-damaged', { file })
  if (parts.salt.length > 0 && password === null) throw new KeyturnError('file-needs-password', { file })
  const candidates = password === null ? [parts.body] : decryptions(parts, password)
  try {
    return keyOf(candidates, parts.salt.length > 0, file)
  } finally {
    for (const candidate of candidates) candidate.fill(0)
  }
}

/**
 * Writes the strong form, or the unencrypted one for a null password. `salt` is 16 random bytes. The key must be RSA.
 * The caller wipes password and result.
 */
export const writePvk = (key: KeyObject, password: Uint8Array | null, salt: Uint8Array): Buffer => {
  const body = bodyOf(key)
  const usedSalt = password === null ? new Uint8Array(0) : salt
  if (password !== null) {
    const strong = strongKey(usedSalt, password)
    rc4InPlace(strong, body)
    strong.fill(0)
  }
  const header = Buffer.alloc(headerLength)
  header.writeUInt32LE(magic, 0)
  header.writeUInt32LE(1, 8)
  header.writeUInt32LE(password === null ? 0 : 1, 12)
  header.writeUInt32LE(usedSalt.length, 16)
  header.writeUInt32LE(blobHeaderLength + body.length, 20)
  const file = Buffer.concat([header, usedSalt, blobHeader(0xa400), body])
  body.fill(0)
  return file
}

interface PvkParts {
  salt: Buffer
  /** What follows the blob's header; encrypted where there is a salt. */
  body: Buffer
}

/** Null where a length, a flag or a reserved field is not what a writer gives. */
const partsOf = (bytes: Buffer): PvkParts | null => {
  if (bytes.length < headerLength) return null
  const algorithm = keyKinds.get(bytes.readUInt32LE(8))
  const encrypted = bytes.readUInt32LE(12)
  const saltLength = bytes.readUInt32LE(16)
  const keyLength = bytes.readUInt32LE(20)
  const blobAt = headerLength + saltLength
  if (bytes.readUInt32LE(4) !== 0 || algorithm === undefined || encrypted > 1) return null
  if (saltLength > saltLimit || saltLength > 0 !== (encrypted === 1)) return null
  if (keyLength < blobHeaderLength + 12 || blobAt + keyLength !== bytes.length) return null
  const header = bytes.subarray(blobAt, blobAt + blobHeaderLength)
  if (!header.equals(blobHeader(algorithm))) return null
  return { salt: bytes.subarray(headerLength, blobAt), body: bytes.subarray(blobAt + blobHeaderLength) }
}

/** PRIVATEKEYBLOB, version 2, reserved, algorithm. */
const blobHeader = (algorithm: number): Buffer => {
  const header = Buffer.from([7, 2, 0, 0, 0, 0, 0, 0])
  header.writeUInt32LE(algorithm, 4)
  return header
}

const strongKey = (salt: Uint8Array, password: Uint8Array): Buffer =>
  createHash('sha1').update(salt).update(password).digest().subarray(0, 16)

/** Strong first, then weak, as every reader does: the file does not say which. */
const decryptions = ({ salt, body }: PvkParts, password: Uint8Array): Buffer[] => {
  if (salt.length === 0) return [body]
  const key = strongKey(salt, password)
  const strong = Buffer.from(body)
  rc4InPlace(key, strong)
  key.fill(0, 5)
  const weak = Buffer.from(body)
  rc4InPlace(key, weak)
  key.fill(0)
  return [strong, weak]
}

const keyOf = (candidates: readonly Buffer[], encrypted: boolean, file: string): KeyObject => {
  const marked = candidates.find((candidate) => candidate.readUInt32LE(0) === rsa2)
  if (marked !== undefined) {
    const key = keyFrom(marked)
    if (key === null) throw new KeyturnError('file-damaged', { file })
    return key
  }
  // The password is checked by four bytes only. If everything behind them fits, the password is right and they are not.
  const damaged = !encrypted || candidates.some((candidate) => keyFrom(candidate) !== null)
  throw new KeyturnError(damaged ? 'file-damaged' : 'file-wrong-password', { file })
}

const keyFrom = (body: Buffer): KeyObject | null => {
  const bits = body.readUInt32LE(4)
  if (bits < smallestBits || bits > largestBits || bits % 16 !== 0) return null
  const numbers = numbersIn(body, bits)
  if (numbers === null) return null
  try {
    return numbersFit(numbers, bits) ? keyFromNumbers(numbers) : null
  } catch {
    return null
  } finally {
    wipeNumbers(numbers)
  }
}

/** RSAPUBKEY, then n, p, q, dP, dQ, qInv, d, all little-endian, of whole and half length of the modulus. */
const numbersIn = (body: Buffer, bits: number): RsaNumbers | null => {
  const whole = bits / 8
  const half = bits / 16
  if (body.length !== 12 + whole * 2 + half * 5) return null
  let at = 12
  const next = (length: number): Buffer => {
    at += length
    return Buffer.from(body.subarray(at - length, at)).reverse()
  }
  const e = Buffer.from(body.subarray(8, 12)).reverse()
  return {
    e,
    n: next(whole),
    p: next(half),
    q: next(half),
    dp: next(half),
    dq: next(half),
    qInv: next(half),
    d: next(whole),
  }
}

const bodyOf = (key: KeyObject): Buffer => {
  const numbers = numbersOf(key)
  try {
    const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
    const head = Buffer.alloc(12)
    head.writeUInt32LE(rsa2, 0)
    head.writeUInt32LE(bits, 4)
    padded(numbers.e, 4).copy(head, 8)
    const { n, p, q, dp, dq, qInv, d } = numbers
    const halves = [p, q, dp, dq, qInv].map((number) => padded(number, bits / 16))
    return Buffer.concat([head, padded(n, bits / 8), ...halves, padded(d, bits / 8)])
  } finally {
    wipeNumbers(numbers)
  }
}

/** Little-endian, filled up with zeros. A number that does not fit can't be written in this format. */
const padded = (bigEndian: Buffer, length: number): Buffer => {
  if (bigEndian.length > length)
    throw new KeyturnError('file-unsupported', { file: '.pvk', what: 'such an RSA key' })
  const bytes = Buffer.alloc(length)
  bytes.set(Buffer.from(bigEndian).reverse())
  return bytes
}
