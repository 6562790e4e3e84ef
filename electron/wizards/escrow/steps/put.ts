import { packageFolderName } from '../../../../shared/model/escrow.ts'
import { asShareGroupId, type PackageId } from '../../../../shared/model/ids.ts'
import type { CheckResult, StepContext } from '../../../engine/contract.ts'
import { assertSamePackage } from '../../../escrow/package/compare.ts'
import type { PackageFiles } from '../../../escrow/package/paths.ts'
import type { PackageGroup } from '../../../escrow/package/write.ts'
import type { EscrowMeans } from '../../../escrow/means.ts'
import { begun, foreign, hasIntent, satisfied } from '../../sqlserver/steps/help.ts'
import {
  isListed,
  listAsWritten,
  ownPackageIn,
  ownPackageOf,
  packageOf,
  placeIn,
  type OwnPackage,
  type PlaceParams,
} from './place.ts'

/** What steps that put a package into a place have in common, wherever its files come from. */

interface Put {
  package: string
  place: PlaceParams
}

/** What `check` says of a package that is there; null: none is. One from before this run’s intent is not its own. */
export const foundThere = async (
  ctx: StepContext,
  means: EscrowMeans,
  put: Put,
  assertOwn: (own: OwnPackage) => void = () => undefined,
): Promise<CheckResult | null> => {
  const id = packageOf(put)
  const own = await ownPackageIn(ctx, means, put.place, id)
  if (own === null) return null
  if (!hasIntent(ctx)) return foreign('package-exists', { name: packageFolderName(id) })
  assertOwn(own)
  return isListed(ctx, means, put.place, own) ? satisfied(ctx.before) : begun(ctx.before)
}

/** Puts the files there unless a broken-off attempt did, reads them back, and lists the package as written. */
export const putThere = async (
  ctx: StepContext,
  means: EscrowMeans,
  put: Put,
  files: (id: PackageId) => Promise<PackageFiles>,
  assertOwn: (own: OwnPackage) => void = () => undefined,
): Promise<void> => {
  const id = packageOf(put)
  if ((await ownPackageIn(ctx, means, put.place, id)) === null) {
    const place = placeIn(ctx, means, put.place)
    const made = await files(id)
    await place.write(id, made)
    assertSamePackage(made, await place.read(id))
  }
  const own = await ownPackageOf(ctx, means, put.place, id)
  assertOwn(own)
  await listAsWritten(ctx, means, put.place, own)
}

/** The group of the plan, while it is the active one; null: it is not any more. */
export const activeGroup = (
  { register }: EscrowMeans,
  { group }: { group: { id: string; spkiSha256: string } },
): PackageGroup | null => {
  const found = register.groups().find(({ id }) => id === group.id)
  return found?.state === 'active' && found.spkiSha256 === group.spkiSha256
    ? register.groupForPackages(asShareGroupId(group.id))
    : null
}
