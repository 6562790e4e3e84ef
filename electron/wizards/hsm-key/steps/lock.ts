import type { StepHandler } from '../../../engine/contract.ts'
import { readParams } from '../../../scripts/runbook/step-params.ts'
import { hasIntent, needed, notVerified, satisfied } from '../../sqlserver/steps/help.ts'
import { halvesOf, keyOfRun, tokenLine, yesNo } from '../../hsm/keys-of-id.ts'

/** Resume: marked. Doing it twice changes nothing: a token lets it go in this direction only. */
export const lockHsmKeyStep: StepHandler = {
  check: async (ctx) => {
    const { keyId } = readParams('lock-hsm-key', ctx.step.params)
    const token = await ctx.hsm()
    // In doubt about the key nothing is begun, so that it can still be undone. After an intent an undo asks this too, and
    // must go on where the key is gone.
    const own = hasIntent(ctx) ? (await halvesOf(token, keyId)).own : await keyOfRun(ctx, token, keyId)
    const before = { extractable: own?.attributes.extractable ?? null }
    return before.extractable === false ? satisfied(before) : needed(before)
  },
  apply: async (ctx) => {
    const { keyId } = readParams('lock-hsm-key', ctx.step.params)
    const token = await ctx.hsm()
    await token.setNotExtractable((await keyOfRun(ctx, token, keyId)).handle)
  },
  verify: async (ctx) => {
    const { keyId, label } = readParams('lock-hsm-key', ctx.step.params)
    const { attributes } = await keyOfRun(ctx, await ctx.hsm(), keyId)
    if (attributes.extractable !== false)
      throw notVerified(ctx, `CKA_EXTRACTABLE is ${yesNo(attributes.extractable)}`)
    return {
      evidence: [
        tokenLine(ctx, `${label} can be wrapped`, 'no, for good', {
          hsmKey: label,
          hsmKeyId: keyId,
          extractable: false,
        }),
      ],
      proofs: [],
    }
  },
}
