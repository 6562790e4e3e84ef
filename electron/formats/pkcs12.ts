import { createPrivateKey, timingSafeEqual, X509Certificate, type KeyObject } from 'node:crypto'
import { KeyturnError } from '../../shared/errors/problem.ts'
import {
  childrenOf,
  DerError,
  expectTag,
  fieldsOf,
  oidOf,
  readDer,
  smallIntegerOf,
  tag,
  type DerNode,
} from './der.ts'
import { macDigests, oids } from './oids.ts'
import { iterationLimit, UnsupportedAlgorithm } from './pbes2.ts'
import { decryptPart } from './pkcs12-pbe.ts'
import { pkcs12Mac, type MacParameters } from './pkcs12-mac.ts'

export const pkcs12Limit = 256 * 1_024
const bagLimit = 32

export interface Pkcs12Content {
  privateKey: KeyObject
  /** DER of the certificate that the private key belongs to. */
  certificate: Buffer
  /** DER of what else is in the file, in its order. */
  otherCertificates: Buffer[]
}

/**
 * Reads a `.pfx` in DER with PBES2 (PBKDF2, AES-CBC) and an HMAC, as current Windows, OpenSSL 3 and Keyturn write it;
 * also with the 3DES of older Windows.
 * `password`: UTF-8. Errors: `file-not-private-key`, `file-wrong-password`, `file-damaged`, `file-key-mismatch` (no
 * certificate in it fits the key), `file-unsupported` (older algorithms), `file-too-large`.
 */
export const readPkcs12 = (
  bytes: Uint8Array,
  password: Uint8Array,
  file = 'The .pfx file',
): Pkcs12Content => {
  if (bytes.length > pkcs12Limit) throw new KeyturnError('file-too-large', { file, limit: pkcs12Limit })
  const input = Buffer.from(bytes)
  if (!isPkcs12(input)) throw new KeyturnError('file-not-private-key', { file })
  return asFileError(file, () => {
    const { content, mac, expected } = outerParts(input)
    const matches = timingSafeEqual(pkcs12Mac(mac, password, content), expected)
    if (!matches)
      throw new KeyturnError(opensAnyway(content, password) ? 'file-damaged' : 'file-wrong-password', {
        file,
      })
    return pairIn(bagsOf(content, password), file)
  })
}

/** A SEQUENCE that begins with the version number 3 and another SEQUENCE. */
export const isPkcs12 = (bytes: Uint8Array): boolean => {
  const first = bytes[1] ?? 0
  const at = first < 0x80 ? 2 : 2 + (first & 0x7f)
  const start = [tag.integer, 1, 3, tag.sequence]
  return bytes[0] === tag.sequence && start.every((byte, index) => bytes[at + index] === byte)
}

interface Outer {
  /** The AuthenticatedSafe's DER, which the MAC covers. */
  content: Buffer
  mac: MacParameters
  expected: Buffer
}

const outerParts = (input: Buffer): Outer => {
  const [, authSafe, macData] = fieldsOf(
    readDer(input, tag.sequence),
    tag.integer,
    tag.sequence,
    tag.sequence,
  )
  const content = dataContent(authSafe)
  const [digestInfo, salt, count, ...more] = childrenOf(macData)
  if (more.length > 0) throw new UnsupportedAlgorithm('a MAC of another form')
  const [algorithm, expected] = fieldsOf(expectTag(digestInfo, tag.sequence), tag.sequence, tag.octetString)
  const digestOid = oidOf(parameterless(algorithm))
  const digest = macDigests.get(digestOid)
  if (digest === undefined) throw new UnsupportedAlgorithm(`the MAC ${digestOid}`)
  const iterations = count === undefined ? 1 : smallIntegerOf(count)
  if (iterations < 1 || iterations > iterationLimit)
    throw new UnsupportedAlgorithm(`${iterations} iterations`)
  const mac = {
    digest: digest.name,
    block: digest.block,
    salt: expectTag(salt, tag.octetString).value,
    iterations,
  }
  if (expected.value.length !== digest.length) throw new DerError('a MAC of another length')
  return { content, mac, expected: expected.value }
}

/** The algorithm's OID, where its parameters are absent or NULL. */
const parameterless = (algorithm: DerNode): DerNode | undefined => {
  const [id, parameters, ...more] = childrenOf(algorithm)
  if (more.length > 0) throw new UnsupportedAlgorithm('a MAC of another form')
  if (parameters !== undefined && expectTag(parameters, tag.null).value.length > 0) {
    throw new UnsupportedAlgorithm('a MAC of another form')
  }
  return id
}

/** The bytes of a ContentInfo of type data. */
const dataContent = (info: DerNode): Buffer => {
  const [id, content] = fieldsOf(info, tag.oid, tag.context(0))
  const type = oidOf(id)
  if (type !== oids.data) throw new UnsupportedAlgorithm(`the content ${type}`)
  const [octets] = fieldsOf(content, tag.octetString)
  return octets.value
}

/** Decides between a wrong password and a damaged file when the MAC does not fit. */
const opensAnyway = (content: Buffer, password: Uint8Array): boolean => {
  try {
    return bagsOf(content, password).keys.length > 0
  } catch {
    return false
  }
}

interface Bags {
  keys: KeyObject[]
  certificates: Buffer[]
}

const bagsOf = (content: Buffer, password: Uint8Array): Bags => {
  const bags: Bags = { keys: [], certificates: [] }
  for (const info of childrenOf(readDer(content, tag.sequence))) {
    const isPlain = oidOf(childrenOf(expectTag(info, tag.sequence))[0]) === oids.data
    const safe = isPlain ? dataContent(info) : encryptedContent(info, password)
    for (const bag of childrenOf(readDer(safe, tag.sequence))) readBag(bag, password, bags)
    if (bags.keys.length + bags.certificates.length > bagLimit)
      throw new UnsupportedAlgorithm('so many entries')
  }
  return bags
}

const encryptedContent = (info: DerNode, password: Uint8Array): Buffer => {
  const [id, content] = fieldsOf(info, tag.oid, tag.context(0))
  const type = oidOf(id)
  if (type !== oids.encryptedData) throw new UnsupportedAlgorithm(`the content ${type}`)
  const [encryptedData] = fieldsOf(content, tag.sequence)
  const [, encrypted] = fieldsOf(encryptedData, tag.integer, tag.sequence)
  const [innerType, algorithm, data] = fieldsOf(encrypted, tag.oid, tag.sequence, tag.contextPrimitive(0))
  if (oidOf(innerType) !== oids.data) throw new UnsupportedAlgorithm('encrypted content of another type')
  return decryptPart(algorithm, password, data.value)
}

const readBag = (bag: DerNode, password: Uint8Array, bags: Bags): void => {
  const [id, value] = childrenOf(expectTag(bag, tag.sequence))
  const [content] = childrenOf(expectTag(value, tag.context(0)))
  const type = oidOf(id)
  if (type === oids.shroudedKeyBag) bags.keys.push(shroudedKey(expectTag(content, tag.sequence), password))
  else if (type === oids.keyBag) bags.keys.push(pkcs8Key(expectTag(content, tag.sequence).whole))
  else if (type === oids.certBag) bags.certificates.push(certificateIn(expectTag(content, tag.sequence)))
}

const shroudedKey = (content: DerNode, password: Uint8Array): KeyObject => {
  const [algorithm, data] = fieldsOf(content, tag.sequence, tag.octetString)
  const pkcs8 = decryptPart(algorithm, password, data.value)
  try {
    return pkcs8Key(pkcs8)
  } finally {
    pkcs8.fill(0)
  }
}

const pkcs8Key = (key: Buffer): KeyObject => {
  readDer(key, tag.sequence)
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' })
}

const certificateIn = (content: DerNode): Buffer => {
  const [type, value] = fieldsOf(content, tag.oid, tag.context(0))
  if (oidOf(type) !== oids.x509Certificate) throw new UnsupportedAlgorithm('a certificate of another kind')
  const [octets] = fieldsOf(value, tag.octetString)
  return Buffer.from(octets.value)
}

const pairIn = ({ keys, certificates }: Bags, file: string): Pkcs12Content => {
  const [privateKey, second] = keys
  if (privateKey === undefined) throw new KeyturnError('file-not-private-key', { file })
  if (second !== undefined) throw new UnsupportedAlgorithm('more than one private key')
  const own = certificates.findIndex((der) => new X509Certificate(der).checkPrivateKey(privateKey))
  const certificate = certificates[own]
  if (certificate === undefined) throw new KeyturnError('file-key-mismatch', { file })
  return { privateKey, certificate, otherCertificates: certificates.filter((_, index) => index !== own) }
}

/** Hostile bytes can make any parser below throw anything; for a person it is one answer. */
const asFileError = <Result>(file: string, work: () => Result): Result => {
  try {
    return work()
  } catch (error) {
    if (error instanceof KeyturnError) throw error
    if (error instanceof UnsupportedAlgorithm)
      throw new KeyturnError('file-unsupported', { file, what: error.what })
    throw new KeyturnError('file-damaged', { file })
  }
}
