import { createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { tag } from '../../../electron/formats/der.ts'
import { der, derNull, oid, sequence, setOf, unsigned } from '../../../electron/formats/der-write.ts'

export const makeKey = (): KeyObject => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey

export interface CertificateSpec {
  subject?: string
  issuer?: string
  /** Signs; default: the key itself. */
  signer?: KeyObject
  notAfter?: string
  serialHex?: string
}

/** A v1 certificate as SQL Server makes them: self-signed unless told otherwise, SHA-256. */
export const makeCertificate = (key: KeyObject, spec: CertificateSpec = {}): Buffer => {
  const subject = spec.subject ?? 'Backup certificate'
  const algorithm = sequence(oid('1.2.840.113549.1.1.11'), derNull())
  const time = (text: string): Buffer => der(tag.utcTime, Buffer.from(text, 'latin1'))
  const tbs = sequence(
    unsigned(Buffer.from(spec.serialHex ?? '00c0ffee0123456789', 'hex')),
    algorithm,
    nameOf(spec.issuer ?? subject),
    sequence(time('260101000000Z'), time(spec.notAfter ?? '360101000000Z')),
    nameOf(subject),
    createPublicKey(key).export({ format: 'der', type: 'spki' }),
  )
  const signature = sign('sha256', tbs, spec.signer ?? key)
  return sequence(tbs, algorithm, der(tag.bitString, Buffer.from([0]), signature))
}

const nameOf = (commonName: string): Buffer =>
  sequence(setOf(sequence(oid('2.5.4.3'), der(tag.utf8String, Buffer.from(commonName, 'utf8')))))
