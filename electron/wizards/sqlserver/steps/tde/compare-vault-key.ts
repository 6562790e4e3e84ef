import type { StepContext, StepHandler } from '../../../../engine/contract.ts'
import { readParams, type ParamsOf } from '../../../../scripts/runbook/step-params.ts'
import { orRefusal } from '../../read-certificate-users.ts'
import { readPlaceOf } from '../../read-ekm.ts'
import { evidenceOf, needed, notVerified } from '../help.ts'
import { comparePlanned } from './create-key.ts'
import { keyAfter, view } from './help.ts'
import { protectorOfRun } from './protector-of-run.ts'

type Params = ParamsOf<'compare-vault-key'>

/** Whether the place that the connector noted is that of the plan's key. A URL: `https://host/keys/name/version`. */
export const isPlaceOf = (
  uri: string,
  { host, vaultKey, version }: Pick<Params, 'host' | 'vaultKey' | 'version'>,
): boolean => {
  if (!URL.canParse(uri)) return false
  const { hostname, pathname } = new URL(uri)
  const [, , name = '', noted = ''] = pathname.split('/')
  return (
    hostname.toLowerCase() === host.toLowerCase() &&
    name.toLowerCase() === vaultKey.toLowerCase() &&
    (version === null || noted === '' || noted.toLowerCase() === version.toLowerCase())
  )
}

/** Compares, and changes nothing; runs again after a crash. A registry that this login may not read is said, not guessed. */
export const compareVaultKeyStep: StepHandler = {
  check: () => Promise.resolve(needed({})),
  apply: () => Promise.resolve(),
  verify: async (ctx) => {
    const params = readParams('compare-vault-key', ctx.step.params)
    const protector = await protectorOfRun(ctx, params)
    const key = await keyAfter(ctx, params)
    comparePlanned(ctx, key, protector, null)
    const { database, asymmetricKey } = params
    return {
      evidence: [
        evidenceOf(
          ctx,
          'master.sys.asymmetric_keys',
          `Thumbprint of ${asymmetricKey}`,
          protector.thumbprint,
          {
            asymmetricKey,
            thumbprint: protector.thumbprint,
          },
        ),
        evidenceOf(ctx, view, `Thumbprint over the key of ${database}, the same`, key.thumbprint ?? ''),
        evidenceOf(
          ctx,
          'xp_instance_regread, KeyUri',
          `Where the connector has the key of that thumbprint`,
          await placeText(ctx, params, protector.thumbprint),
        ),
      ],
      proofs: [],
    }
  },
}

const placeText = async (ctx: StepContext, params: Params, thumbprint: string): Promise<string> => {
  const place = await orRefusal(
    readPlaceOf(ctx.sql, [`https://${params.host}`], thumbprint).then((uri) => ({ uri })),
  )
  if (typeof place === 'string') return place
  if (place.uri === null) return 'nothing is noted below this vault'
  if (!isPlaceOf(place.uri, params))
    throw notVerified(
      ctx,
      `the registry leads from that thumbprint to ${place.uri}, not to key ${params.vaultKey} of ${params.host}`,
    )
  return place.uri
}
