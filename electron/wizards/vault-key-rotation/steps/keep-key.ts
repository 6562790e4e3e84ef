import type { StepHandler } from '../../../engine/contract.ts'
import { readParams } from '../../../scripts/runbook/step-params.ts'
import { needLines, neededByText } from '../../sqlserver/key-needs.ts'
import { firstLogMajor, readKeyNeeds } from '../../sqlserver/read-key-needs.ts'
import { readProviderKey } from '../../sqlserver/read-ekm.ts'
import { evidenceOf, needed, notVerified } from '../../sqlserver/steps/help.ts'

/**
 * Reads that an old asymmetric key is there as it was, and lists what still needs it. It changes nothing, so it runs again
 * after a crash; nothing in this job drops the key, its login or its credential, or touches the version in the vault.
 */
export const keepVaultKeyStep: StepHandler = {
  check: () => Promise.resolve(needed({})),
  apply: () => Promise.resolve(),
  verify: async (ctx) => {
    const { asymmetricKey, thumbprint, place, databases, showsLog } = readParams(
      'keep-vault-key',
      ctx.step.params,
    )
    const kept = await readProviderKey(ctx.sql, asymmetricKey)
    if (kept === null) throw notVerified(ctx, `master shows no asymmetric key ${asymmetricKey} any more`)
    if (kept.thumbprint !== thumbprint) {
      throw notVerified(ctx, `${asymmetricKey} has thumbprint ${kept.thumbprint}; it was ${thumbprint}`)
    }
    const read = await readKeyNeeds(ctx.sql, ctx, showsLog ? firstLogMajor : 0)
    const lines = needLines(read, { thumbprint, databases })
    const names = neededByText(lines)
    return {
      evidence: [
        evidenceOf(ctx, 'master.sys.asymmetric_keys', `${asymmetricKey} is there as it was`, thumbprint, {
          thumbprint,
        }),
        evidenceOf(
          ctx,
          'Keyturn',
          `${place ?? `The vault key behind ${asymmetricKey}`} is still needed by`,
          names ?? 'nothing was found in what could be read; see each line below',
          { thumbprint, stillNeededBy: names ?? '' },
        ),
        ...lines.map(({ what, found, source, at }) => ({
          statement: `${asymmetricKey}: ${what}`,
          value: found,
          source,
          at,
        })),
      ],
      proofs: [],
    }
  },
}
