import { KeyturnError } from '../../../../shared/errors/problem.ts'
import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import { isLastKnown } from '../../../ports/verdicts.ts'
import { readParams, type ParamsOf } from '../../../scripts/runbook/step-params.ts'
import { evidenceLine } from '../../evidence-line.ts'
import { blocked, hasIntent, needed, notVerified, satisfied } from '../../sqlserver/steps/help.ts'
import { halvesOf, tokenLine } from '../../hsm/keys-of-id.ts'
import { findKey, otherAt } from './found.ts'

type Params = ParamsOf<'destroy-hsm-half'>

/**
 * Resume: before-image. After an intent a half that is not there is the one that this run destroyed; before it, it is a
 * change that nobody planned. The first step asks for the copies again: what a person decided with them in sight.
 */
export const destroyHsmHalfStep: StepHandler = {
  check: async (ctx) => {
    const params = readParams('destroy-hsm-half', ctx.step.params)
    const token = await ctx.hsm()
    if (hasIntent(ctx)) {
      const { all } = await halvesOf(token, params.keyId)
      if (!all.some((half) => half.class === params.half)) return satisfied(ctx.before)
    }
    const { halves, other } = await findKey(token, params, params.there)
    if (other !== null) return blocked('hsm-key-other', otherAt(ctx, other))
    if (await lostItsCopies(ctx, params)) return blocked('hsm-key-last-copy', { label: nameOf(params) })
    return needed({ objects: halves.length })
  },
  apply: async (ctx) => {
    const params = readParams('destroy-hsm-half', ctx.step.params)
    const token = await ctx.hsm()
    const { halves, other } = await findKey(token, params, params.there)
    const own = halves.find((half) => half.class === params.half)
    if (other !== null || own === undefined)
      throw new KeyturnError('hsm-key-other', otherAt(ctx, other ?? `its ${params.half} half is not there`))
    await token.destroy(own.handle)
  },
  verify: async (ctx) => {
    const params = readParams('destroy-hsm-half', ctx.step.params)
    const { all } = await halvesOf(await ctx.hsm(), params.keyId)
    const left = all.filter((half) => half.class === params.half).length
    if (left > 0)
      throw notVerified(ctx, `the token still shows ${left} ${params.half} with the id ${params.keyId}`)
    return {
      evidence: [
        tokenLine(
          ctx,
          `${halfWords[params.half]} of ${nameOf(params)} destroyed; objects of its class and id left`,
          '0',
          {
            hsmKey: params.label,
            hsmKeyId: params.keyId,
          },
        ),
        ...(params.first
          ? [
              evidenceLine(
                ctx,
                'Keyturn, comparison right before',
                'Copies of it that were known',
                params.lastKnown ? 'none; its label was typed' : 'at least one, as the review named them',
              ),
            ]
          : []),
      ],
      proofs: [],
    }
  },
}

const halfWords = { private: 'Private half', public: 'Public half', secret: 'Secret key' } as const

const nameOf = ({ label, keyId }: Params): string => (label === '' ? keyId : label)

/** Only what was planned with a copy in sight can lose it; without one the person typed the label. */
const lostItsCopies = async (ctx: StepContext, params: Params): Promise<boolean> => {
  const { first, lastKnown, keyId: id, serial, spkiSha256, checkValue } = params
  if (!first || lastKnown) return false
  const search = await ctx.verdicts.copies()
  return isLastKnown(search.of({ id, serial, spkiSha256, checkValue }))
}
