import { basename, join } from 'node:path'
import { KeyturnError } from '../../../../shared/errors/problem.ts'
import { packageFolderName } from '../../../../shared/model/escrow.ts'
import type { Evidence } from '../../../../shared/model/evidence.ts'
import { asPackageId, asPlaceId } from '../../../../shared/model/ids.ts'
import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import { aroundPackage, readFilesAt } from '../../../escrow/find-package.ts'
import { sha256Of } from '../../../escrow/digest.ts'
import { memberOf, openPackage, type OpenPackage, type PackageKey } from '../../../escrow/package/open.ts'
import { sealedPath, type PackageFiles } from '../../../escrow/package/paths.ts'
import { shownPath, verifyPackage, type PackageCheck } from '../../../escrow/package/verify.ts'
import { longestKeyFile, readRecipientKey } from '../../../escrow/recipient-key.ts'
import { readFileCapped } from '../../../platform/read-file.ts'
import { SecretBytes } from '../../../platform/secret-bytes.ts'
import { readParams, type ParamsOf } from '../../../scripts/runbook/step-params.ts'
import { evidenceLine } from '../../evidence-line.ts'
import { needed } from '../../sqlserver/steps/help.ts'

export type PackageParams = Omit<ParamsOf<'verify-escrow-package'>, 'purpose'>
export type OpeningParams = ParamsOf<'open-escrow-package'>

const at = (ctx: StepContext, { place, folder }: Pick<PackageParams, 'place' | 'folder'>) => ({
  picked: ctx.places.folderOf(asPlaceId(place)),
  folder,
})

/** What a copy in the package is called: the same words that the export used, whichever folder was picked. */
export const copyPlace = (ctx: StepContext, params: PackageParams, number: number): string =>
  `${aroundPackage(at(ctx, params))}: ${packageFolderName(asPackageId(params.package))}, ${sealedPath(number)}`

export interface PlannedPackage {
  files: PackageFiles
  check: PackageCheck
}

/** The very package of the plan, read and verified anew. Errors: those of verifying, `escrow-drill-package-other`. */
export const plannedPackage = async (ctx: StepContext, params: PackageParams): Promise<PlannedPackage> => {
  const where = at(ctx, params)
  const files = await readFilesAt(where)
  const check = verifyPackage(files, { kind: 'given', fingerprint: params.signer })
  if (check.manifestSha256 !== params.manifestSha256 || check.manifest.id !== params.package)
    throw new KeyturnError('escrow-drill-package-other', { place: shownPath(basename(where.picked)) })
  return { files, check }
}

/** What opened the package, by name; nothing of the shares themselves. */
export interface Opener {
  holders: readonly string[]
  recipient: string | null
}

/**
 * Opens the package of the plan for one piece of work; the key is wiped when that ends. The run's sealed secrets give
 * the shares anew each time, so that a resumed run needs nobody. Errors: those of `openPackage` and of key files.
 */
export const withOpened = async <Result>(
  ctx: StepContext,
  params: OpeningParams,
  work: (opened: OpenPackage, opener: Opener) => Result | Promise<Result>,
): Promise<Result> => {
  const { files, check } = await plannedPackage(ctx, params)
  const trust = { kind: 'given', fingerprint: params.signer } as const
  const { opening } = params
  if (opening.kind === 'shares') {
    const shares = opening.holes.map((hole) => secretNamed(ctx, hole))
    const { group } = check.manifest
    const holders = shares.map((share, index) => memberOf(group, share, String(index + 1)).name)
    return within(files, trust, { kind: 'shares', shares }, (opened) =>
      work(opened, { holders, recipient: null }),
    )
  }
  using pkcs8 = await recipientKey(ctx, opening)
  return within(files, trust, { kind: 'private-key', pkcs8 }, (opened) =>
    work(opened, { holders: [], recipient: recipientOf(opened, opening.file) }),
  )
}

const within = async <Result>(
  files: PackageFiles,
  trust: Parameters<typeof openPackage>[1],
  key: PackageKey,
  work: (opened: OpenPackage) => Result | Promise<Result>,
): Promise<Result> => {
  using opened = openPackage(files, trust, key)
  return await work(opened)
}

export const secretNamed = (ctx: StepContext, hole: string): SecretBytes => {
  const secret = ctx.secrets.get(hole)
  if (secret === undefined) throw new KeyturnError('run-needs-unlock', { run: ctx.runId })
  return secret
}

const recipientKey = async (
  ctx: StepContext,
  opening: Extract<OpeningParams['opening'], { kind: 'recipient' }>,
): Promise<SecretBytes> => {
  const path = join(ctx.places.folderOf(asPlaceId(opening.place)), opening.file)
  using pem = SecretBytes.take(await readFileCapped(path, longestKeyFile))
  if (pem.use((bytes) => sha256Of(bytes)) !== opening.sha256)
    throw new KeyturnError('file-changed', { file: opening.file })
  const passphrase = opening.passphrase === null ? null : secretNamed(ctx, opening.passphrase)
  return readRecipientKey(pem, passphrase, opening.file)
}

const recipientOf = (opened: OpenPackage, file: string): string =>
  opened.manifest.recipients.length === 1
    ? (opened.manifest.recipients[0]?.name ?? file)
    : `the recipient of the key in ${file}`

/** A line of what Keyturn itself did here. */
export const own = (
  ctx: StepContext,
  params: PackageParams,
  statement: string,
  value: string,
  data?: Evidence['data'],
): Evidence =>
  evidenceLine(ctx, `Keyturn, ${packageFolderName(asPackageId(params.package))}`, statement, value, data)

export const standingWords = {
  given: 'its fingerprint was given for this drill',
  known: 'a key of this profile’s record',
} as const

/** Only reads, so it runs again after a crash. Layers: files, manifest, signature. */
export const verifyPackageStep: StepHandler = {
  check: () => Promise.resolve(needed({ reads: true })),
  apply: () => Promise.resolve(),
  verify: async (ctx) => {
    const params = readParams('verify-escrow-package', ctx.step.params)
    const { check } = await plannedPackage(ctx, params)
    const { manifest, manifestSha256, signer, files, bytes } = check
    const { group } = manifest
    return {
      evidence: [
        own(
          ctx,
          params,
          `Read as a whole: ${files} files, ${bytes.toLocaleString('en-US')} bytes, each as its manifest lists it; SHA-256 of MANIFEST.json`,
          manifestSha256,
          { manifestSha256 },
        ),
        own(ctx, params, `Signed; the signer is ${standingWords[params.standing]}`, signer.fingerprint),
        own(
          ctx,
          params,
          'Share group',
          `${group.name} (${group.id}), any ${group.threshold} of ${group.members.length}`,
        ),
      ],
      proofs: [],
    }
  },
}

/** Only reads: joins what was given and opens the key, compares, wipes. Layers: shares, group key; or the recipient's key. */
export const openPackageStep: StepHandler = {
  check: () => Promise.resolve(needed({ reads: true })),
  apply: () => Promise.resolve(),
  verify: async (ctx) => {
    const params = readParams('open-escrow-package', ctx.step.params)
    const evidence = await withOpened(ctx, params, ({ manifest: { group } }, { holders, recipient }) =>
      recipient === null
        ? [
            own(
              ctx,
              params,
              `${holders.length} shares were joined, each by its own check code in the manifest; given by`,
              holders.join(', '),
              { holders: holders.join(', ') },
            ),
            own(
              ctx,
              params,
              'The group’s private key opened with them, and undoes what its public key does; SHA-256 of that',
              group.spkiSha256,
            ),
          ]
        : [
            own(
              ctx,
              params,
              'The private key opened, and belongs to a certificate of the package',
              recipient,
              {
                recipient,
              },
            ),
          ],
    )
    return { evidence, proofs: [] }
  },
}
