import { KeyturnError } from '../../../../shared/errors/problem.ts'
import { packageFolderName } from '../../../../shared/model/escrow.ts'
import type { Evidence } from '../../../../shared/model/evidence.ts'
import type { PackageId } from '../../../../shared/model/ids.ts'
import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import type { EscrowMeans } from '../../../escrow/means.ts'
import { sealedPath, type PackageFiles } from '../../../escrow/package/paths.ts'
import { rewrapPackage } from '../../../escrow/package/rewrap.ts'
import { fileOf, type VerifiedPackage } from '../../../escrow/package/verify.ts'
import { sameContent } from '../../../formats/cms/index.ts'
import { readParams, type ParamsOf } from '../../../scripts/runbook/step-params.ts'
import { evidenceLine } from '../../evidence-line.ts'
import { secretNamed } from '../../escrow/steps/opened-package.ts'
import { newRecipient } from '../../escrow/recipients.ts'
import { packageEvidence } from '../../escrow/steps/evidence.ts'
import { ownPackageOf, packageOf, placeIn, type OwnPackage } from '../../escrow/steps/place.ts'
import { activeGroup, foundThere, putThere } from '../../escrow/steps/put.ts'
import { replacedPackage, takeAway } from '../../escrow/steps/take-away.ts'
import { blocked, needed } from '../../sqlserver/steps/help.ts'

type Params = ParamsOf<'rewrap-escrow-package'>

const paramsOf = (ctx: StepContext): Params => readParams('rewrap-escrow-package', ctx.step.params)

/**
 * Resume: marked, by the package id, which follows from the run and the old package. A package comes under its name as a
 * whole or not at all; what was broken off is taken away by the next attempt and wrapped anew. The group’s key is open
 * within one attempt alone.
 */
export const rewrapPackageStep = (means: EscrowMeans): StepHandler => ({
  check: async (ctx) => {
    const params = paramsOf(ctx)
    const found = await foundThere(ctx, means, params, (own) => assertReplaces(params, own))
    if (found !== null) return found
    return activeGroup(means, params) === null
      ? blocked('rewrap-group-other', { group: params.group.id })
      : needed({ packageThere: false })
  },
  apply: async (ctx) => {
    const params = paramsOf(ctx)
    const asPlanned = (own: OwnPackage): void => assertReplaces(params, own)
    await putThere(ctx, means, params, (id) => wrapAnew(ctx, means, params, id), asPlanned)
  },
  verify: async (ctx) => {
    const params = paramsOf(ctx)
    const own = await ownPackageOf(ctx, means, params.place, packageOf(params))
    assertReplaces(params, own)
    const old = await replacedPackage(ctx, means, params.replaces)
    return {
      evidence: [
        ...packageEvidence(ctx, placeIn(ctx, means, params.place), own),
        sameItems(ctx, placeIn(ctx, means, params.replaces.place).label, old, own),
      ],
      proofs: [],
    }
  },
  undo: (ctx) => {
    const params = paramsOf(ctx)
    return takeAway(ctx, means, params, params.replaces)
  },
})

const wrapAnew = async (
  ctx: StepContext,
  means: EscrowMeans,
  params: Params,
  id: PackageId,
): Promise<PackageFiles> => {
  const group = activeGroup(means, params)
  if (group === null) throw new KeyturnError('rewrap-group-other', { group: params.group.id })
  const old = await replacedPackage(ctx, means, params.replaces)
  const shares = params.holes.map((hole) => secretNamed(ctx, hole))
  const signer = await means.signer()
  return rewrapPackage(
    old,
    shares,
    {
      id,
      made: { at: ctx.clock.now().toISOString(), run: ctx.runId, program: means.program },
      group,
      recipients: params.recipients?.map(newRecipient) ?? null,
      recombine: means.recombine(),
    },
    signer,
  ).files
}

const assertReplaces = ({ replaces, group }: Params, { check: { manifest } }: OwnPackage): void => {
  const same =
    manifest.replaces?.package === replaces.package &&
    manifest.replaces.manifestSha256 === replaces.manifestSha256
  if (!same || manifest.group.id !== group.id)
    throw new KeyturnError('package-not-same', {
      file: 'MANIFEST.json',
      what: `replaces ${manifest.replaces?.package ?? 'none'}, for group ${manifest.group.id}`,
    })
}

/** `package-not-same` for the first item whose encrypted content is not the one of the old package. */
const sameItems = (ctx: StepContext, label: string, old: VerifiedPackage, own: OwnPackage): Evidence => {
  const { items, id } = old.manifest
  for (const { number } of items) {
    const path = sealedPath(number)
    if (!sameContent(fileOf(old.contents, path), fileOf(own.files, path), path))
      throw new KeyturnError('package-not-same', { file: path, what: 'holds another content' })
  }
  return evidenceLine(
    ctx,
    `${label}, ${packageFolderName(id)}`,
    `The encrypted content of each item is bit for bit the one of ${id}; items`,
    String(items.length),
    { replaces: id },
  )
}
