import {
  childrenOf,
  DerError,
  expectTag,
  fieldsOf,
  oidOf,
  smallIntegerOf,
  tag,
  type DerNode,
} from '../der.ts'
import { der, octetString, oid, sequence, smallInteger } from '../der-write.ts'
import { UnsupportedAlgorithm } from '../pbes2.ts'
import { oaepAlgorithm, oaepHashOf } from './oaep.ts'
import { cmsOids, contentKeyLength } from './oids.ts'
import { keyIdFits, recipientNameOf, sameName, type NamedKey } from './recipient-name.ts'
import { recipientLimit, rsaBits, type OaepHash, type ReadRecipient } from './types.ts'

/** KeyTransRecipientInfo (RFC 5652, 6.2.1). */
export const keyTransport = (key: NamedKey, oaep: OaepHash, encryptedKey: Uint8Array): Buffer =>
  sequence(smallInteger(key.version), key.identifier, oaepAlgorithm(oaep), octetString(encryptedKey))

const kekVersion = 4

/** KEKRecipientInfo (6.2.3), with AES-256 key wrap. */
export const kekRecipient = (kekId: Uint8Array, wrappedKey: Uint8Array): Buffer =>
  der(
    tag.context(2),
    smallInteger(kekVersion),
    sequence(octetString(kekId)),
    sequence(oid(cmsOids.aes256Wrap)),
    octetString(wrappedKey),
  )

/**
 * All recipients of a SET OF RecipientInfo, with the version of each checked. Their order is that of DER, and none is
 * there twice: so one set of recipients has one form.
 */
export const readRecipients = (set: DerNode): { recipients: ReadRecipient[]; allOfVersion0: boolean } => {
  const nodes = childrenOf(set, recipientLimit)
  if (nodes.length === 0) throw new DerError('no recipient')
  for (const [index, node] of nodes.entries()) {
    const before = nodes[index - 1]
    if (before !== undefined && Buffer.compare(before.whole, node.whole) >= 0)
      throw new DerError('recipients that are not in order')
  }
  const recipients = nodes.map(readRecipient)
  if (recipients.some((one, index) => recipients.slice(0, index).some((other) => sameRecipient(one, other))))
    throw new DerError('a recipient that is there twice')
  const allOfVersion0 = recipients.every((one) => one.kind === 'key-transport' && one.name.by !== 'key-id')
  return { recipients, allOfVersion0 }
}

const readRecipient = (node: DerNode): ReadRecipient => {
  if (node.tag === tag.sequence) return readKeyTransport(node)
  if (node.tag === tag.context(2)) return readKek(node)
  throw new UnsupportedAlgorithm('another kind of recipient')
}

const readKeyTransport = (node: DerNode): ReadRecipient => {
  const [version, identifier, algorithm, key, ...more] = childrenOf(node, 5)
  if (identifier === undefined || algorithm === undefined || more.length > 0)
    throw new DerError('a recipient with other fields')
  const name = recipientNameOf(identifier)
  if (smallIntegerOf(version) !== (name.by === 'key-id' ? 2 : 0))
    throw new DerError('a recipient of another version')
  if (name.by === 'key-id' && !keyIdFits(name.keyId)) throw new DerError('a key identifier of another length')
  const oaep = oaepHashOf(algorithm)
  if (oaep === null) throw new UnsupportedAlgorithm('another encryption of the content key')
  const encryptedKey = expectTag(key, tag.octetString).value
  if (encryptedKey.length < rsaBits.least / 8 || encryptedKey.length > rsaBits.most / 8)
    throw new DerError('an encrypted key of another length')
  return { kind: 'key-transport', name, oaep, encryptedKey }
}

const readKek = (node: DerNode): ReadRecipient => {
  const [version, identifier, algorithm, key] = fieldsOf(
    node,
    tag.integer,
    tag.sequence,
    tag.sequence,
    tag.octetString,
  )
  if (smallIntegerOf(version) !== kekVersion) throw new DerError('a recipient of another version')
  const [keyId] = fieldsOf(identifier, tag.octetString)
  if (!keyIdFits(keyId.value)) throw new DerError('a key identifier of another length')
  const [id, ...parameters] = childrenOf(algorithm)
  if (oidOf(id) !== cmsOids.aes256Wrap) throw new UnsupportedAlgorithm('another key wrap')
  if (parameters.length > 0) throw new DerError('a key wrap with parameters')
  if (key.value.length !== contentKeyLength + 8) throw new DerError('an encrypted key of another length')
  return { kind: 'kek', keyId: keyId.value, encryptedKey: key.value }
}

const sameRecipient = (one: ReadRecipient, other: ReadRecipient): boolean =>
  one.kind === 'kek'
    ? other.kind === 'kek' && one.keyId.equals(other.keyId)
    : other.kind === 'key-transport' && sameName(one.name, other.name)
