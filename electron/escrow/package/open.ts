import { createCipheriv, createPrivateKey, createPublicKey } from 'node:crypto'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import { isPemPair } from '../../../shared/model/escrow.ts'
import { openCmsParts, openWrappedKey, type CmsKey, type OpenedWrap } from '../../formats/cms/index.ts'
import { joinShares, shareFingerprint } from '../../formats/slip39/index.ts'
import type { SecretBytes } from '../../platform/secret-bytes.ts'
import { sha256Of } from '../digest.ts'
import { openGroupKey } from '../share-group.ts'
import type { ManifestGroup, ManifestItem, ManifestRecipient } from './manifest.ts'
import { groupPrivatePath, sealedPath, type PackageFiles } from './paths.ts'
import type { SignerTrust } from './signer.ts'
import { fileOf, takeApart, type PackageCheck, type VerifiedPackage } from './verify.ts'

/** What opens a package. Both stay the caller's, to be wiped there. */
export type PackageKey =
  | { kind: 'shares'; shares: readonly SecretBytes[] }
  /** PKCS #8 in DER of a certificate in the folder recipients. */
  | { kind: 'private-key'; pkcs8: SecretBytes }

export interface OpenedItem {
  item: ManifestItem
  /** The caller wipes it. */
  content: SecretBytes
  /** Zero bytes that the token had put after the key, and that were taken off; see `wrapVerdict`. */
  trimmedZeros: number
}

export interface OpenPackage extends PackageCheck {
  /** `package-item-unknown`, `package-item-other`, `cms-…`. Nothing is given that was not checked before. */
  item(number: number): OpenedItem
  /**
   * A key of a token as it was wrapped, and the key that wraps it: for a token that opens it. The key itself is in no
   * memory of this program. `package-item-unknown`, `cms-…`; of an item of another kind `cms-unsupported`.
   */
  wrappedKey(number: number): OpenedWrap & { item: ManifestItem }
  /** Wipes the key. Opening an item after that throws `secret-wiped`. */
  [Symbol.dispose](): void
}

/**
 * Verifies the package, then takes the key to it; items open one by one. Errors: those of `verifyPackage`; for shares
 * `package-share-other`, `package-shares-few` and those of joining; `package-key-other`, `package-group-key`, `cms-…`.
 */
export const openPackage = (files: PackageFiles, trust: SignerTrust, key: PackageKey): OpenPackage => {
  const verified = takeApart(files, trust)
  const { manifest, manifestSha256, signer, files: count, bytes } = verified
  const opening = openingOf(verified, key)
  return {
    manifest,
    manifestSha256,
    signer,
    files: count,
    bytes,
    item: (number) => openOne(verified, opening, number),
    wrappedKey: (number) => {
      const item = itemNumbered(verified, number)
      const path = sealedPath(item.number)
      return { item, ...openWrappedKey(fileOf(verified.contents, path), opening, path) }
    },
    [Symbol.dispose]: () => opening.pkcs8.wipe(),
  }
}

/** One item of a package. Errors: those of `openPackage` and its `item`. */
export const openItem = (
  files: PackageFiles,
  trust: SignerTrust,
  key: PackageKey,
  number: number,
): OpenedItem & { check: PackageCheck } => {
  using opened = openPackage(files, trust, key)
  return { ...opened.item(number), check: opened }
}

/** The group's private key itself, for who wraps the package anew for another group. The caller wipes it. */
export const openGroupOf = (verified: VerifiedPackage, shares: readonly SecretBytes[]): SecretBytes => {
  assertOfGroup(verified.manifest.group, shares)
  using joined = joinShares(shares)
  return openGroupKey(fileOf(verified.contents, groupPrivatePath), joined, verified.groupSpki)
}

/**
 * Which member a share is of: the one whose fingerprint it has. Learns nothing about the secret and needs no other
 * share. `package-share-other`; errors of reading a share. `which` is what a person calls it.
 */
export const memberOf = <Member extends { fingerprint: string | null }>(
  group: { name: string; members: readonly Member[] },
  share: SecretBytes,
  which: string,
): Member & { fingerprint: string } => {
  const fingerprint = shareFingerprint(share)
  const member = group.members.find((one) => one.fingerprint === fingerprint)
  if (member === undefined) throw new KeyturnError('package-share-other', { which, group: group.name })
  return { ...member, fingerprint }
}

type Opening = CmsKey & { kind: 'private-key' }

const openingOf = (verified: VerifiedPackage, key: PackageKey): Opening => {
  const { manifest } = verified
  if (key.kind === 'shares')
    return {
      kind: 'private-key',
      pkcs8: openGroupOf(verified, key.shares),
      certificateOrKeyId: { keyId: Buffer.from(manifest.group.keyId, 'hex') },
    }
  const spkiSha256 = publicHashOf(key.pkcs8)
  const recipient = manifest.recipients.find((one) => one.spkiSha256 === spkiSha256)
  if (recipient === undefined) throw new KeyturnError('package-key-other')
  return {
    kind: 'private-key',
    pkcs8: key.pkcs8.copy(),
    certificateOrKeyId: certificateOf(verified, recipient),
  }
}

const certificateOf = (
  { openers }: VerifiedPackage,
  { number }: ManifestRecipient,
): { certificate: Uint8Array } => {
  const key = openers[number]?.key
  if (key === undefined || !('certificate' in key)) throw new KeyturnError('package-key-other')
  return key
}

const assertOfGroup = (group: ManifestGroup, shares: readonly SecretBytes[]): void => {
  const numbers = shares.map((share, index) => memberOf(group, share, String(index + 1)).number)
  const given = new Set(numbers).size
  if (given < group.threshold)
    throw new KeyturnError('package-shares-few', { given, needed: group.threshold })
}

const itemNumbered = ({ manifest: { items } }: VerifiedPackage, number: number): ManifestItem => {
  const item = items[number - 1]
  if (item === undefined) throw new KeyturnError('package-item-unknown', { number, count: items.length })
  return item
}

const openOne = (verified: VerifiedPackage, opening: Opening, number: number): OpenedItem => {
  const item = itemNumbered(verified, number)
  const path = sealedPath(item.number)
  const { content, trimmedZeros } = openCmsParts(fileOf(verified.contents, path), opening, path)
  if (isTheKey(item, content)) return { item, content, trimmedZeros }
  content.wipe()
  throw new KeyturnError('package-item-other', { number })
}

/** What the manifest says of a key is proved by the key itself, where it has the means. */
const isTheKey = (item: ManifestItem, content: SecretBytes): boolean => {
  const { kind, spkiSha256, kcv } = item
  if (isPemPair(item) && spkiSha256 !== null) return publicHashOf(content, 'pem') === spkiSha256
  if (kind !== 'hsm-key') return true
  return kcv === null ? publicHashOf(content) === spkiSha256 : checkValueOf(content) === kcv
}

/** Of the public half of a private key; null where the bytes are no private key. */
const publicHashOf = (pkcs8: SecretBytes, format: 'der' | 'pem' = 'der'): string | null =>
  pkcs8.use((key) => {
    try {
      const privateKey = createPrivateKey({ key, format, type: 'pkcs8' })
      return sha256Of(createPublicKey(privateKey).export({ format: 'der', type: 'spki' }))
    } catch {
      return null
    }
  })

/** CKA_CHECK_VALUE of an AES key: the first 3 bytes of a block of zeros under it. */
const checkValueOf = (content: SecretBytes): string | null =>
  content.use((key) => {
    const name = aesNames[key.length]
    if (name === undefined) return null
    const cipher = createCipheriv(name, key, Buffer.alloc(16))
    return cipher.update(Buffer.alloc(16)).toString('hex').slice(0, 6)
  })

/** CBC with an empty vector is ECB for its first block. */
const aesNames: Readonly<Record<number, string>> = { 16: 'aes-128-cbc', 24: 'aes-192-cbc', 32: 'aes-256-cbc' }
