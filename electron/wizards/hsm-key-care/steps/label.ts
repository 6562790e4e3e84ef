import { KeyturnError } from '../../../../shared/errors/problem.ts'
import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import type { HsmKey } from '../../../ports/hsm.ts'
import { readParams, type ParamsOf } from '../../../scripts/runbook/step-params.ts'
import { begun, blocked, hasIntent, needed, notVerified, satisfied } from '../../sqlserver/steps/help.ts'
import { tokenLine } from '../../hsm/keys-of-id.ts'
import { findKey, otherAt } from './found.ts'

type Params = ParamsOf<'label-hsm-key'>

/**
 * Resume: before-image, the labels that were read. A half that has the new one is done; one that has neither was labelled
 * by somebody else, and nothing is written over it.
 */
export const labelHsmKeyStep: StepHandler = {
  check: async (ctx) => {
    const params = readParams('label-hsm-key', ctx.step.params)
    const { halves, other } = await halvesNow(ctx, params)
    if (other !== null) return blocked('hsm-key-other', otherAt(ctx, other))
    const before = { labels: halves.map((half) => `${half.class}: ${half.label}`) }
    const open = halves.filter(({ label }) => label !== params.newLabel)
    if (open.length === 0) return satisfied(before)
    const strange = open.find((half) => half.label !== oldLabel(params, half))
    if (strange !== undefined)
      return blocked('hsm-key-other', otherAt(ctx, `its label is “${strange.label}” (${strange.class})`))
    // Both labels of a pair may be the new and the old one from the start; only an intent makes the new one ours.
    return open.length < halves.length && hasIntent(ctx) ? begun(before) : needed(before)
  },
  apply: async (ctx) => {
    const params = readParams('label-hsm-key', ctx.step.params)
    const token = await ctx.hsm()
    for (const half of (await assertFound(ctx, params)).filter(({ label }) => label !== params.newLabel))
      await token.setLabel(half.handle, params.newLabel)
  },
  verify: async (ctx) => {
    const params = readParams('label-hsm-key', ctx.step.params)
    return { evidence: await readBack(ctx, params, () => params.newLabel), proofs: [] }
  },
  undo: async (ctx) => {
    const params = readParams('label-hsm-key', ctx.step.params)
    const token = await ctx.hsm()
    for (const half of await assertFound(ctx, params)) {
      const old = oldLabel(params, half)
      if (half.label === old) continue
      if (half.label !== params.newLabel)
        throw new KeyturnError('hsm-key-other', otherAt(ctx, `its label is “${half.label}” (${half.class})`))
      await token.setLabel(half.handle, old)
    }
    return readBack(ctx, params, (half) => oldLabel(params, half))
  },
}

const oldLabel = ({ halves }: Params, half: Pick<HsmKey, 'class'>): string =>
  halves.find((one) => one.class === half.class)?.label ?? ''

const halvesNow = async (ctx: StepContext, params: Params) =>
  findKey(
    await ctx.hsm(),
    params,
    params.halves.map((half) => half.class),
  )

const assertFound = async (ctx: StepContext, params: Params): Promise<readonly HsmKey[]> => {
  const { halves, other } = await halvesNow(ctx, params)
  if (other !== null) throw new KeyturnError('hsm-key-other', otherAt(ctx, other))
  return halves
}

const readBack = async (ctx: StepContext, params: Params, wanted: (half: HsmKey) => string) => {
  const halves = await assertFound(ctx, params)
  const wrong = halves.find((half) => half.label !== wanted(half))
  if (wrong !== undefined)
    throw notVerified(ctx, `the label of the ${wrong.class} half is “${wrong.label}” when it is read again`)
  return halves.map((half) =>
    tokenLine(ctx, `Label of ${params.keyId}, ${half.class}, read again`, half.label, {
      hsmKeyId: params.keyId,
      hsmKey: half.label,
    }),
  )
}
