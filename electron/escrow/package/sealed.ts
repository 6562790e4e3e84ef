import { createPublicKey, type KeyObject } from 'node:crypto'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import { readCms, type CmsRecipient, type OaepHash } from '../../formats/cms/index.ts'
import { nameOfKey, sameName } from '../../formats/cms/recipient-name.ts'
import type { RecipientName } from '../../formats/cms/types.ts'
import { openCertificate } from '../../formats/x509.ts'
import { sha256Of } from '../digest.ts'
import { writeHalves } from './halves.ts'
import type { ManifestGroup, ManifestItem, ManifestRecipient } from './manifest.ts'
import { groupPublicPath, recipientPath, sealedPath } from './paths.ts'

/** Whoever opens the items of a package by itself: the share group first, then the certificates. */
export interface Opener {
  /** The file that holds the public half. */
  path: string
  key: { certificate: Uint8Array } | { spki: Uint8Array; keyId: Uint8Array }
  name: RecipientName
  modulusBytes: number
}

export const lies = (file: string, what: string): KeyturnError =>
  new KeyturnError('package-lies', { file, what })

/** The share group as a recipient. `package-lies` where the public key is not the one of the manifest. */
export const groupOpener = ({ spkiSha256, keyId }: ManifestGroup, spki: Uint8Array): Opener => {
  if (sha256Of(spki) !== spkiSha256) throw lies(groupPublicPath, 'the hash of the public key')
  const key = { spki, keyId: Buffer.from(keyId, 'hex') }
  const modulusBytes = rsaBytesOf(keyOf(spki), groupPublicPath)
  return { path: groupPublicPath, key, name: nameOfKey(key), modulusBytes }
}

/** A certificate as a recipient. Errors: those of reading a certificate; `package-lies`. */
export const certificateOpener = (
  { number, certificateSha256, spkiSha256 }: ManifestRecipient,
  certificate: Uint8Array,
): Opener => {
  const path = recipientPath(number)
  if (sha256Of(certificate) !== certificateSha256) throw lies(path, 'the hash of the certificate')
  const { facts, publicKey } = openCertificate(certificate, path)
  if (facts.publicKeySpkiSha256.toLowerCase() !== spkiSha256) throw lies(path, 'the hash of its public key')
  const key = { certificate }
  return { path, key, name: nameOfKey(key), modulusBytes: rsaBytesOf(publicKey, path) }
}

export const cmsRecipientOf = ({ key }: Opener, oaep: OaepHash): CmsRecipient =>
  'certificate' in key ? { kind: 'certificate', ...key, oaep } : { kind: 'public-key', ...key, oaep }

/** What a key of a token was wrapped with is said in its facts; everything else is SHA-256. */
export const oaepOf = ({ hsm }: Pick<ManifestItem, 'hsm'>): OaepHash => hsm?.oaep ?? 'sha256'

/**
 * The sealed file is one of the item's kind and for exactly the package's openers. Nothing is opened. For a key of a
 * token it gives the halves that have to lie beside it. `package-lies`; `cms-…` where it is no such file at all.
 */
export const checkSealed = (
  item: Pick<ManifestItem, 'number' | 'kind' | 'hsm'>,
  sealed: Uint8Array,
  openers: readonly Opener[],
): Buffer | null => {
  const path = sealedPath(item.number)
  const { kind, recipients, contentLength } = readCms(sealed, path)
  const wrapped = item.kind === 'hsm-key'
  if ((kind === 'wrapped-key') !== wrapped) throw lies(path, 'the kind of the item')
  if (recipients.length !== openers.length) throw lies(path, 'how many recipients it has')
  const oaep = oaepOf(item)
  const halves = recipients.map((one) => {
    const opener = one.kind === 'kek' ? undefined : openers.find(({ name }) => sameName(name, one.name))
    if (one.kind === 'kek' || opener === undefined) throw lies(path, 'who its recipients are')
    if (one.oaep !== oaep) throw lies(path, 'the hash of OAEP')
    if (one.encryptedKey.length !== opener.modulusBytes) throw lies(path, 'the length of an encrypted key')
    return { for: opener.path, oaep, encryptedKey: one.encryptedKey }
  })
  // The encrypted content is the last field of the last field of such a file.
  const wrappedKey = Buffer.from(sealed.subarray(sealed.length - contentLength))
  return wrapped ? writeHalves({ recipients: halves, wrappedKey }) : null
}

/** `group/private.p7` is sealed under the split secret of this group and nothing else. */
export const checkGroupPrivate = (sealed: Uint8Array, path: string, keyId: string): void => {
  const { kind, recipients } = readCms(sealed, path)
  const [only, ...more] = recipients
  if (kind !== 'auth-enveloped' || only?.kind !== 'kek' || more.length > 0)
    throw lies(path, 'that it opens with shares alone')
  if (only.keyId.toString('hex') !== keyId) throw lies(path, 'which group it belongs to')
}

const rsaBytesOf = (key: KeyObject | null, path: string): number => {
  const bits = key?.asymmetricKeyType === 'rsa' ? (key.asymmetricKeyDetails?.modulusLength ?? 0) : 0
  if (bits < 2048 || bits > 8192) throw lies(path, 'an RSA key of 2,048 to 8,192 bits')
  return Math.ceil(bits / 8)
}

/** Null: no public key, or one with bytes that do not belong to it. */
const keyOf = (spki: Uint8Array): KeyObject | null => {
  try {
    const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
    return key.export({ format: 'der', type: 'spki' }).equals(spki) ? key : null
  } catch {
    return null
  }
}
