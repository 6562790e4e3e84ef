import type { StepHandler } from '../../../engine/contract.ts'
import { readParams } from '../../../scripts/runbook/step-params.ts'
import { line, markOf, withVault } from '../../azure/steps/help.ts'
import { checkNewKey, deleteNewKey, newKeyEvidence, onlyVersion } from '../../azure/steps/vault-key.ts'
import { keyAt } from '../../azure/words.ts'
import { kekOf } from '../../azure/exchange-key.ts'
import { notVerified } from '../../sqlserver/steps/help.ts'

/** Resume: marked, as every new key of a vault. Its use is fixed when it is made: import, and nothing else. */
export const createExchangeKeyStep: StepHandler = {
  check: (ctx) => checkNewKey(ctx, readParams('create-exchange-key', ctx.step.params)),
  apply: async (ctx) => {
    const { host, key, bits } = readParams('create-exchange-key', ctx.step.params)
    await withVault(ctx, host, (vault) =>
      vault.createKey({ name: key, type: 'RSA-HSM', bits, mark: markOf(ctx), uses: ['import'] }),
    )
  },
  verify: async (ctx) => {
    const params = readParams('create-exchange-key', ctx.step.params)
    return withVault(ctx, params.host, async (vault) => {
      const key = await onlyVersion(ctx, vault, params)
      const fact = kekOf(key)
      if (fact === null) throw notVerified(ctx, `its type is ${key.type}`)
      if (fact.refusal !== null) throw notVerified(ctx, fact.refusal)
      if (key.bits !== params.bits) throw notVerified(ctx, `its size is ${key.bits ?? 'not said'} bits`)
      const say = (statement: string, value: string, data?: Record<string, string>) =>
        line(ctx, keyAt(params.host, params.key), statement, value, data)
      return {
        evidence: [
          ...newKeyEvidence(ctx, params, key, 'Key for imports made'),
          say('May be used for', key.uses.join(', ')),
          say('Tokens name it as', fact.kid, { kid: fact.kid, spkiSha256: fact.sha256 }),
        ],
        proofs: [],
      }
    })
  },
  undo: (ctx) => deleteNewKey(ctx, readParams('create-exchange-key', ctx.step.params)),
}
