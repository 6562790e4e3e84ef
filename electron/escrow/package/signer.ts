import { KeyturnError } from '../../../shared/errors/problem.ts'
import { signDetached, verifyDetached } from '../../record/signing/detached.ts'
import type { SigningKey } from '../../record/signing/signature.ts'
import { sha256Of } from '../digest.ts'
import { readPem } from './pem.ts'

/** Who signs manifests: a P-256 key. */
export interface PackageSigner {
  /** SubjectPublicKeyInfo, DER. */
  spki: Uint8Array
  /** ECDSA with SHA-256 over these bytes, as DER. */
  sign(bytes: Uint8Array): Uint8Array
}

/** Signs with a P-256 key whose public half is kept in hex. */
export const signerOf = ({
  privateKey,
  publicKey,
}: Pick<SigningKey, 'privateKey' | 'publicKey'>): PackageSigner => ({
  spki: Buffer.from(publicKey, 'hex'),
  sign: (bytes) => signDetached(privateKey, bytes),
})

/** Whom a person or a profile trusts to have signed. Fingerprints: SHA-256 of the SubjectPublicKeyInfo, lower-case hex. */
export type SignerTrust =
  | { kind: 'given'; fingerprint: string }
  | { kind: 'known'; fingerprints: ReadonlySet<string> }
  | { kind: 'nobody' }

/**
 * `given`, `known`: the signer is one that was trusted before. `package-only`: the signature fits the key that lies
 * beside it, which whoever changed the package could have put there.
 */
export type SignerStanding = 'given' | 'known' | 'package-only'

export interface SignerCheck {
  fingerprint: string
  standing: SignerStanding
}

/** The signature over the manifest, and whose it is. `package-signature`, `package-signer-other`. */
export const checkSigner = (
  manifest: Uint8Array,
  signature: Uint8Array,
  pem: Uint8Array,
  trust: SignerTrust,
): SignerCheck => {
  const spki = spkiOf(pem)
  const fingerprint = sha256Of(spki)
  if (trust.kind === 'given' && trust.fingerprint !== fingerprint)
    throw new KeyturnError('package-signer-other', { fingerprint })
  if (!verifyDetached(spki, manifest, signature)) throw new KeyturnError('package-signature')
  return { fingerprint, standing: standingOf(fingerprint, trust) }
}

const standingOf = (fingerprint: string, trust: SignerTrust): SignerStanding => {
  if (trust.kind === 'given') return 'given'
  return trust.kind === 'known' && trust.fingerprints.has(fingerprint) ? 'known' : 'package-only'
}

const spkiOf = (pem: Uint8Array): Buffer => {
  try {
    return readPem('PUBLIC KEY', pem)
  } catch {
    throw new KeyturnError('package-signature')
  }
}
