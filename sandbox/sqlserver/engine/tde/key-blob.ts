import { constants, privateDecrypt, publicEncrypt } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { PageAlgorithm, Protector } from '../../state/encryption-model.ts'

/** CryptoAPI's PLAINTEXTKEYBLOB: type 8, version 2, the algorithm, the length, the key. */
const HEAD = Buffer.from([0x08, 0x02, 0x00, 0x00])
const ALGORITHM_IDS: Record<PageAlgorithm, number> = {
  AES_128: 0x660e,
  AES_192: 0x660f,
  AES_256: 0x6610,
  TRIPLE_DES_3KEY: 0x6603,
}
const BEFORE_KEY = 12
const OAEP = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }

/** What a protector encrypts; the caller wipes it. */
export function blobOfKey(key: Buffer, algorithm: PageAlgorithm): Buffer {
  const blob = Buffer.alloc(BEFORE_KEY + key.length)
  HEAD.copy(blob)
  blob.writeUInt32LE(ALGORITHM_IDS[algorithm], 4)
  blob.writeUInt32LE(key.length, 8)
  key.copy(blob, BEFORE_KEY)
  return blob
}

/** The key under the protector's public key, least significant byte first, as it lies in a real database. */
export function wrapPageKey(
  key: Buffer,
  algorithm: PageAlgorithm,
  publicKey: KeyObject,
  type: Protector['type'],
): string {
  const blob = blobOfKey(key, algorithm)
  const how = type === 'CERTIFICATE_OAEP_256' ? OAEP : { padding: constants.RSA_PKCS1_PADDING }
  const wrapped = publicEncrypt({ key: publicKey, ...how }, blob).reverse()
  blob.fill(0)
  return wrapped.toString('base64')
}

/** undefined when this private key does not open it. */
export function unwrapPageKey(
  wrapped: string,
  algorithm: PageAlgorithm,
  privateKey: KeyObject,
  type: Protector['type'],
): Buffer | undefined {
  const sealed = Buffer.from(wrapped, 'base64').reverse()
  const blob = decrypted(sealed, privateKey, type)
  return blob === undefined ? undefined : keyInBlob(blob, algorithm)
}

/** undefined when what was decrypted is no key of this algorithm. */
export function keyInBlob(blob: Buffer, algorithm: PageAlgorithm): Buffer | undefined {
  if (blob.length < BEFORE_KEY || !blob.subarray(0, 4).equals(HEAD)) return undefined
  const key = blob.subarray(BEFORE_KEY)
  return blob.readUInt32LE(4) === ALGORITHM_IDS[algorithm] && blob.readUInt32LE(8) === key.length
    ? key
    : undefined
}

function decrypted(sealed: Buffer, privateKey: KeyObject, type: Protector['type']): Buffer | undefined {
  try {
    if (type === 'CERTIFICATE_OAEP_256') return privateDecrypt({ key: privateKey, ...OAEP }, sealed)
    // Node's own PKCS#1 unpadding is guarded or absent, depending on its version; the padding is 00 02 ... 00.
    const padded = privateDecrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, sealed)
    const end = padded.indexOf(0, 2)
    return padded[0] === 0 && padded[1] === 2 && end >= 10 ? padded.subarray(end + 1) : undefined
  } catch {
    // Another key: the number is too long for it, or the padding is not there.
    return undefined
  }
}
