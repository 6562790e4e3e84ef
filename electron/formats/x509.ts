import { createHash, X509Certificate, type KeyObject } from 'node:crypto'
import { KeyturnError } from '../../shared/errors/problem.ts'
import type { Thumbprint } from '../../shared/model/ids.ts'
import {
  bitStringOf,
  childrenOf,
  DerError,
  expectTag,
  fieldsOf,
  oidOf,
  readDer,
  tag,
  timeOf,
  unsignedOf,
  type DerNode,
} from './der.ts'
import { sequence } from './der-write.ts'
import { signatureAlgorithms } from './oids.ts'
import { thumbprintOf } from './thumbprint.ts'

export const certificateLimit = 64 * 1024

export interface CertificateFacts {
  /** `CN=..., O=...` in the order of the file; control characters are escaped. */
  subject: string
  issuer: string
  /** Whole bytes in upper-case hex, without a sign byte: as Windows, OpenSSL and SQL Server show it. */
  serialHex: string
  notBefore: Date
  notAfter: Date
  /** Length of the RSA modulus or of the curve. */
  bits: number
  /** As in `RSA with SHA-256`; an algorithm that is not known by name: its object identifier. */
  signatureAlgorithm: string
  thumbprint: Thumbprint
  /** SHA-256 of the SubjectPublicKeyInfo, upper-case hex: the same for every certificate of one key. */
  publicKeySpkiSha256: string
  /** The certificate's own key made its signature, and the signature was checked here. */
  selfSigned: boolean
}

export interface OpenedCertificate {
  facts: CertificateFacts
  x509: X509Certificate
  publicKey: KeyObject
}

/**
 * Reads one DER certificate (not PEM). A certificate that names itself as issuer has its signature checked, so that a
 * changed bit is found; one of another issuer can only be told by its thumbprint. Errors: `file-not-certificate`,
 * `file-damaged`, `file-too-large`; `file` is what they call it.
 */
export const readCertificate = (bytes: Uint8Array, file = 'The certificate'): CertificateFacts =>
  openCertificate(bytes, file).facts

export const openCertificate = (bytes: Uint8Array, file: string): OpenedCertificate => {
  if (bytes.length > certificateLimit)
    throw new KeyturnError('file-too-large', { file, limit: certificateLimit })
  const certificate = Buffer.from(bytes)
  if (!looksLikeCertificate(certificate)) throw new KeyturnError('file-not-certificate', { file })
  try {
    return opened(certificate)
  } catch {
    // Whatever the parsers say about hostile bytes is the same answer for a person.
    throw new KeyturnError('file-damaged', { file })
  }
}

/** How CMS names a certificate: a SEQUENCE of its issuer and its serial number. The certificate was read before. */
export const issuerAndSerialOf = (certificate: Uint8Array): Buffer => {
  const [tbs] = childrenOf(readDer(Buffer.from(certificate), tag.sequence))
  const { issuer, serial } = tbsFields(expectTag(tbs, tag.sequence))
  return sequence(issuer.whole, serial.whole)
}

/** A SEQUENCE that begins with a SEQUENCE that begins with a version or a serial number. */
const looksLikeCertificate = (bytes: Buffer): boolean => {
  const innerAt = headerLength(bytes, 0)
  if (bytes[0] !== tag.sequence || bytes[innerAt] !== tag.sequence) return false
  const first = bytes[innerAt + headerLength(bytes, innerAt)]
  return first === tag.context(0) || first === tag.integer
}

const headerLength = (bytes: Buffer, at: number): number => {
  const first = bytes[at + 1] ?? 0
  return first < 0x80 ? 2 : 2 + (first & 0x7f)
}

const opened = (bytes: Buffer): OpenedCertificate => {
  const [tbs, algorithm, signature] = fieldsOf(
    readDer(bytes, tag.sequence),
    tag.sequence,
    tag.sequence,
    tag.bitString,
  )
  bitStringOf(signature)
  const fields = tbsFields(tbs)
  if (!fields.algorithm.whole.equals(algorithm.whole))
    throw new DerError('two different signature algorithms')
  const x509 = new X509Certificate(bytes)
  if (!x509.raw.equals(bytes)) throw new DerError('a certificate that reads differently')
  const { publicKey } = x509
  const signatureOid = oidOf(childrenOf(algorithm)[0])
  const known = signatureAlgorithms.get(signatureOid)
  const selfSigned = known !== undefined && x509.verify(publicKey)
  // By text as well: one changed bit can turn the string type of one name, and leave its letters.
  const namesItself = fields.issuer.whole.equals(fields.subject.whole) || x509.issuer === x509.subject
  if (known !== undefined && namesItself && !selfSigned) throw new DerError('a signature that does not fit')
  const facts: CertificateFacts = {
    subject: oneLine(x509.subject),
    issuer: oneLine(x509.issuer),
    serialHex: hexOf(unsignedOf(fields.serial)),
    notBefore: timeOf(fields.validity[0]),
    notAfter: timeOf(fields.validity[1]),
    bits: bitsOf(publicKey),
    signatureAlgorithm: known ?? signatureOid,
    thumbprint: thumbprintOf(bytes),
    publicKeySpkiSha256: createHash('sha256').update(fields.spki.whole).digest('hex').toUpperCase(),
    selfSigned,
  }
  return { facts, x509, publicKey }
}

const tbsFields = (tbs: DerNode) => {
  const all = childrenOf(tbs)
  const [serial, algorithm, issuer, validity, subject, spki] =
    all[0]?.tag === tag.context(0) ? all.slice(1) : all
  return {
    serial: expectTag(serial, tag.integer),
    algorithm: expectTag(algorithm, tag.sequence),
    issuer: expectTag(issuer, tag.sequence),
    validity: childrenOf(expectTag(validity, tag.sequence)),
    subject: expectTag(subject, tag.sequence),
    spki: expectTag(spki, tag.sequence),
  }
}

const bitsOf = (key: KeyObject): number => {
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {}
  if (modulusLength !== undefined) return modulusLength
  return { prime256v1: 256, secp384r1: 384, secp521r1: 521 }[namedCurve ?? ''] ?? 0
}

const longestName = 1_000

/** Node gives one part per line and escapes control characters inside a part. */
const oneLine = (name: string | undefined): string =>
  (name ?? '').split('\n').join(', ').slice(0, longestName)

const hexOf = (bytes: Buffer): string => bytes.toString('hex').toUpperCase()
