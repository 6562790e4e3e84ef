import { createPublicKey } from 'node:crypto'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { GroupMember, PackageItem, RecipientKind, ShareGroup } from '../../../shared/model/escrow.ts'
import type { PackageId, RunId } from '../../../shared/model/ids.ts'
import { composeWrapped, sealCms } from '../../formats/cms/index.ts'
import { openCertificate } from '../../formats/x509.ts'
import type { SecretBytes } from '../../platform/secret-bytes.ts'
import { sha256Of } from '../digest.ts'
import {
  listedPathsOf,
  manifestFormat,
  manifestVersion,
  writeManifest,
  type ManifestGroup,
  type ManifestItem,
  type ManifestRecipient,
  type ManifestReplaced,
} from './manifest.ts'
import {
  groupPrivatePath,
  groupPublicPath,
  halvesPath,
  itemPublicPath,
  manifestPath,
  readmePath,
  recipientPath,
  recombinePath,
  sealedPath,
  signaturePath,
  signerPath,
  type PackageFiles,
} from './paths.ts'
import { writePem } from './pem.ts'
import { recoverText } from './readme.ts'
import { certificateOpener, checkSealed, cmsRecipientOf, groupOpener, oaepOf, type Opener } from './sealed.ts'
import type { PackageSigner } from './signer.ts'
import { fileOf, verifyPackage, type PackageCheck } from './verify.ts'

/** A group that a ceremony finished: its public facts, its public key, and its private key sealed under the split secret. */
export interface PackageGroup {
  facts: ShareGroup
  /** SubjectPublicKeyInfo, DER. */
  spki: Uint8Array
  sealedPrivateKey: Uint8Array
}

export interface NewRecipient {
  kind: RecipientKind
  name: string
  /** DER, with an RSA key. */
  certificate: Uint8Array
}

export interface NewItem {
  facts: Omit<PackageItem, 'number'>
  /**
   * `secret`: sealed here; it stays the caller's. `wrapped`: what a token gave, the key by RFC 5649 and the temporary
   * key for each opener, the share group first, then the recipients in their order. `sealed`: a file of another package
   * that was wrapped anew for these openers.
   */
  content:
    | { kind: 'secret'; secret: SecretBytes }
    | { kind: 'wrapped'; encryptedKeys: readonly Uint8Array[]; wrappedKey: Uint8Array }
    | { kind: 'sealed'; cms: Uint8Array }
  /** SubjectPublicKeyInfo, DER; null where there is no public half. */
  spki: Uint8Array | null
}

export interface NewPackage {
  id: PackageId
  /** ISO 8601 in UTC; the run; the program's version. */
  made: { at: string; run: RunId; program: string }
  group: PackageGroup
  recipients: readonly NewRecipient[]
  items: readonly NewItem[]
  /** `recombine.py`, as the program brings it along. */
  recombine: Uint8Array
  /** The package that these items were wrapped anew from. */
  replaces?: ManifestReplaced
}

export interface WrittenPackage {
  files: PackageFiles
  check: PackageCheck
}

/**
 * The files of a package. What comes out was verified as any package is, signer included. Writes nothing anywhere; at
 * each repeat the sealed files have other bytes. `package-not-described`; those of sealing; and those of verifying,
 * where what was given does not fit together.
 */
export const writePackage = (wanted: NewPackage, signer: PackageSigner): WrittenPackage => {
  const group = groupFacts(wanted.group)
  const recipients = wanted.recipients.map(recipientFacts)
  const items = wanted.items.map(itemFacts)
  const openers = openersOf(wanted, group, recipients)
  const facts = {
    format: manifestFormat,
    version: manifestVersion,
    id: wanted.id,
    made: wanted.made,
    signer: sha256Of(signer.spki),
    group,
    recipients,
    items,
    ...(wanted.replaces === undefined ? {} : { replaces: wanted.replaces }),
  } as const
  const listed = new Map<string, Uint8Array>([
    [readmePath, recoverText(facts)],
    [recombinePath, wanted.recombine],
    [groupPublicPath, writePem('PUBLIC KEY', wanted.group.spki)],
    [groupPrivatePath, wanted.group.sealedPrivateKey],
    ...wanted.recipients.map(
      ({ certificate }, index) => [recipientPath(index + 1), writePem('CERTIFICATE', certificate)] as const,
    ),
    ...wanted.items.flatMap((item, index) => itemFiles(item, index + 1, openers)),
  ])
  const files = listedPathsOf({ recipients, items }).map((path) => {
    const bytes = fileOf(listed, path)
    return { path, bytes: bytes.length, sha256: sha256Of(bytes) }
  })
  const manifest = writeManifest({ ...facts, files })
  const all = new Map<string, Uint8Array>([
    ...listed,
    [manifestPath, manifest],
    [signaturePath, signer.sign(manifest)],
    [signerPath, writePem('PUBLIC KEY', signer.spki)],
  ])
  return { files: all, check: verifyPackage(all, { kind: 'given', fingerprint: facts.signer }) }
}

/** Whom the items are sealed to, in the order that `wrapped` wants: for who asks a token to wrap. Errors as above. */
export const openersFor = (wanted: Pick<NewPackage, 'group' | 'recipients'>): readonly Opener[] =>
  openersOf(wanted, groupFacts(wanted.group), wanted.recipients.map(recipientFacts))

const openersOf = (
  wanted: Pick<NewPackage, 'group' | 'recipients'>,
  group: ManifestGroup,
  recipients: readonly ManifestRecipient[],
): Opener[] => [
  groupOpener(group, wanted.group.spki),
  ...recipients.map((facts, index) =>
    certificateOpener(facts, wanted.recipients[index]?.certificate ?? new Uint8Array()),
  ),
]

const groupFacts = ({ facts }: PackageGroup): ManifestGroup => {
  const { id, name, state, threshold, identifier, spkiSha256, keyId, created } = facts
  if (state !== 'active' || identifier === null || spkiSha256 === null || keyId === null)
    throw notDescribed(`the group ${name}, which is not active`)
  const members = facts.members.map(memberFacts)
  return { id, name, threshold, members, identifier, spkiSha256, keyId, created }
}

const memberFacts = ({
  number,
  name,
  medium,
  fingerprint,
}: GroupMember): ManifestGroup['members'][number] => {
  if (fingerprint === null) throw notDescribed(`the share of ${name}, which was not made`)
  return { number, name, medium, fingerprint }
}

const recipientFacts = ({ kind, name, certificate }: NewRecipient, index: number): ManifestRecipient => {
  const { publicKeySpkiSha256 } = openCertificate(certificate, name).facts
  return {
    number: index + 1,
    kind,
    name,
    certificateSha256: sha256Of(certificate),
    spkiSha256: publicKeySpkiSha256.toLowerCase(),
  }
}

const itemFacts = ({ facts }: NewItem, index: number): ManifestItem => ({
  ...facts,
  number: index + 1,
  azureKids: [...facts.azureKids],
  sqlNames: [...facts.sqlNames],
  hsm: facts.hsm && { ...facts.hsm, attributes: { ...facts.hsm.attributes } },
})

const itemFiles = (
  { facts, content, spki }: NewItem,
  number: number,
  openers: readonly Opener[],
): [string, Uint8Array][] => {
  const sealed = sealedBytes(facts, content, openers)
  const halves = checkSealed({ ...facts, number }, sealed, openers)
  if ((spki === null) !== (facts.spkiSha256 === null)) throw notDescribed(`the public half of ${facts.name}`)
  return [
    [sealedPath(number), sealed],
    ...(halves === null ? [] : [[halvesPath(number), halves] satisfies [string, Uint8Array]]),
    ...(spki === null
      ? []
      : [
          [itemPublicPath(number), writePem('PUBLIC KEY', canonicalSpki(spki))] satisfies [
            string,
            Uint8Array,
          ],
        ]),
  ]
}

const sealedBytes = (
  facts: NewItem['facts'],
  content: NewItem['content'],
  openers: readonly Opener[],
): Uint8Array => {
  if (content.kind === 'sealed') return content.cms
  const recipients = openers.map((one) => cmsRecipientOf(one, oaepOf(facts)))
  if (content.kind === 'secret') return sealCms(content.secret, recipients)
  return composeWrapped({
    content: content.wrappedKey,
    recipients: recipients.map((recipient, index) => ({
      recipient,
      encryptedKey: content.encryptedKeys[index] ?? new Uint8Array(),
    })),
  })
}

/** As OpenSSL writes it, so that the comparison of README-RECOVER.txt can be one of bytes. */
const canonicalSpki = (spki: Uint8Array): Uint8Array => {
  try {
    const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
    if (key.export({ format: 'der', type: 'spki' }).equals(spki)) return spki
  } catch {
    // The same answer as for another form.
  }
  throw notDescribed('a public key')
}

const notDescribed = (where: string): KeyturnError => new KeyturnError('package-not-described', { where })
