import { KeyturnError } from '../../../shared/errors/problem.ts'
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
} from '../der.ts'
import { UnsupportedAlgorithm } from '../pbes2.ts'
import { cmsOids, gcm } from './oids.ts'
import { readRecipients } from './recipient-info.ts'
import { contentLimit, fileLimit, wrappedKeyLimit, type ReadCms, type ReadRecipient } from './types.ts'

/** A file taken apart; the buffers are views into a copy of it. */
export type ParsedCms = {
  recipients: ReadRecipient[]
  /** EncryptedContentInfo, whole. */
  contentInfo: Buffer
  /** Encrypted. */
  content: Buffer
} & ({ kind: 'auth-enveloped'; nonce: Buffer; mac: Buffer } | { kind: 'wrapped-key' })

/**
 * What the file says without a key; nothing of it is proven. Strict: only the shapes that Keyturn writes, in DER, with
 * the versions that RFC 5652 wants, within bounds, nothing left over. Errors: `cms-not-cms`, `cms-damaged`,
 * `cms-unsupported`, `cms-too-large`; `file` is what they call it.
 */
export const readCms = (bytes: Uint8Array, file = usualName): ReadCms => {
  const { kind, recipients, content } = parseCms(bytes, file)
  return { kind, recipients, contentLength: content.length }
}

export const usualName = 'The CMS file'

export const parseCms = (bytes: Uint8Array, file: string): ParsedCms => {
  if (bytes.length > fileLimit) throw new KeyturnError('cms-too-large', { file, limit: fileLimit })
  const own = Buffer.from(bytes)
  if (!looksLikeCms(own)) throw new KeyturnError('cms-not-cms', { file })
  try {
    return parsed(own)
  } catch (error) {
    if (error instanceof UnsupportedAlgorithm)
      throw new KeyturnError('cms-unsupported', { file, what: error.what })
    if (error instanceof DerError) throw new KeyturnError('cms-damaged', { file, what: error.message })
    throw error
  }
}

/** A SEQUENCE that begins with an OBJECT IDENTIFIER: PEM, text and certificates do not. */
const looksLikeCms = (bytes: Buffer): boolean => {
  const first = bytes[1] ?? 0
  return bytes[0] === tag.sequence && bytes[first < 0x80 ? 2 : 2 + (first & 0x7f)] === tag.oid
}

const parsed = (bytes: Buffer): ParsedCms => {
  const [type, explicit] = fieldsOf(readDer(bytes, tag.sequence), tag.oid, tag.context(0))
  const contentType = oidOf(type)
  const [body] = fieldsOf(explicit, tag.sequence)
  if (contentType === cmsOids.authEnvelopedData) return authEnveloped(body)
  if (contentType === cmsOids.envelopedData) return wrappedKey(body)
  throw new UnsupportedAlgorithm('another type of content')
}

const authEnveloped = (body: DerNode): ParsedCms => {
  const [version, set, info, mac] = fieldsOf(body, tag.integer, tag.set, tag.sequence, tag.octetString)
  if (smallIntegerOf(version) !== 0) throw new DerError('another version')
  const { recipients } = readRecipients(set)
  const { algorithm, content } = readContentInfo(info, contentLimit)
  const [id, parameters, ...more] = childrenOf(algorithm)
  if (oidOf(id) !== cmsOids.aes256Gcm) throw new UnsupportedAlgorithm('another encryption of the content')
  const [nonce, tagLength] = fieldsOf(expectTag(parameters, tag.sequence), tag.octetString, tag.integer)
  if (more.length > 0) throw new DerError('too many parameters')
  if (nonce.value.length !== gcm.nonce || smallIntegerOf(tagLength) !== gcm.tag)
    throw new UnsupportedAlgorithm('AES-GCM with another nonce or tag')
  if (mac.value.length !== gcm.tag) throw new DerError('a tag of another length')
  const sealed = { recipients, contentInfo: info.whole, content, nonce: nonce.value, mac: mac.value }
  return { kind: 'auth-enveloped', ...sealed }
}

const wrappedKey = (body: DerNode): ParsedCms => {
  const [version, set, info] = fieldsOf(body, tag.integer, tag.set, tag.sequence)
  const { recipients, allOfVersion0 } = readRecipients(set)
  if (smallIntegerOf(version) !== envelopedVersion(allOfVersion0)) throw new DerError('another version')
  const { algorithm, content } = readContentInfo(info, wrappedKeyLimit + 8)
  const [id, ...parameters] = childrenOf(algorithm)
  if (oidOf(id) !== cmsOids.aes256WrapPad) throw new UnsupportedAlgorithm('another encryption of the content')
  if (parameters.length > 0) throw new DerError('a key wrap with parameters')
  if (!wrappedLengthFits(content.length)) throw new DerError('a wrapped key of another length')
  return { kind: 'wrapped-key', recipients, contentInfo: info.whole, content }
}

/** RFC 5652, 6.1, for files without originatorInfo and unprotected attributes. */
export const envelopedVersion = (allOfVersion0: boolean): 0 | 2 => (allOfVersion0 ? 0 : 2)

/** The smallest key is one of 128 bits. */
export const wrappedLengthFits = (length: number): boolean =>
  length >= 24 && length <= wrappedKeyLimit + 8 && length % 8 === 0

const readContentInfo = (info: DerNode, limit: number): { algorithm: DerNode; content: Buffer } => {
  const [type, algorithm, content] = fieldsOf(info, tag.oid, tag.sequence, tag.contextPrimitive(0))
  if (oidOf(type) !== cmsOids.data) throw new UnsupportedAlgorithm('another type of encrypted content')
  if (content.value.length < 1 || content.value.length > limit)
    throw new DerError('a content of another length')
  return { algorithm, content: content.value }
}
