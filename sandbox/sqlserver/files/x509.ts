/** Self-signed RSA certificates as SQL Server makes and exports them: DER, X.509, CN = subject. */
import {
  createHash,
  createPublicKey,
  generateKeyPair,
  randomBytes,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto'
import {
  bits as bitString,
  context,
  der,
  nothing,
  oid,
  only,
  sequence,
  TAG,
  unsigned,
  type DerReader,
} from './der.ts'
import { orRefuse, refuse } from './errors.ts'
import { readName, writeCommonName } from './names.ts'
import { bitLength } from './rsa-numbers.ts'
import { readTime, writeTime } from './times.ts'

const RSA_ENCRYPTION = '1.2.840.113549.1.1.1'
const SHA1_WITH_RSA = '1.2.840.113549.1.1.5'
const SHA256_WITH_RSA = '1.2.840.113549.1.1.11'
const SIGNATURE_HASHES = new Map([
  [SHA1_WITH_RSA, 'sha1'],
  [SHA256_WITH_RSA, 'sha256'],
  ['1.2.840.113549.1.1.12', 'sha384'],
  ['1.2.840.113549.1.1.13', 'sha512'],
])
const MAX_CERTIFICATE = 64 * 1024
const MAX_SERIAL = 20
const EXTENSIONS = context(3)

export interface SelfSignedRequest {
  /** Becomes the common name of subject and issuer; any Unicode text. Length limits are the engine's. */
  subject: string
  /** Unsigned big-endian, 1 to 20 bytes; 16 random bytes when absent. */
  serial?: Buffer
  notBefore: Date
  notAfter: Date
  bits: number
  /** Of the signature; SHA-256 unless an old server signs. */
  hash?: 'sha1' | 'sha256'
  /** Stands in for key generation, which takes up to a second for 3072 bits. */
  generateKey?: (bits: number) => Promise<KeyObject>
}

export interface CertificateFacts {
  /** The bare common name, or `CN=a, O=b` for names of several parts. */
  subject: string
  issuer: string
  /** Unsigned big-endian without leading zeros. */
  serial: Buffer
  notBefore: Date
  notAfter: Date
  publicKey: KeyObject
  bits: number
}

/** Makes a new RSA key and a version 1 certificate. Throws RangeError for dates or serials that X.509 can't hold. */
export async function makeSelfSigned(
  request: SelfSignedRequest,
): Promise<{ certificate: Buffer; privateKey: KeyObject }> {
  const serial = request.serial ?? randomSerial()
  if (serial.length < 1 || serial.length > MAX_SERIAL)
    throw new RangeError('A serial number has 1 to 20 bytes.')
  const privateKey = await (request.generateKey ?? generateRsaKey)(request.bits)
  const name = writeCommonName(request.subject)
  const hash = request.hash ?? 'sha256'
  const algorithm = sequence(oid(hash === 'sha1' ? SHA1_WITH_RSA : SHA256_WITH_RSA), nothing())
  const signedPart = sequence(
    unsigned(serial),
    algorithm,
    name,
    sequence(writeTime(request.notBefore), writeTime(request.notAfter)),
    name,
    createPublicKey(privateKey).export({ format: 'der', type: 'spki' }),
  )
  const signature = sign(hash, signedPart, privateKey)
  return { certificate: sequence(signedPart, algorithm, bitString(signature)), privateKey }
}

/** SHA-1 over the whole certificate: 20 bytes, what SQL Server calls the thumbprint. */
export function thumbprintOf(certificate: Buffer): Buffer {
  return createHash('sha1').update(certificate).digest()
}

/**
 * Reads a self-signed certificate and checks its signature. Throws FileFormatError: `format`; `damaged` when the
 * signature does not verify; `mismatch` when another certificate issued it (its bytes can't be checked alone).
 */
export function readCertificate(certificate: Buffer): CertificateFacts {
  if (certificate.length > MAX_CERTIFICATE) refuse('format', 'The file is too long for a certificate.')
  const outer = only(certificate, TAG.sequence)
  const signedPart = outer.element(TAG.sequence)
  const algorithm = outer.element(TAG.sequence).raw
  const signature = outer.bits()
  outer.end()
  const { innerAlgorithm, selfIssued, facts } = readSignedPart(signedPart.raw)
  if (!innerAlgorithm.equals(algorithm)) refuse('damaged', 'The certificate names two signature algorithms.')
  if (!selfIssued)
    refuse('mismatch', 'The certificate was issued by another one; only self-signed ones are read.')
  const hash = signatureHash(algorithm)
  const genuine = orRefuse('damaged', 'The signature of the certificate could not be checked.', () =>
    verify(hash, signedPart.raw, facts.publicKey, signature),
  )
  if (!genuine) refuse('damaged', 'The signature of the certificate does not fit its content.')
  return facts
}

/** Whether the private key belongs to the certificate. Throws what readCertificate throws. */
export function privateKeyMatches(certificate: Buffer, key: KeyObject): boolean {
  const spki = (any: KeyObject): Buffer => any.export({ format: 'der', type: 'spki' })
  return spki(readCertificate(certificate).publicKey).equals(spki(createPublicKey(key)))
}

function readSignedPart(raw: Buffer): {
  innerAlgorithm: Buffer
  selfIssued: boolean
  facts: CertificateFacts
} {
  const fields = only(raw, TAG.sequence)
  const version = readVersion(fields)
  const serial = fields.unsigned()
  if (serial.length > MAX_SERIAL) refuse('format', 'The serial number is too long.')
  const innerAlgorithm = fields.element(TAG.sequence).raw
  const issuerName = fields.element(TAG.sequence).raw
  const validity = fields.inside(TAG.sequence)
  const notBefore = readTime(validity.next())
  const notAfter = readTime(validity.next())
  validity.end()
  const subjectName = fields.element(TAG.sequence).raw
  const { publicKey, bits } = readPublicKey(fields.element(TAG.sequence).raw)
  if (version === 3 && fields.more) fields.take(EXTENSIONS)
  fields.end()
  const issuer = readName(only(issuerName, TAG.sequence))
  const subject = readName(only(subjectName, TAG.sequence))
  const facts = { subject, issuer, serial: Buffer.from(serial), notBefore, notAfter, publicKey, bits }
  return { innerAlgorithm, selfIssued: issuerName.equals(subjectName), facts }
}

function readVersion(fields: DerReader): number {
  const explicit = fields.optional(context(0))
  if (explicit === null) return 1
  if (!explicit.equals(der(TAG.integer, Buffer.from([2]))))
    refuse('format', 'The certificate version is not read here.')
  return 3
}

function readPublicKey(spki: Buffer): { publicKey: KeyObject; bits: number } {
  const fields = only(spki, TAG.sequence)
  const algorithm = fields.inside(TAG.sequence)
  if (algorithm.oid() !== RSA_ENCRYPTION) refuse('format', 'Only certificates with RSA keys are read.')
  algorithm.take(TAG.nothing)
  algorithm.end()
  const numbers = only(fields.bits(), TAG.sequence)
  fields.end()
  const bits = bitLength(numbers.unsigned())
  numbers.unsigned()
  numbers.end()
  const publicKey = orRefuse('format', 'The public key of the certificate is malformed.', () =>
    createPublicKey({ key: spki, format: 'der', type: 'spki' }),
  )
  return { publicKey, bits }
}

function signatureHash(algorithm: Buffer): string {
  const fields = only(algorithm, TAG.sequence)
  const hash = SIGNATURE_HASHES.get(fields.oid())
  if (hash === undefined) refuse('format', 'The signature algorithm is not read here.')
  if (fields.take(TAG.nothing).length > 0) refuse('format', 'The signature algorithm has unknown parameters.')
  fields.end()
  return hash
}

function randomSerial(): Buffer {
  const serial = randomBytes(16)
  // A first byte of 0x40 to 0x7f keeps the number positive and of constant length.
  serial[0] = 0x40 | ((serial[0] ?? 0) & 0x3f)
  return serial
}

function generateRsaKey(bits: number): Promise<KeyObject> {
  return new Promise((resolve, reject) => {
    generateKeyPair('rsa', { modulusLength: bits }, (error, _publicKey, privateKey) => {
      if (error) reject(error)
      else resolve(privateKey)
    })
  })
}
