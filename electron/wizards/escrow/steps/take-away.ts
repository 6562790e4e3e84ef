import { KeyturnError, problemOf } from '../../../../shared/errors/problem.ts'
import { packageFolderName } from '../../../../shared/model/escrow.ts'
import type { Evidence } from '../../../../shared/model/evidence.ts'
import type { PackageId } from '../../../../shared/model/ids.ts'
import type { StepContext } from '../../../engine/contract.ts'
import type { EscrowMeans } from '../../../escrow/means.ts'
import { takeApart, type VerifiedPackage } from '../../../escrow/package/verify.ts'
import type { ParamsOf } from '../../../scripts/runbook/step-params.ts'
import { evidenceLine } from '../../evidence-line.ts'
import { ownPackageIn, packageOf, placeIn, placeNamed, type PlaceParams } from './place.ts'

export type ReplacedParams = ParamsOf<'rewrap-escrow-package'>['replaces']

/** The very package of the plan, read as a whole and verified anew. Errors: those of verifying, `rewrap-package-other`. */
export const replacedPackage = async (
  ctx: StepContext,
  means: EscrowMeans,
  replaces: ReplacedParams,
): Promise<VerifiedPackage> => {
  const place = await placeIn(ctx, means, replaces.place)
  const files = await place.read(packageOf(replaces))
  if (files === null)
    throw new KeyturnError('package-not-read', {
      place: `${place.label}: ${packageFolderName(packageOf(replaces))}`,
    })
  const read = takeApart(files, { kind: 'given', fingerprint: replaces.signer })
  if (read.manifestSha256 !== replaces.manifestSha256 || read.manifest.id !== replaces.package)
    throw new KeyturnError('rewrap-package-other', { place: place.label })
  return read
}

/** A new package may be the only one of its keys: nothing of it is taken back where the old one is not there as it was. */
export const assertOldThere = async (
  ctx: StepContext,
  means: EscrowMeans,
  replaces: ReplacedParams,
  what: string,
): Promise<void> => {
  try {
    await replacedPackage(ctx, means, replaces)
  } catch (error) {
    if (problemOf(error).code === 'internal') throw error
    throw new KeyturnError(
      'undo-refused',
      { what, user: `a recovery (${packageFolderName(packageOf(replaces))} is not where it was)` },
      { cause: error },
    )
  }
}

/** The list of packages goes from one package to the next: none is taken out of the middle, nor before its mark is. */
const assertNamedByNone = ({ register }: EscrowMeans, id: PackageId): void => {
  const all = register.packages()
  const user =
    all.find((one) => one.id === id)?.replacedBy ?? all.find(({ replacedBy }) => replacedBy === id)?.id
  if (user !== undefined) throw new KeyturnError('undo-refused', { what: `Package ${id}`, user })
}

/**
 * Undo of putting a package there: first its line in the list, then the package, so that what is listed is there whenever
 * this is broken off. Only one that this run wrote. `undo-refused`, `package-not-removed`.
 */
export const takeAway = async (
  ctx: StepContext,
  means: EscrowMeans,
  put: { package: string; place: PlaceParams },
  replaces: ReplacedParams,
): Promise<Evidence[]> => {
  const id = packageOf(put)
  const named = placeNamed(ctx, put.place)
  assertNamedByNone(means, id)
  await assertOldThere(ctx, means, replaces, `Package ${id}`)
  const own = await ownPackageIn(ctx, means, put.place, id)
  await means.register.takenFrom(id, named)
  if (own !== null) await (await placeIn(ctx, means, put.place)).remove(id)
  return [
    evidenceLine(
      ctx,
      `${named.label}, ${packageFolderName(id)}`,
      `The new package is not there any more; ${replaces.package}, which it was to replace, is there as it was`,
      replaces.manifestSha256,
    ),
  ]
}
