import { createHash, createPublicKey, randomBytes, type KeyObject } from 'node:crypto'
import { childrenOf, readDer, tag, type DerNode } from '../../../electron/formats/der.ts'
import { der, sequence } from '../../../electron/formats/der-write.ts'
import { wrapKeyPadded } from '../../../electron/formats/aes-key-wrap.ts'
import { oaepEncrypt } from '../../../electron/formats/cms/oaep.ts'
import {
  composeWrapped,
  openCmsParts,
  type CmsKey,
  type CmsRecipient,
  type OaepHash,
} from '../../../electron/formats/cms/index.ts'
import { SecretBytes } from '../../../electron/platform/secret-bytes.ts'
import { makeCertificate, makeKey } from './make-certificate.ts'

export const secret = (bytes: Uint8Array): SecretBytes => SecretBytes.take(Buffer.from(bytes))

export interface Custodian {
  certificate: Buffer
  spki: Buffer
  keyId: Buffer
  publicKey: KeyObject
  recipient(oaep?: OaepHash): CmsRecipient
  /** Opens by certificate. */
  key(): CmsKey & { kind: 'private-key' }
  /** The same key, named by its identifier. */
  bare(oaep?: OaepHash): CmsRecipient
  bareKey(): CmsKey & { kind: 'private-key' }
}

export const makeCustodian = (subject: string): Custodian => {
  const privateKey = makeKey()
  const publicKey = createPublicKey(privateKey)
  const certificate = makeCertificate(privateKey, { subject })
  const spki = publicKey.export({ format: 'der', type: 'spki' })
  const keyId = createHash('sha1').update(spki).digest()
  const pkcs8 = (): SecretBytes => SecretBytes.take(privateKey.export({ format: 'der', type: 'pkcs8' }))
  return {
    certificate,
    spki,
    keyId,
    publicKey,
    recipient: (oaep = 'sha256') => ({ kind: 'certificate', certificate, oaep }),
    key: () => ({ kind: 'private-key', pkcs8: pkcs8(), certificateOrKeyId: { certificate } }),
    bare: (oaep = 'sha256') => ({ kind: 'public-key', spki, keyId, oaep }),
    bareKey: () => ({ kind: 'private-key', pkcs8: pkcs8(), certificateOrKeyId: { keyId } }),
  }
}

/** What a token does, in the clear: a temporary key wraps, and is wrapped for each recipient. */
export const wrappedAsToken = (
  plain: Uint8Array,
  recipients: readonly { custodian: Custodian; recipient: CmsRecipient }[],
): Buffer => {
  const temporary = randomBytes(32)
  const content = wrapKeyPadded(secret(temporary), secret(plain))
  const parts = recipients.map(({ custodian, recipient }) => ({
    recipient,
    encryptedKey: oaepEncrypt(custodian.publicKey, recipient.oaep, temporary),
  }))
  return Buffer.from(composeWrapped({ recipients: parts, content }))
}

export const opened = (file: Uint8Array, key: CmsKey): Buffer => {
  using content = openCmsParts(file, key).content
  return content.use((bytes) => Buffer.from(bytes))
}

/** A file in its parts, to put together another way. */
export interface FileParts {
  type: Buffer
  version: Buffer
  recipients: Buffer[]
  info: Buffer
  /** The tag, where the file has one. */
  after: Buffer[]
}

export const partsOf = (file: Uint8Array): FileParts => {
  const [type, explicit] = childrenOf(readDer(Buffer.from(file))) as [DerNode, DerNode]
  const [version, set, info, ...after] = childrenOf(readDer(explicit.value)) as [DerNode, DerNode, DerNode]
  return {
    type: type.whole,
    version: version.whole,
    recipients: childrenOf(set).map(({ whole }) => whole),
    info: info.whole,
    after: (after as DerNode[]).map(({ whole }) => whole),
  }
}

/** Does not sort: an order that is wrong stays wrong. */
export const fileOf = ({ type, version, recipients, info, after }: FileParts): Buffer =>
  sequence(type, der(tag.context(0), sequence(version, der(tag.set, ...recipients), info, ...after)))
