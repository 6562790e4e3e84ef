import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto'
import { canonicalBytes } from '../entry-hash.ts'

/** ECDSA over P-256 with SHA-256; signatures are r and s, 64 bytes, as hex. */
export interface SigningKey {
  privateKey: KeyObject
  /** SubjectPublicKeyInfo, DER, as lower-case hex. */
  publicKey: string
  fingerprint: string
}

export const newSigningKey = (): SigningKey =>
  keyOf(generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey)

/** From PKCS #8 DER. Null where the bytes are no P-256 private key. */
export const readSigningKey = (der: Uint8Array): SigningKey | null => {
  try {
    const privateKey = createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' })
    return isP256(privateKey) ? keyOf(privateKey) : null
  } catch {
    return null
  }
}

const keyOf = (privateKey: KeyObject): SigningKey => {
  const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).toString('hex')
  return { privateKey, publicKey, fingerprint: fingerprintOf(publicKey) }
}

/** SHA-256 of the SubjectPublicKeyInfo. */
export const fingerprintOf = (publicKey: string): string =>
  createHash('sha256').update(Buffer.from(publicKey, 'hex')).digest('hex')

/** Null where the text is not the canonical hex of a P-256 public key, or not the one of that fingerprint. */
export const publicKeyOf = (publicKey: string, fingerprint: string): KeyObject | null => {
  if (fingerprintOf(publicKey) !== fingerprint) return null
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey, 'hex'), format: 'der', type: 'spki' })
    const same = key.export({ format: 'der', type: 'spki' }).toString('hex') === publicKey
    return same && isP256(key) ? key : null
  } catch {
    return null
  }
}

const isP256 = (key: KeyObject): boolean =>
  key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1'

/** What an epoch's key signs: entries `first` to `last`, by the hash of the last, which covers all before it. */
export interface SignedPart {
  epoch: number
  first: number
  last: number
  hash: string
}

export const signedBytes = ({ epoch, first, last, hash }: SignedPart): Buffer =>
  canonicalBytes(['keyturn record signature', '1', String(epoch), String(first), String(last), hash])

/** What the key in the keyring signs at unlock. */
export const countersignedBytes = (fingerprint: string, count: number, head: string): Buffer =>
  canonicalBytes(['keyturn record countersignature', '1', fingerprint, String(count), head])

export const signBytes = (privateKey: KeyObject, bytes: Buffer): string =>
  sign('sha256', bytes, { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('hex')

export const verifyBytes = (publicKey: KeyObject, bytes: Buffer, signature: string): boolean =>
  /^[0-9a-f]{128}$/.test(signature) &&
  verify('sha256', bytes, { key: publicKey, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'hex'))
