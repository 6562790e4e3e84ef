import { asTargetId } from '../../../../shared/model/ids.ts'
import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import type { VaultKey } from '../../../ports/key-vault.ts'
import { readParams, type ParamsOf } from '../../../scripts/runbook/step-params.ts'
import { azureRef } from '../../azure/read-azure.ts'
import { keyPlaceOf, samePlace } from '../../azure/key-uri.ts'
import { keyAt } from '../../azure/words.ts'
import { orRefusal } from '../../sqlserver/read-certificate-users.ts'
import { readPlaceOf, readProviderKey } from '../../sqlserver/read-ekm.ts'
import { evidenceOf, needed, notVerified } from '../../sqlserver/steps/help.ts'
import { sameModulus } from '../key-sizes.ts'

type Params = ParamsOf<'compare-server-key'>

/**
 * The last link: the key object of a server. Its views show a thumbprint and no public key; the registry of the connector
 * leads from the thumbprint to a key of a vault. A registry that this login may not read is said, not guessed.
 */
export const compareServerKeyStep: StepHandler = {
  check: () => Promise.resolve(needed({})),
  apply: () => Promise.resolve(),
  verify: async (ctx) => {
    const params = readParams('compare-server-key', ctx.step.params)
    const { asymmetricKey, host, key: name, origin } = params
    const object = await readProviderKey(ctx.sql, asymmetricKey)
    if (object === null) throw notVerified(ctx, `there is no key ${asymmetricKey} in master`)
    const key = await vaultKey(ctx, params)
    if (!sameModulus(key, origin)) {
      throw notVerified(ctx, `the public key of ${keyAt(host, name)} is not that of ${origin.words}`)
    }
    const view = 'master.sys.asymmetric_keys'
    return {
      evidence: [
        evidenceOf(ctx, view, `Thumbprint of ${asymmetricKey}`, object.thumbprint, {
          asymmetricKey,
          thumbprint: object.thumbprint,
          vaultKey: name,
          vaultHost: host,
          keyVersion: key.version,
        }),
        evidenceOf(
          ctx,
          view,
          'Its public key',
          'not shown by the server: the registry is what leads to the vault',
        ),
        evidenceOf(
          ctx,
          'xp_instance_regread, KeyUri',
          'Where the connector has the key of that thumbprint',
          await placeText(ctx, params, object.thumbprint),
        ),
      ],
      proofs: [],
    }
  },
}

const vaultKey = async (ctx: StepContext, { azure, host, key, version }: Params): Promise<VaultKey> => {
  const vault = await ctx.azure.vaults.at(azureRef(asTargetId(azure)), host, { signal: ctx.signal })
  try {
    const found = await vault.key(key, version)
    if (found === null) throw notVerified(ctx, `there is no version ${version} of ${keyAt(host, key)}`)
    return found
  } finally {
    await vault.close()
  }
}

const placeText = async (ctx: StepContext, params: Params, thumbprint: string): Promise<string> => {
  const { host, key, version } = params
  const read = await orRefusal(readPlaceOf(ctx.sql, [`https://${host}`], thumbprint).then((uri) => ({ uri })))
  if (typeof read === 'string') return read
  if (read.uri === null) throw notVerified(ctx, `nothing is noted below ${host} for thumbprint ${thumbprint}`)
  const place = keyPlaceOf(read.uri)
  const wanted = { host, key, version: place?.version === null ? null : version }
  if (place === null || !samePlace(place, wanted)) {
    throw notVerified(ctx, `the registry leads from that thumbprint to ${read.uri}, not to this version`)
  }
  return read.uri
}
