import { createPublicKey, type KeyObject } from 'node:crypto'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import { fieldsOf, readDer, tag, unsignedOf, type DerNode } from '../der.ts'
import { der } from '../der-write.ts'
import { issuerAndSerialOf, openCertificate } from '../x509.ts'
import { keyIdLimit, rsaBits, type CmsRecipient, type RecipientName } from './types.ts'

/** A recipient to seal to: its RSA key, and the RecipientIdentifier that names it. */
export interface NamedKey {
  publicKey: KeyObject
  /** Bytes of the modulus, which is how long its encrypted key is. */
  modulusBytes: number
  identifier: Buffer
  /** 0 with issuer and serial number, 2 with a key identifier. */
  version: 0 | 2
}

export const namedKeyOf = (recipient: CmsRecipient): NamedKey => {
  const publicKey =
    recipient.kind === 'certificate'
      ? openCertificate(recipient.certificate, 'The certificate of a recipient').publicKey
      : publicKeyOf(recipient.spki)
  const { modulusLength = 0 } = publicKey.asymmetricKeyDetails ?? {}
  if (publicKey.asymmetricKeyType !== 'rsa' || modulusLength < rsaBits.least || modulusLength > rsaBits.most)
    throw refused(`a recipient has no RSA key of ${rsaBits.least} to ${rsaBits.most} bits`)
  const modulusBytes = Math.ceil(modulusLength / 8)
  return recipient.kind === 'certificate'
    ? { publicKey, modulusBytes, identifier: issuerAndSerialOf(recipient.certificate), version: 0 }
    : { publicKey, modulusBytes, identifier: keyIdentifier(recipient.keyId), version: 2 }
}

export const refused = (what: string): KeyturnError => new KeyturnError('cms-recipients', { what })

const publicKeyOf = (spki: Uint8Array): KeyObject => {
  try {
    const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
    if (key.export({ format: 'der', type: 'spki' }).equals(spki)) return key
  } catch {
    // The same answer for bytes that are no key, and for those that are one and something more.
  }
  throw refused('the public key of a recipient was not read')
}

export const keyIdFits = (keyId: Uint8Array): boolean => keyId.length >= 1 && keyId.length <= keyIdLimit

/** [0] IMPLICIT OCTET STRING. */
const keyIdentifier = (keyId: Uint8Array): Buffer => {
  if (!keyIdFits(keyId)) throw refused(`a key identifier has ${keyId.length} bytes, not 1 to ${keyIdLimit}`)
  return der(tag.contextPrimitive(0), keyId)
}

/** The name that a RecipientIdentifier gives. */
export const recipientNameOf = (identifier: DerNode): RecipientName => {
  if (identifier.tag === tag.contextPrimitive(0))
    return { by: 'key-id', keyId: Buffer.from(identifier.value) }
  const [issuer, serial] = fieldsOf(identifier, tag.sequence, tag.integer)
  return {
    by: 'issuer-and-serial',
    issuer: Buffer.from(issuer.whole),
    serialHex: unsignedOf(serial).toString('hex').toUpperCase(),
  }
}

/** The name that a file would have for who comes with this certificate or key identifier. */
export const nameOfKey = (key: { certificate: Uint8Array } | { keyId: Uint8Array }): RecipientName =>
  'keyId' in key
    ? { by: 'key-id', keyId: Buffer.from(key.keyId) }
    : recipientNameOf(readDer(issuerAndSerialOf(key.certificate), tag.sequence))

export const sameName = (one: RecipientName, other: RecipientName): boolean =>
  one.by === 'key-id'
    ? other.by === 'key-id' && one.keyId.equals(other.keyId)
    : other.by === 'issuer-and-serial' && one.serialHex === other.serialHex && one.issuer.equals(other.issuer)
