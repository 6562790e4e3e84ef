import type { StepHandler } from '../../../engine/contract.ts'
import type { HsmKey } from '../../../ports/hsm.ts'
import { readParams, type ParamsOf } from '../../../scripts/runbook/step-params.ts'
import { needed, notVerified } from '../../sqlserver/steps/help.ts'
import { tokenLine } from '../../hsm/keys-of-id.ts'

type Params = ParamsOf<'prove-hsm-key-gone'>

/**
 * Reads only, so it runs again after a crash. The process of the run is ended and another one logs in: what a module
 * remembers of a session is no proof.
 */
export const proveHsmKeyGoneStep: StepHandler = {
  check: () => Promise.resolve(needed({})),
  apply: () => Promise.resolve(),
  verify: async (ctx) => {
    const params = readParams('prove-hsm-key-gone', ctx.step.params)
    const token = await ctx.hsm({ anew: true })
    const all = (await token.find()).filter(({ kept }) => kept === 'token')
    const left = all.filter(({ id }) => id === params.keyId)
    if (left.length > 0)
      throw notVerified(ctx, `a new session finds ${left.length} objects with the id ${params.keyId}`)
    const twins = all.filter((half) => isSame(half, params))
    return {
      evidence: [
        tokenLine(ctx, `Objects with the id ${params.keyId}, looked for in a new session`, '0', {
          hsmKeyId: params.keyId,
        }),
        tokenLine(ctx, 'Objects of the token that were looked through', String(all.length)),
        tokenLine(
          ctx,
          'The same key under another id',
          twins.length === 0
            ? 'none that shows it'
            : twins.map((half) => `${half.class}, id ${half.id === '' ? '(none)' : half.id}`).join('; '),
        ),
      ],
      proofs: [],
    }
  },
}

const isSame = (half: HsmKey, { spkiSha256, checkValue }: Params): boolean =>
  half.class === 'secret'
    ? checkValue !== null && half.checkValue === checkValue
    : spkiSha256 !== null && half.spkiSha256 === spkiSha256
