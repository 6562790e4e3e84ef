import { KeyturnError } from '../../../../shared/errors/problem.ts'
import { packageFolderName, type EscrowPackage, type PackagePlace } from '../../../../shared/model/escrow.ts'
import { asPackageId, asPlaceId, runMark, type PackageId } from '../../../../shared/model/ids.ts'
import type { TargetRef } from '../../../../shared/model/target.ts'
import type { StepContext } from '../../../engine/contract.ts'
import type { EscrowMeans } from '../../../escrow/means.ts'
import type { PackageFiles } from '../../../escrow/package/paths.ts'
import { verifyPackage, type PackageCheck } from '../../../escrow/package/verify.ts'
import { blobPlace, containerLabel } from '../../../escrow/place-blobs.ts'
import { folderPlace } from '../../../escrow/place-folder.ts'
import type { EscrowPlace } from '../../../escrow/place.ts'
import type { ParamsOf } from '../../../scripts/runbook/step-params.ts'
import { azureRef } from '../../azure/read-azure.ts'

export type PlaceParams = ParamsOf<'copy-escrow-package'>['place']

/** How lists and evidence call it; nothing is asked for that. */
export const placeNamed = (ctx: StepContext, place: PlaceParams): Pick<EscrowPlace, 'kind' | 'label'> => ({
  kind: place.kind,
  label:
    place.kind === 'blob-container'
      ? containerLabel(place.host, place.container)
      : ctx.places.label(asPlaceId(place.id)),
})

/** Errors of a container: those of its subscription’s sign-in. */
export const placeIn = async (
  ctx: StepContext,
  { io }: Pick<EscrowMeans, 'io'>,
  place: PlaceParams,
): Promise<EscrowPlace> => {
  const { signal } = ctx
  if (place.kind === 'blob-container')
    return blobPlace({
      store: await ctx.azure.storage.at(azureRefOf(place.azure), place.host, { signal }),
      container: place.container,
      mark: runMark(ctx.runId),
      signal,
    })
  return folderPlace({
    folder: ctx.places.folderOf(asPlaceId(place.id)),
    kind: place.kind,
    label: ctx.places.label(asPlaceId(place.id)),
    ...(io === undefined ? {} : { io }),
  })
}

/** Only the id counts: what else a connection says comes from itself. */
export const azureRefOf = ({ id, name }: { id: string; name: string }): TargetRef => ({
  ...azureRef(id),
  name,
})

/** A package as it lies in a place: read as a whole, checked, and one that this run wrote. */
export interface OwnPackage {
  files: PackageFiles
  check: PackageCheck
}

/** Null: nothing of that name is there. Errors: those of reading and verifying; `package-signer-other`, `package-not-same`. */
export const ownPackageIn = async (
  ctx: StepContext,
  means: EscrowMeans,
  place: PlaceParams,
  id: PackageId,
): Promise<OwnPackage | null> => {
  const files = await (await placeIn(ctx, means, place)).read(id)
  if (files === null) return null
  const check = verifyPackage(files, { kind: 'known', fingerprints: means.knownSigners() })
  const { manifest, signer } = check
  if (signer.standing !== 'known')
    throw new KeyturnError('package-signer-other', { fingerprint: signer.fingerprint })
  if (manifest.id !== id || manifest.made.run !== ctx.runId)
    throw new KeyturnError('package-not-same', {
      file: 'MANIFEST.json',
      what: `is of package ${manifest.id}, run ${manifest.made.run}`,
    })
  return { files, check }
}

/** The same where it has to be there. `package-not-read`. */
export const ownPackageOf = async (
  ctx: StepContext,
  means: EscrowMeans,
  place: PlaceParams,
  id: PackageId,
): Promise<OwnPackage> => {
  const found = await ownPackageIn(ctx, means, place, id)
  if (found === null)
    throw new KeyturnError('package-not-read', {
      place: `${placeNamed(ctx, place).label}: ${packageFolderName(id)}`,
    })
  return found
}

export const packageOf = (params: { package: string }): PackageId => asPackageId(params.package)

/** Whether the list of packages says that this very package is in that place. */
export const isListed = (
  ctx: StepContext,
  means: EscrowMeans,
  place: PlaceParams,
  own: OwnPackage,
): boolean => listedIn(means, own)?.storedAt.some((one) => isPlace(one, placeNamed(ctx, place))) ?? false

export const isPlace = (one: PackagePlace, { kind, label }: Pick<EscrowPlace, 'kind' | 'label'>): boolean =>
  one.kind === kind && one.label === label

/** Null: not listed. `package-register-conflict` where another package of that id is. */
export const listedIn = ({ register }: EscrowMeans, { check }: OwnPackage): EscrowPackage | null => {
  const found = register.packages().find(({ id }) => id === check.manifest.id)
  if (found === undefined) return null
  if (found.manifestSha256 !== check.manifestSha256)
    throw new KeyturnError('package-register-conflict', { what: 'this package is listed with other files' })
  return found
}

/** Lists the package as being in that place; what is listed already stays. */
export const listAsWritten = async (
  ctx: StepContext,
  means: EscrowMeans,
  place: PlaceParams,
  own: OwnPackage,
): Promise<void> => {
  const { kind, label } = placeNamed(ctx, place)
  const storedAt: PackagePlace = { kind, label, state: 'written', readBackAt: null }
  const { manifest, manifestSha256 } = own.check
  if (listedIn(means, own) === null) {
    const { id, made, group, recipients, items } = manifest
    await means.register.addPackage({
      id,
      made: { at: made.at, run: made.run },
      group: group.id,
      recipients,
      items,
      storedAt: [storedAt],
      manifestSha256,
      replacedBy: null,
    })
  } else if (!isListed(ctx, means, place, own)) await means.register.storedAt(manifest.id, storedAt)
}
