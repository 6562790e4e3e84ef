import {
  constants,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
} from 'node:crypto'
import { promisify } from 'node:util'
import { KeyturnError } from '../../shared/errors/problem.ts'
import { openCms, sealCmsUnderKek } from '../formats/cms/index.ts'
import { SecretBytes } from '../platform/secret-bytes.ts'
import { sha256Of } from './digest.ts'

/** What packages are sealed to. The private half is wiped once it is sealed. */
export interface GroupKey {
  /** PKCS #8, DER. */
  pkcs8: SecretBytes
  /** SubjectPublicKeyInfo, DER. */
  spki: Buffer
  spkiSha256: string
  keyId: string
}

export const groupKeyBits = 3072
export const splitSecretBytes = 32

/** A new key pair (0.2 to 1 s). The caller wipes `pkcs8`. */
export const makeGroupKey = async (): Promise<GroupKey> => {
  const { publicKey, privateKey } = await newPair('rsa', {
    modulusLength: groupKeyBits,
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
  })
  const spkiSha256 = sha256Of(publicKey)
  return { pkcs8: SecretBytes.take(privateKey), spki: publicKey, spkiSha256, keyId: groupKeyIdOf(spkiSha256) }
}

const newPair = promisify(generateKeyPair)

/** How CMS names the group: the first 8 bytes of the hash of its public key, as 16 hex digits. */
export const groupKeyIdOf = (spkiSha256: string): string => spkiSha256.slice(0, 16)

/** The bytes of `group/private.p7`. `keyId`: 16 hex digits. Errors: those of sealing. */
export const sealGroupKey = (pkcs8: SecretBytes, splitSecret: SecretBytes, keyId: string): Uint8Array =>
  sealCmsUnderKek(pkcs8, splitSecret, Buffer.from(keyId, 'hex'))

/**
 * The group's private key (PKCS #8) with what its shares give, only where it belongs to `spki`: two halves that undo
 * each other. The caller wipes it. Errors: those of `openCms`, and `package-group-key`.
 */
export const openGroupKey = (sealed: Uint8Array, joined: SecretBytes, spki: Uint8Array): SecretBytes => {
  const kekId = Buffer.from(groupKeyIdOf(sha256Of(spki)), 'hex')
  const pkcs8 = openCms(sealed, { kind: 'kek', kek: joined, kekId }, 'group/private.p7')
  if (isPair(pkcs8, spki)) return pkcs8
  pkcs8.wipe()
  throw new KeyturnError('package-group-key')
}

const isPair = (pkcs8: SecretBytes, spki: Uint8Array): boolean => {
  try {
    const privateKey = pkcs8.use((key) => createPrivateKey({ key, format: 'der', type: 'pkcs8' }))
    const derived = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
    if (privateKey.asymmetricKeyType !== 'rsa' || !derived.equals(spki)) return false
    // A private key carries a copy of its public half, so that alone proves nothing.
    const probe = randomBytes(32)
    const padding = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }
    const publicKey = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
    const wrapped = publicEncrypt({ key: publicKey, ...padding }, probe)
    return privateDecrypt({ key: privateKey, ...padding }, wrapped).equals(probe)
  } catch {
    return false
  }
}
