import { KeyturnError } from '../../../../shared/errors/problem.ts'
import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import type { EscrowMeans } from '../../../escrow/means.ts'
import { readParams, type ParamsOf } from '../../../scripts/runbook/step-params.ts'
import { evidenceLine } from '../../evidence-line.ts'
import { packageOf } from '../../escrow/steps/place.ts'
import { assertOldThere } from '../../escrow/steps/take-away.ts'
import { foreign, needed, notVerified, satisfied } from '../../sqlserver/steps/help.ts'
import { listSource } from './remains.ts'

type Params = ParamsOf<'replace-escrow-package'>

const paramsOf = (ctx: StepContext): Params => readParams('replace-escrow-package', ctx.step.params)

/** Marks the old package in the list, only after the new one is escrowed. Resume: named, by the new package’s id. */
export const replacePackageStep = ({ register, ...means }: EscrowMeans): StepHandler => ({
  check: (ctx) => {
    const params = paramsOf(ctx)
    const { replacedBy, id } = register.package(packageOf(params.replaces))
    if (replacedBy === null) return Promise.resolve(needed({}))
    return Promise.resolve(
      replacedBy === packageOf(params)
        ? satisfied({})
        : foreign('rewrap-replaced-already', { package: id, by: replacedBy }),
    )
  },
  apply: async (ctx) => {
    const params = paramsOf(ctx)
    const { storedAt } = register.package(packageOf(params))
    if (!storedAt.some(({ state }) => state === 'escrowed'))
      throw new KeyturnError('package-register-conflict', { what: 'the new package is not escrowed' })
    await register.replacePackage(packageOf(params.replaces), packageOf(params))
  },
  verify: (ctx) => {
    const params = paramsOf(ctx)
    const { replacedBy, id } = register.package(packageOf(params.replaces))
    if (replacedBy !== packageOf(params))
      throw notVerified(ctx, `the list of packages does not say what replaced ${id}`)
    const evidence = evidenceLine(ctx, listSource, `${id} is replaced by`, replacedBy)
    return Promise.resolve({ evidence: [evidence], proofs: [] })
  },
  undo: async (ctx) => {
    const params = paramsOf(ctx)
    const id = packageOf(params.replaces)
    await assertOldThere(ctx, { register, ...means }, params.replaces, `The mark of ${id}`)
    await register.keepPackage(id, packageOf(params))
    return [evidenceLine(ctx, listSource, `${id} is not marked as replaced any more`, 'set back')]
  },
})
