import type { StepHandler } from '../../../engine/contract.ts'
import { readParams } from '../../../scripts/runbook/step-params.ts'
import { needed, notVerified } from '../../sqlserver/steps/help.ts'
import { halvesOf, tokenLine } from '../../hsm/keys-of-id.ts'

/** Reads the key that is replaced: what hangs on it needs it until it was moved. Changes nothing, so it may run again. */
export const keepHsmKeyStep: StepHandler = {
  check: async () => needed(null),
  apply: async () => undefined,
  verify: async (ctx) => {
    const { label, keyId, spkiSha256, by } = readParams('keep-hsm-key', ctx.step.params)
    const { own, shown, all } = await halvesOf(await ctx.hsm(), keyId)
    if (own === null || shown === null || all.length !== 2)
      throw notVerified(
        ctx,
        `under the id ${keyId} of ${label} the token does not show one private and one public half`,
      )
    if (shown.spkiSha256 !== spkiSha256)
      throw notVerified(ctx, `${label} has another public key than at the review`)
    return {
      evidence: [
        tokenLine(
          ctx,
          `${label}, which ${by} is to replace, is there still; SHA-256 of its public key`,
          spkiSha256,
        ),
      ],
      proofs: [],
    }
  },
}
