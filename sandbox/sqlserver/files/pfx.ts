/** PKCS#12 (RFC 7292): one certificate with its private key under one password. */
import { createHmac, randomBytes, timingSafeEqual, type KeyObject } from 'node:crypto'
import type { DerReader } from './der.ts'
import { context, der, nothing, octets, oid, only, sequence, smallInteger, TAG } from './der.ts'
import { FileFormatError, refuse } from './errors.ts'
import { decryptPbe, encryptPbes2, pkcs12Derive, readIterations, readSalt } from './pbe.ts'
import { keyFromNumbers, readPkcs1 } from './rsa-numbers.ts'
import { privateKeyMatches, readCertificate, thumbprintOf } from './x509.ts'

const DATA = '1.2.840.113549.1.7.1'
const ENCRYPTED_DATA = '1.2.840.113549.1.7.6'
const SHROUDED_KEY_BAG = '1.2.840.113549.1.12.10.1.2'
const CERTIFICATE_BAG = '1.2.840.113549.1.12.10.1.3'
const X509_CERTIFICATE = '1.2.840.113549.1.9.22.1'
const LOCAL_KEY_ID = '1.2.840.113549.1.9.21'
const RSA_ENCRYPTION = '1.2.840.113549.1.1.1'
const SHA256 = '2.16.840.1.101.3.4.2.1'
const DIGESTS = new Map([
  ['1.3.14.3.2.26', { name: 'sha1', length: 20 }],
  [SHA256, { name: 'sha256', length: 32 }],
  ['2.16.840.1.101.3.4.2.2', { name: 'sha384', length: 48 }],
  ['2.16.840.1.101.3.4.2.3', { name: 'sha512', length: 64 }],
])
const ITERATIONS = 100_000
const MAX_FILE = 256 * 1024
const MAX_PARTS = 8
const PRIMITIVE_CONTEXT_0 = 0x80

/**
 * PBES2 with PBKDF2-HMAC-SHA256 (100,000 rounds unless given) and AES-256-CBC; MAC with SHA-256. Password bytes are
 * UTF-8. Throws FileFormatError `mismatch` when the key does not belong to the certificate.
 */
export function writePfx(
  certificate: Buffer,
  key: KeyObject,
  password: Buffer,
  iterations = ITERATIONS,
): Buffer {
  if (!privateKeyMatches(certificate, key))
    refuse('mismatch', 'The private key belongs to another certificate.')
  const link = der(TAG.set, sequence(oid(LOCAL_KEY_ID), der(TAG.set, octets(thumbprintOf(certificate)))))
  const certificateValue = sequence(oid(X509_CERTIFICATE), der(context(0), octets(certificate)))
  const certificateBag = sequence(oid(CERTIFICATE_BAG), der(context(0), certificateValue), link)
  const shroudedKey = encryptPbes2(password, key.export({ format: 'der', type: 'pkcs8' }), iterations)
  const keyValue = sequence(shroudedKey.algorithm, octets(shroudedKey.ciphertext))
  const keyBag = sequence(oid(SHROUDED_KEY_BAG), der(context(0), keyValue), link)
  const hidden = encryptPbes2(password, sequence(certificateBag), iterations)
  const hiddenPart = sequence(oid(DATA), hidden.algorithm, der(PRIMITIVE_CONTEXT_0, hidden.ciphertext))
  const content = sequence(
    sequence(oid(ENCRYPTED_DATA), der(context(0), sequence(smallInteger(0), hiddenPart))),
    dataPart(sequence(keyBag)),
  )
  return sequence(smallInteger(3), dataPart(content), writeMac(content, password, iterations))
}

/**
 * Reads PBES2 (AES-CBC, triple DES) and PBE-SHA1-3DES files whose MAC is keyed with the password. Throws
 * FileFormatError: `password` (wrong, or a changed byte under the MAC), `mismatch`, `damaged`, `format`.
 */
export function readPfx(bytes: Buffer, password: Buffer): { certificate: Buffer; privateKey: KeyObject } {
  if (bytes.length > MAX_FILE) refuse('format', 'The file is too long for a certificate with its key.')
  const file = only(bytes, TAG.sequence)
  if (file.smallInteger() !== 3) refuse('format', 'Not a PKCS#12 file of version 3.')
  const content = readDataPart(file.inside(TAG.sequence))
  checkMac(file.inside(TAG.sequence), content, password)
  file.end()
  try {
    return choosePair(readBags(content, password))
  } catch (error) {
    // The MAC has shown that the password is right, so a part that still does not open was written wrong.
    if (error instanceof FileFormatError && error.reason === 'password') refuse('damaged', error.message)
    throw error
  }
}

const dataPart = (content: Buffer): Buffer => sequence(oid(DATA), der(context(0), octets(content)))

function readDataPart(part: DerReader): Buffer {
  if (part.oid() !== DATA) refuse('format', 'The file is not kept under a password.')
  const content = only(part.take(context(0)), TAG.octetString)
  part.end()
  return content.rest()
}

function writeMac(content: Buffer, password: Buffer, iterations: number): Buffer {
  const salt = randomBytes(16)
  const mac = createHmac('sha256', pkcs12Derive('sha256', password, salt, 3, iterations, 32))
    .update(content)
    .digest()
  const digest = sequence(sequence(oid(SHA256), nothing()), octets(mac))
  return sequence(digest, octets(salt), smallInteger(iterations))
}

function checkMac(fields: DerReader, content: Buffer, password: Buffer): void {
  const digestInfo = fields.inside(TAG.sequence)
  const salt = readSalt(fields)
  const iterations = fields.more ? readIterations(fields) : 1
  fields.end()
  const algorithm = digestInfo.inside(TAG.sequence)
  const digest = DIGESTS.get(algorithm.oid())
  if (algorithm.more && algorithm.take(TAG.nothing).length > 0)
    refuse('format', 'The MAC has unknown parameters.')
  algorithm.end()
  const stored = digestInfo.take(TAG.octetString)
  digestInfo.end()
  if (digest === undefined || stored.length !== digest.length) refuse('format', 'The MAC is not read here.')
  const key = pkcs12Derive(digest.name, password, salt, 3, iterations, digest.length)
  const computed = createHmac(digest.name, key).update(content).digest()
  if (!timingSafeEqual(computed, stored))
    refuse('password', 'The password does not open the file, or it was changed.')
}

interface Bags {
  certificates: Buffer[]
  keys: KeyObject[]
}

function readBags(content: Buffer, password: Buffer): Bags {
  const parts = only(content, TAG.sequence)
  const bags: Bags = { certificates: [], keys: [] }
  for (let count = 0; parts.more; count++) {
    if (count >= MAX_PARTS) refuse('format', 'The file has too many parts.')
    const part = parts.element(TAG.sequence).raw
    const encrypted = only(part, TAG.sequence).oid() === ENCRYPTED_DATA
    const fields = only(part, TAG.sequence)
    readSafeContents(encrypted ? readEncryptedPart(fields, password) : readDataPart(fields), password, bags)
  }
  return bags
}

function readEncryptedPart(part: DerReader, password: Buffer): Buffer {
  part.oid()
  const body = only(part.take(context(0)), TAG.sequence)
  part.end()
  if (body.smallInteger() !== 0) refuse('format', 'An encrypted part has an unknown version.')
  const fields = body.inside(TAG.sequence)
  body.end()
  if (fields.oid() !== DATA) refuse('format', 'An encrypted part holds something else than data.')
  const algorithm = fields.element(TAG.sequence).raw
  const ciphertext = fields.take(PRIMITIVE_CONTEXT_0)
  fields.end()
  return decryptPbe(algorithm, password, ciphertext)
}

function readSafeContents(safe: Buffer, password: Buffer, bags: Bags): void {
  const entries = only(safe, TAG.sequence)
  while (entries.more) {
    const bag = entries.inside(TAG.sequence)
    const kind = bag.oid()
    const value = bag.take(context(0))
    bag.optional(TAG.set)
    bag.end()
    if (kind === CERTIFICATE_BAG) bags.certificates.push(readCertificateBag(value))
    else if (kind === SHROUDED_KEY_BAG) bags.keys.push(readKeyBag(value, password))
    else refuse('format', 'The file holds an entry that is not read here.')
    if (bags.certificates.length + bags.keys.length > MAX_PARTS)
      refuse('format', 'The file has too many entries.')
  }
}

function readCertificateBag(value: Buffer): Buffer {
  const fields = only(value, TAG.sequence)
  if (fields.oid() !== X509_CERTIFICATE)
    refuse('format', 'The file holds a certificate of another kind than X.509.')
  const certificate = only(fields.take(context(0)), TAG.octetString).rest()
  fields.end()
  return Buffer.from(certificate)
}

function readKeyBag(value: Buffer, password: Buffer): KeyObject {
  const shrouded = only(value, TAG.sequence)
  const algorithm = shrouded.element(TAG.sequence).raw
  const ciphertext = shrouded.take(TAG.octetString)
  shrouded.end()
  const fields = only(decryptPbe(algorithm, password, ciphertext), TAG.sequence)
  if (fields.smallInteger() !== 0) refuse('format', 'The private key has an unknown version.')
  if (fields.inside(TAG.sequence).oid() !== RSA_ENCRYPTION) refuse('format', 'Only RSA keys are read.')
  const key = keyFromNumbers(readPkcs1(fields.take(TAG.octetString)))
  fields.optional(context(0))
  fields.end()
  return key
}

function choosePair({ certificates, keys }: Bags): { certificate: Buffer; privateKey: KeyObject } {
  const [privateKey, second] = keys
  if (privateKey === undefined || second !== undefined)
    refuse('format', 'The file does not hold exactly one key.')
  if (certificates.length === 0) refuse('format', 'The file holds no certificate.')
  certificates.forEach(readCertificate)
  const certificate = certificates.find((one) => privateKeyMatches(one, privateKey))
  if (certificate === undefined) refuse('mismatch', 'The private key belongs to none of the certificates.')
  return { certificate, privateKey }
}
