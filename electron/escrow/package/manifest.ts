import { z } from 'zod'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import {
  escrowLimits,
  escrowPatterns,
  itemKinds,
  keyStates,
  recipientKinds,
  shareMedia,
  wrapVerdicts,
} from '../../../shared/model/escrow.ts'
import { asPackageId, asRunId, asShareGroupId } from '../../../shared/model/ids.ts'
import { canonicalJson } from '../../engine/canonical.ts'
import {
  groupPrivatePath,
  groupPublicPath,
  halvesPath,
  itemPublicPath,
  mostBytes,
  mostFiles,
  readmePath,
  recipientPath,
  recombinePath,
  sealedPath,
} from './paths.ts'

export const manifestFormat = 'keyturn-escrow-package'
export const manifestVersion = 1

/** No line ends, control or direction characters: names stand in README-RECOVER.txt and on terminals. */
const printable = /^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]*$/u
const text = (most: number) => z.string().min(1).max(most).regex(printable)
const name = text(escrowLimits.longestName)
const words = text(escrowLimits.longestText)
const sha256 = z.string().regex(escrowPatterns.sha256)
const keyId = z.string().regex(escrowPatterns.keyId)
const count = (least: number, most: number) => z.number().int().min(least).max(most)
const time = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  .refine((value) => !Number.isNaN(Date.parse(value)) && new Date(value).toISOString() === value)

const member = z.strictObject({
  number: count(1, escrowLimits.mostMembers),
  name,
  fingerprint: sha256,
  medium: z.enum(shareMedia),
})

const group = z.strictObject({
  id: z.string().regex(escrowPatterns.group).transform(asShareGroupId),
  name,
  threshold: count(escrowLimits.leastThreshold, escrowLimits.mostMembers),
  members: z.array(member).min(escrowLimits.leastThreshold).max(escrowLimits.mostMembers),
  identifier: count(0, 32_767),
  spkiSha256: sha256,
  keyId,
  created: time,
})

const recipient = z.strictObject({
  number: count(1, escrowLimits.mostRecipients),
  kind: z.enum(recipientKinds),
  name,
  certificateSha256: sha256,
  spkiSha256: sha256,
})

const hsm = z.strictObject({
  model: words,
  serial: words,
  firmware: words,
  keyId: z.string().regex(/^([0-9a-f]{2}){1,64}$/),
  label: words,
  attributes: z
    .record(z.string().regex(/^[A-Z][A-Z0-9_]{0,39}$/), z.boolean())
    .refine((all) => Object.keys(all).length <= 40),
  wrapVerdict: z.enum(wrapVerdicts),
  oaep: z.enum(['sha1', 'sha256']),
})

const period = z.strictObject({ from: time.nullable(), to: time.nullable() })

export const itemFacts = z.strictObject({
  kind: z.enum(itemKinds),
  name,
  from: z.strictObject({ target: words, identity: words }),
  purpose: words,
  algorithm: z.string().regex(/^[A-Za-z0-9-]{1,40}$/),
  bits: count(1, 16_384).nullable(),
  spkiSha256: sha256.nullable(),
  kcv: z
    .string()
    .regex(/^[0-9a-f]{6}$/)
    .nullable(),
  passwordItem: count(1, escrowLimits.mostItems).nullable(),
  generation: z.strictObject({ number: count(1, 1_000_000), backupId: words }).nullable(),
  hsm: hsm.nullable(),
  azureKids: z.array(words).max(16),
  sqlNames: z.array(words).max(64),
  originatorPeriod: period,
  recipientPeriod: period,
  state: z.enum(keyStates),
})

const item = itemFacts.extend({ number: count(1, escrowLimits.mostItems) })

const replaced = z.strictObject({
  package: z.string().regex(escrowPatterns.package).transform(asPackageId),
  manifestSha256: sha256,
})

const file = z.strictObject({ path: z.string().max(40), bytes: count(1, mostBytes), sha256 })

const manifest = z.strictObject({
  format: z.literal(manifestFormat),
  version: z.literal(manifestVersion),
  id: z.string().regex(escrowPatterns.package).transform(asPackageId),
  made: z.strictObject({
    at: time,
    run: z
      .string()
      .regex(/^[a-z0-9-]{8,40}$/)
      .transform(asRunId),
    program: z.string().regex(/^[0-9A-Za-z.+-]{1,40}$/),
  }),
  /** SHA-256 of the signer's SubjectPublicKeyInfo. */
  signer: sha256,
  group,
  recipients: z.array(recipient).max(escrowLimits.mostRecipients),
  items: z.array(item).min(1).max(escrowLimits.mostItems),
  /** The package whose items these are, wrapped anew. Absent where the items were sealed for this package. */
  replaces: replaced.optional(),
  files: z.array(file).min(1).max(mostFiles),
})

/** What a package says of itself. Public: it holds no secret, and nothing in it opens anything. */
export type PackageManifest = z.output<typeof manifest>
export type ManifestGroup = PackageManifest['group']
export type ManifestItem = PackageManifest['items'][number]
export type ManifestRecipient = PackageManifest['recipients'][number]
export type ManifestReplaced = NonNullable<PackageManifest['replaces']>
export type ManifestFile = PackageManifest['files'][number]

/** The bytes of MANIFEST.json. `package-not-described` names the first field that it can't hold. */
export const writeManifest = (content: PackageManifest): Buffer => {
  const parsed = manifest.safeParse(content)
  const wrong = parsed.success ? contradictionIn(parsed.data) : whereOf(parsed.error)
  if (wrong !== null) throw new KeyturnError('package-not-described', { where: wrong })
  return Buffer.from(canonicalJson(content), 'utf8')
}

/**
 * Reads MANIFEST.json: the canonical text of a known version, every field within its bounds, nothing besides them, no
 * two facts that contradict each other. `package-manifest`, `package-newer`.
 */
export const readManifest = (bytes: Uint8Array): PackageManifest => {
  let value: unknown
  let source: string
  try {
    source = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    value = JSON.parse(source)
  } catch {
    throw notInForm('its text')
  }
  const version = newerVersion(value)
  if (version !== null) throw new KeyturnError('package-newer', { version })
  const parsed = manifest.safeParse(value)
  if (!parsed.success) throw notInForm(whereOf(parsed.error))
  const wrong = contradictionIn(parsed.data)
  if (wrong !== null) throw notInForm(wrong)
  if (canonicalJson(parsed.data) !== source) throw notInForm('its spelling')
  return parsed.data
}

/** The paths that a package of these items and recipients has besides the unlisted ones, sorted. */
export const listedPathsOf = ({
  recipients,
  items,
}: Pick<PackageManifest, 'recipients' | 'items'>): string[] =>
  [
    readmePath,
    recombinePath,
    groupPublicPath,
    groupPrivatePath,
    ...recipients.map(({ number }) => recipientPath(number)),
    ...items.flatMap((one) => [
      sealedPath(one.number),
      ...(one.kind === 'hsm-key' ? [halvesPath(one.number)] : []),
      ...(one.spkiSha256 === null ? [] : [itemPublicPath(one.number)]),
    ]),
  ].sort()

const newerVersion = (value: unknown): number | null => {
  if (typeof value !== 'object' || value === null || !('format' in value) || !('version' in value))
    return null
  const { format, version } = value
  const newer = typeof version === 'number' && Number.isSafeInteger(version) && version > manifestVersion
  return format === manifestFormat && newer ? version : null
}

const contradictionIn = ({
  group: { members, threshold, ...keys },
  ...rest
}: PackageManifest): string | null => {
  const inOrder = (all: readonly { number: number }[]): boolean =>
    all.every(({ number }, index) => number === index + 1)
  if (!inOrder(members)) return 'group.members'
  if (threshold > members.length) return 'group.threshold'
  if (new Set(members.map(({ fingerprint }) => fingerprint)).size !== members.length) return 'group.members'
  if (!keys.spkiSha256.startsWith(keys.keyId)) return 'group.keyId'
  if (!inOrder(rest.recipients)) return 'recipients'
  if (!inOrder(rest.items)) return 'items'
  const odd = rest.items.find((one) => isOdd(one, rest.items))
  if (odd !== undefined) return `items.${odd.number - 1}`
  if (rest.replaces?.package === rest.id) return 'replaces'
  const paths = rest.files.map(({ path }) => path)
  const wanted = listedPathsOf(rest)
  return paths.length === wanted.length && paths.every((path, index) => path === wanted[index])
    ? null
    : 'files'
}

const isOdd = (one: ManifestItem, all: readonly ManifestItem[]): boolean => {
  const password = one.passwordItem === null ? null : all[one.passwordItem - 1]
  return (
    (one.kind === 'hsm-key') !== (one.hsm !== null) ||
    (one.generation !== null && one.kind !== 'passphrase-record') ||
    password === undefined ||
    (password !== null && password.kind !== 'passphrase-record') ||
    (one.passwordItem !== null && one.kind === 'passphrase-record') ||
    // What a token gives out is proved by one of them when it is opened.
    (one.kind === 'hsm-key' ? (one.spkiSha256 === null) === (one.kcv === null) : one.kcv !== null)
  )
}

const notInForm = (where: string): KeyturnError => new KeyturnError('package-manifest', { where })

/** The first field that is not in order. Names of fields only, cut: a hostile manifest can have any. */
const whereOf = (error: z.ZodError): string => {
  const where = (error.issues[0]?.path ?? []).map(String).join('.')
  return where.replace(/[^A-Za-z0-9_.]/g, '?').slice(0, 60) || 'the whole'
}
