import type { Evidence, KeyCopyProof } from '../../../../shared/model/evidence.ts'
import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import type { VaultKey } from '../../../ports/key-vault.ts'
import { readParams, type ParamsOf } from '../../../scripts/runbook/step-params.ts'
import { line, notAllowedYet, unless, withVault } from '../../azure/steps/help.ts'
import { keyOfRun } from '../../azure/steps/vault-key.ts'
import { keyAt } from '../../azure/words.ts'
import { needed, notVerified } from '../../sqlserver/steps/help.ts'
import { sameModulus } from '../key-sizes.ts'

type Params = ParamsOf<'compare-key-chain'>

/**
 * One public key from where the key was made to every vault, and each vault uses the private half. It changes nothing, so
 * it runs again after a crash. What the vault says is compared; what nobody may try is said.
 */
export const compareKeyChainStep: StepHandler = {
  check: () => Promise.resolve(needed({})),
  apply: () => Promise.resolve(),
  verify: async (ctx) => {
    const params = readParams('compare-key-chain', ctx.step.params)
    const { origin } = params
    const links: Link[] = []
    for (const vault of params.vaults) links.push(await linkAt(ctx, params, vault))
    return {
      evidence: [
        line(ctx, 'plan', `Public key of ${origin.words}; SHA-256`, origin.spkiSha256, {
          spkiSha256: origin.spkiSha256,
        }),
        ...links.flatMap(({ evidence }) => evidence),
      ],
      proofs: links.flatMap(({ proofs }) => proofs),
    }
  },
}

interface Link {
  evidence: Evidence[]
  proofs: KeyCopyProof[]
}

const linkAt = (
  ctx: StepContext,
  { key: name, origin }: Params,
  { host, version }: Params['vaults'][number],
): Promise<Link> =>
  withVault(ctx, host, async (vault) => {
    const key = await keyOfRun(ctx, vault, { host, key: name, version })
    if (!sameModulus(key, origin)) {
      throw notVerified(ctx, `the public key of ${keyAt(host, name)} is not that of ${origin.words}`)
    }
    const proof = await unless(notAllowedYet)(vault.probeWrap(name, key.version, { signal: ctx.signal }))
    const say = (statement: string, value: string, data?: Evidence['data']): Evidence =>
      line(ctx, keyAt(host, name), statement, value, data)
    return {
      evidence: [
        say('Its public key, compared with that', 'the same', facts(name, host, key, origin.spkiSha256)),
        say('Type, size and version', `${key.type}, ${key.bits ?? 'not said'} bits, ${key.version}`),
        say(
          'Wrapped and unwrapped 32 random bytes in the vault',
          proof === null
            ? 'not tried: this sign-in may not wrap and unwrap'
            : `yes; lines in its log ${proof.requestIds.join(', ') || 'not said'}`,
        ),
      ],
      proofs:
        proof === null
          ? []
          : [
              {
                key: `Vault key ${name}`,
                kind: 'vault-key',
                location: host,
                level: 'opened',
                by: 'vault',
                at: proof.at,
                thumbprint: null,
                note: `Its public key is that of ${origin.words}, and the vault wrapped and unwrapped with it`,
              },
            ],
    }
  })

const facts = (name: string, host: string, key: VaultKey, spkiSha256: string) => ({
  vaultKey: name,
  vaultHost: host,
  keyVersion: key.version,
  spkiSha256,
})
