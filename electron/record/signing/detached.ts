import { sign, verify, type KeyObject } from 'node:crypto'
import { fingerprintOf, publicKeyOf } from './signature.ts'

/** DER of two numbers of P-256. */
const longestSignature = 72

/**
 * ECDSA P-256 with SHA-256 over the bytes of a file, in DER as `openssl dgst -sha256 -verify` takes it. What the record
 * signs with the same key begins with a zero byte (`canonicalBytes`); a file that does is refused with `RangeError`, so
 * that the one never passes for the other.
 */
export const signDetached = (privateKey: KeyObject, file: Uint8Array): Buffer => {
  if (file.length === 0 || file[0] === 0) throw new RangeError('a file that begins as what the record signs')
  return sign('sha256', file, { key: privateKey, dsaEncoding: 'der' })
}

/**
 * Whether the key of this SubjectPublicKeyInfo (DER, P-256) signed these bytes; false for anything that is malformed.
 * Whose key it is the caller has to know from elsewhere.
 */
export const verifyDetached = (spki: Uint8Array, file: Uint8Array, signature: Uint8Array): boolean => {
  const publicKey = Buffer.from(spki).toString('hex')
  const key = publicKeyOf(publicKey, fingerprintOf(publicKey))
  if (key === null || signature.length > longestSignature || file.length === 0 || file[0] === 0) return false
  return verify('sha256', file, { key, dsaEncoding: 'der' }, signature)
}
