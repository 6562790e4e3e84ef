import { KeyturnError } from '../../../../shared/errors/problem.ts'
import type { PackageId } from '../../../../shared/model/ids.ts'
import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import type { EscrowMeans } from '../../../escrow/means.ts'
import type { PackageFiles } from '../../../escrow/package/paths.ts'
import { readParams, type ParamsOf } from '../../../scripts/runbook/step-params.ts'
import { needed } from '../../sqlserver/steps/help.ts'
import { assertOfRun, packageEvidence } from './evidence.ts'
import { ownPackageOf, packageOf, placeIn, type OwnPackage } from './place.ts'
import { foundThere, putThere } from './put.ts'
import { takeAway } from './take-away.ts'

type Params = ParamsOf<'copy-escrow-package'>

/** The same bytes in another place; no secret is needed for that. Resume: marked, by the package id. */
export const copyPackageStep = (means: EscrowMeans): StepHandler => ({
  check: async (ctx) => {
    const params = readParams('copy-escrow-package', ctx.step.params)
    const found = await foundThere(ctx, means, params, (own) => assertOfRun(ctx, own))
    return found ?? needed({ packageThere: false })
  },
  apply: async (ctx) => {
    const params = readParams('copy-escrow-package', ctx.step.params)
    const ofRun = (own: OwnPackage): void => assertOfRun(ctx, own)
    await putThere(ctx, means, params, (id) => filesToCopy(ctx, means, params, id), ofRun)
  },
  verify: async (ctx) => {
    const params = readParams('copy-escrow-package', ctx.step.params)
    const own = await ownPackageOf(ctx, means, params.place, packageOf(params))
    assertOfRun(ctx, own)
    return { evidence: packageEvidence(ctx, placeIn(ctx, means, params.place), own), proofs: [] }
  },
  undo: (ctx) => {
    const params = readParams('copy-escrow-package', ctx.step.params)
    // The plan has no undo for a copy of keys that no other package holds.
    if (params.replaces === null) throw new KeyturnError('internal')
    return takeAway(ctx, means, params, params.replaces)
  },
})

const filesToCopy = async (
  ctx: StepContext,
  means: EscrowMeans,
  { from }: Params,
  id: PackageId,
): Promise<PackageFiles> => {
  const first = await ownPackageOf(ctx, means, from, id)
  assertOfRun(ctx, first)
  return first.files
}
