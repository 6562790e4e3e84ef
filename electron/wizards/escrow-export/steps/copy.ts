import { packageFolderName } from '../../../../shared/model/escrow.ts'
import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import type { EscrowMeans } from '../../../escrow/means.ts'
import { assertSamePackage } from '../../../escrow/package/compare.ts'
import { readParams, type ParamsOf } from '../../../scripts/runbook/step-params.ts'
import { begun, foreign, hasIntent, needed, satisfied } from '../../sqlserver/steps/help.ts'
import { assertOfRun, packageEvidence } from '../../escrow/steps/evidence.ts'
import {
  isListed,
  listAsWritten,
  ownPackageIn,
  ownPackageOf,
  packageOf,
  placeIn,
} from '../../escrow/steps/place.ts'

type Params = ParamsOf<'copy-escrow-package'>

/** The same bytes in another place; no secret is needed for that. Resume: marked, by the package id. */
export const copyPackageStep = (means: EscrowMeans): StepHandler => ({
  check: async (ctx) => {
    const params = readParams('copy-escrow-package', ctx.step.params)
    const own = await ownPackageIn(ctx, means, params.place, packageOf(params))
    if (own === null) return needed({ packageThere: false })
    if (!hasIntent(ctx)) return foreign('package-exists', { name: packageFolderName(packageOf(params)) })
    assertOfRun(ctx, own)
    return isListed(ctx, means, params.place, own) ? satisfied(ctx.before) : begun(ctx.before)
  },
  apply: async (ctx) => {
    const params = readParams('copy-escrow-package', ctx.step.params)
    if ((await ownPackageIn(ctx, means, params.place, packageOf(params))) === null)
      await copy(ctx, means, params)
    const own = await ownPackageOf(ctx, means, params.place, packageOf(params))
    assertOfRun(ctx, own)
    await listAsWritten(ctx, means, params.place, own)
  },
  verify: async (ctx) => {
    const params = readParams('copy-escrow-package', ctx.step.params)
    const own = await ownPackageOf(ctx, means, params.place, packageOf(params))
    assertOfRun(ctx, own)
    return { evidence: packageEvidence(ctx, placeIn(ctx, means, params.place), own), proofs: [] }
  },
})

const copy = async (ctx: StepContext, means: EscrowMeans, params: Params): Promise<void> => {
  const id = packageOf(params)
  const first = await ownPackageOf(ctx, means, params.from, id)
  assertOfRun(ctx, first)
  const place = placeIn(ctx, means, params.place)
  await place.write(id, first.files)
  assertSamePackage(first.files, await place.read(id))
}
