import { createCipheriv, randomBytes } from 'node:crypto'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import { SecretBytes } from '../../platform/secret-bytes.ts'
import { wrapKey } from '../aes-key-wrap.ts'
import { der, octetString, oid, sequence, setOf, smallInteger } from '../der-write.ts'
import { tag } from '../der.ts'
import { oaepEncrypt } from './oaep.ts'
import { cmsOids, contentKeyLength, gcm } from './oids.ts'
import { envelopedVersion, wrappedLengthFits } from './parse.ts'
import { kekRecipient, keyTransport } from './recipient-info.ts'
import { keyIdFits, namedKeyOf, refused, type NamedKey } from './recipient-name.ts'
import { contentLimit, fileLimit, keyIdLimit, recipientLimit } from './types.ts'
import type { CmsRecipient, WrappedParts } from './types.ts'

/**
 * AuthEnvelopedData (RFC 5083) with AES-256-GCM under a key of its own, which each recipient gets by RSA-OAEP. Any of
 * them opens it alone. Other bytes at each repeat. Errors: `cms-content-size`, `cms-recipients`, and those of reading a
 * certificate (`file-…`).
 */
export const sealCms = (content: SecretBytes, recipients: readonly CmsRecipient[]): Uint8Array => {
  const named = namedKeysOf(recipients)
  return sealed(content, (contentKey) => transported(named, contentKey))
}

/** The same for who has a key of 256 bits: RFC 3394 instead of RSA. `kekId`: the keyIdentifier, 1 to 64 bytes. */
export const sealCmsUnderKek = (content: SecretBytes, kek: SecretBytes, kekId: Uint8Array): Uint8Array => {
  if (kek.length !== contentKeyLength) throw refused(`the key has ${kek.length * 8} bits, not 256`)
  if (!keyIdFits(kekId)) throw refused(`a key identifier has ${kekId.length} bytes, not 1 to ${keyIdLimit}`)
  return sealed(content, (contentKey) => [kekRecipient(kekId, wrapKey(kek, contentKey))])
}

/**
 * EnvelopedData of what a token wrapped: the key by RFC 5649 under a temporary key, and that one by RSA-OAEP for each
 * recipient. The lengths are checked; whether it opens only who has a key can tell. Errors: `cms-recipients`,
 * `cms-wrapped-parts`.
 */
export const composeWrapped = ({ recipients, content }: WrappedParts): Uint8Array => {
  const named = namedKeysOf(recipients.map(({ recipient }) => recipient))
  if (!wrappedLengthFits(content.length))
    throw new KeyturnError('cms-wrapped-parts', { what: `the wrapped key has ${content.length} bytes` })
  const infos = recipients.map(({ recipient, encryptedKey }, index) => {
    const key = named[index]?.key
    if (encryptedKey.length !== key?.modulusBytes) {
      const what = `an encrypted key has ${encryptedKey.length} bytes, its recipient’s modulus ${key?.modulusBytes}`
      throw new KeyturnError('cms-wrapped-parts', { what })
    }
    return keyTransport(key, recipient.oaep, encryptedKey)
  })
  const algorithm = sequence(oid(cmsOids.aes256WrapPad))
  return wrappedFile(named, infos, contentInfo(algorithm, content))
}

export interface NamedRecipient {
  key: NamedKey
  oaep: CmsRecipient['oaep']
}

export const namedKeysOf = (recipients: readonly CmsRecipient[]): NamedRecipient[] => {
  if (recipients.length < 1 || recipients.length > recipientLimit)
    throw refused(`there are ${recipients.length} recipients`)
  const named = recipients.map((recipient) => ({ key: namedKeyOf(recipient), oaep: recipient.oaep }))
  if (new Set(named.map(({ key }) => key.identifier.toString('hex'))).size < named.length)
    throw refused('a recipient is there twice')
  return named
}

/** One RecipientInfo each. */
export const transported = (named: readonly NamedRecipient[], contentKey: SecretBytes): Buffer[] =>
  named.map(({ key, oaep }) =>
    contentKey.use((bytes) => keyTransport(key, oaep, oaepEncrypt(key.publicKey, oaep, bytes))),
  )

const sealed = (content: SecretBytes, infosFor: (contentKey: SecretBytes) => Buffer[]): Buffer => {
  if (content.length < 1 || content.length > contentLimit) {
    const what = `1 to ${contentLimit.toLocaleString('en-US')} are taken`
    throw new KeyturnError('cms-content-size', { bytes: content.length, what })
  }
  using contentKey = SecretBytes.take(randomBytes(contentKeyLength))
  const infos = infosFor(contentKey)
  const nonce = randomBytes(gcm.nonce)
  const cipher = contentKey.use((key) => createCipheriv('aes-256-gcm', key, nonce))
  const encrypted = content.use((bytes) => Buffer.concat([cipher.update(bytes), cipher.final()]))
  const algorithm = sequence(oid(cmsOids.aes256Gcm), sequence(octetString(nonce), smallInteger(gcm.tag)))
  return authEnvelopedFile(infos, contentInfo(algorithm, encrypted), cipher.getAuthTag())
}

const contentInfo = (algorithm: Buffer, encrypted: Uint8Array): Buffer =>
  sequence(oid(cmsOids.data), algorithm, der(tag.contextPrimitive(0), encrypted))

export const authEnvelopedFile = (infos: readonly Buffer[], info: Buffer, mac: Uint8Array): Buffer =>
  fileOf(cmsOids.authEnvelopedData, sequence(smallInteger(0), setOf(...infos), info, octetString(mac)))

export const wrappedFile = (
  named: readonly NamedRecipient[],
  infos: readonly Buffer[],
  info: Buffer,
): Buffer => {
  const version = envelopedVersion(named.every(({ key }) => key.version === 0))
  return fileOf(cmsOids.envelopedData, sequence(smallInteger(version), setOf(...infos), info))
}

const fileOf = (type: string, body: Buffer): Buffer => {
  const file = sequence(oid(type), der(tag.context(0), body))
  if (file.length > fileLimit) throw refused('the names of the recipients’ issuers are too long')
  return file
}
