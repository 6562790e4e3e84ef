import { KeyturnError } from '../../../shared/errors/problem.ts'
import { rewrapCms, type CmsKey } from '../../formats/cms/index.ts'
import type { SecretBytes } from '../../platform/secret-bytes.ts'
import type { ManifestItem } from './manifest.ts'
import { openGroupOf } from './open.ts'
import { itemPublicPath, recipientPath, sealedPath } from './paths.ts'
import { readPem } from './pem.ts'
import { cmsRecipientOf, oaepOf } from './sealed.ts'
import type { PackageSigner } from './signer.ts'
import { fileOf, type VerifiedPackage } from './verify.ts'
import {
  openersFor,
  writePackage,
  type NewItem,
  type NewPackage,
  type NewRecipient,
  type WrittenPackage,
} from './write.ts'

/** What the new package has of its own; items come from the old one. */
export interface Rewrapping extends Pick<NewPackage, 'id' | 'made' | 'group' | 'recombine'> {
  /** Null: those of the old package. */
  recipients: readonly NewRecipient[] | null
}

/** The certificates that a package is sealed for, as another one takes them over. */
export const recipientsOf = ({ manifest, contents }: VerifiedPackage): NewRecipient[] =>
  manifest.recipients.map(({ number, kind, name }) => ({
    kind,
    name,
    certificate: readPem('CERTIFICATE', fileOf(contents, recipientPath(number))),
  }))

/**
 * The items of a package for another share group: their content keys are wrapped anew, what they encrypt is byte for
 * byte as it was. The shares are those of the old group; its key is wiped. Each content is deciphered for its check
 * value, and wiped unread. Errors: those of `openGroupOf`, of `openCms` and of `writePackage`; `package-same-group`.
 */
export const rewrapPackage = (
  old: VerifiedPackage,
  shares: readonly SecretBytes[],
  { recipients, ...wanted }: Rewrapping,
  signer: PackageSigner,
): WrittenPackage => {
  const { manifest, manifestSha256 } = old
  if (wanted.group.facts.spkiSha256 === manifest.group.spkiSha256)
    throw new KeyturnError('package-same-group', { group: manifest.group.name })
  const target = { group: wanted.group, recipients: recipients ?? recipientsOf(old) }
  const openers = openersFor(target)
  using pkcs8 = openGroupOf(old, shares)
  const opening: CmsKey = {
    kind: 'private-key',
    pkcs8,
    certificateOrKeyId: { keyId: Buffer.from(manifest.group.keyId, 'hex') },
  }
  const items = manifest.items.map((item): NewItem => {
    const path = sealedPath(item.number)
    const oaep = oaepOf(item)
    const cms = rewrapCms(
      fileOf(old.contents, path),
      opening,
      openers.map((one) => cmsRecipientOf(one, oaep)),
      path,
    )
    return { facts: item, content: { kind: 'sealed', cms }, spki: publicHalfOf(old, item) }
  })
  return writePackage(
    { ...wanted, ...target, items, replaces: { package: manifest.id, manifestSha256 } },
    signer,
  )
}

const publicHalfOf = ({ contents }: VerifiedPackage, { number, spkiSha256 }: ManifestItem): Buffer | null =>
  spkiSha256 === null ? null : readPem('PUBLIC KEY', fileOf(contents, itemPublicPath(number)))
