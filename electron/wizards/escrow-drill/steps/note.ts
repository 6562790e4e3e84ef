import { asPackageId } from '../../../../shared/model/ids.ts'
import type { Evidence } from '../../../../shared/model/evidence.ts'
import type { PackageDrill } from '../../../../shared/model/escrow.ts'
import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import type { EscrowMeans } from '../../../escrow/means.ts'
import { readParams, type ParamsOf } from '../../../scripts/runbook/step-params.ts'
import { needed, notVerified, satisfied } from '../../sqlserver/steps/help.ts'
import { own } from '../../escrow/steps/opened-package.ts'

type Params = ParamsOf<'note-escrow-drill'>

/** Writes the drill beside the package in this profile's list. Resume: named, by the run. */
export const noteDrillStep = ({ register }: EscrowMeans): StepHandler => ({
  check: (ctx) => {
    const noted = register.lastDrill(asPackageId(paramsOf(ctx).package))?.run === ctx.runId
    return Promise.resolve(noted ? satisfied({}) : needed({}))
  },
  apply: (ctx) => register.noteDrill(drillOf(ctx, paramsOf(ctx))),
  verify: (ctx) => {
    const params = paramsOf(ctx)
    const noted = register.lastDrill(asPackageId(params.package))
    if (noted?.run !== ctx.runId)
      throw notVerified(ctx, 'the list of packages does not name this drill as the last one')
    const evidence = own(
      ctx,
      params,
      `The list of packages names this ${params.purpose} as the last one`,
      noted.at,
    )
    return Promise.resolve({ evidence: [evidence], proofs: [] })
  },
})

const paramsOf = (ctx: StepContext): Params => readParams('note-escrow-drill', ctx.step.params)

const drillOf = (ctx: StepContext, params: Params): PackageDrill => {
  const opened = factOf(ctx.earlier, 'holders') ?? factOf(ctx.earlier, 'recipient')
  return {
    package: asPackageId(params.package),
    at: ctx.clock.now().toISOString(),
    run: ctx.runId,
    purpose: params.purpose,
    openedBy: (opened ?? 'not known').slice(0, 2_400),
    items: params.items.map(({ number }) => ({
      number,
      level: levelOf(ctx.earlier, number),
    })),
  }
}

const factOf = (evidence: readonly Evidence[], name: string): string | null => {
  const value = evidence.findLast(({ data }) => typeof data?.[name] === 'string')?.data?.[name]
  return typeof value === 'string' ? value : null
}

/** *Restored* only where a backup was read with it. */
export const levelOf = (evidence: readonly Evidence[], item: number): 'restored' | 'opened' =>
  evidence.some(({ data }) => data?.['usedItem'] === item) ? 'restored' : 'opened'
