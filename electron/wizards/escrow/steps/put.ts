import { KeyturnError, problemOf } from '../../../../shared/errors/problem.ts'
import { packageFolderName } from '../../../../shared/model/escrow.ts'
import type { Evidence } from '../../../../shared/model/evidence.ts'
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
  placeNamed,
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
  if (own === null) {
    const { marked } = await placeIn(ctx, means, put.place)
    return hasIntent(ctx) && (await marked?.hasPart(id)) === true ? begun(ctx.before) : null
  }
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
    const place = await placeIn(ctx, means, put.place)
    const made = await files(id)
    await place.write(id, made)
    assertSamePackage(made, (await place.read(id)) ?? new Map())
  }
  const own = await ownPackageOf(ctx, means, put.place, id)
  assertOwn(own)
  await listAsWritten(ctx, means, put.place, own)
}

/**
 * Takes away what this run wrote where it can be told from everything else, which a container’s mark does, and from the
 * list. `undo-refused`: a policy of the container keeps the blobs.
 */
export const takeBack = async (ctx: StepContext, means: EscrowMeans, put: Put): Promise<Evidence[]> => {
  const id = packageOf(put)
  const named = placeNamed(ctx, put.place)
  const { marked } = await placeIn(ctx, means, put.place)
  if (marked === undefined) throw new KeyturnError('internal')
  const { removed, left } = await marked.remove(id).catch((cause: unknown) => {
    const { code } = problemOf(cause)
    if (code !== 'storage-immutable') throw cause
    const what = `${named.label}/${packageFolderName(id)}`
    throw new KeyturnError('undo-refused', { what, user: 'a retention policy of the container' }, { cause })
  })
  await means.register.takenFrom(id, named)
  return [
    {
      statement: `Blobs of this run below ${packageFolderName(id)}`,
      value: `${removed} deleted; ${left === 0 ? 'none is left' : `${left} that others wrote are left`}`,
      source: named.label,
      at: ctx.clock.now().toISOString(),
    },
  ]
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
