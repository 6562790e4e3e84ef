import { KeyturnError, problemOf } from '../../../../shared/errors/problem.ts'
import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import { readParams, type ParamsOf } from '../../../scripts/runbook/step-params.ts'
import { keyPlaceOf, samePlace } from '../../azure/key-uri.ts'
import { readKeyPlace, readProviderKey } from '../../sqlserver/read-ekm.ts'
import { evidenceOf, needed, notVerified } from '../../sqlserver/steps/help.ts'

const registry = 'xp_instance_regread, KeyUri'

/** The version of the plan, or the one that an earlier step of this run made and read back. */
const versionOf = (ctx: StepContext, { host, key, version }: ParamsOf<'compare-key-place'>): string => {
  const made = ctx.earlier.findLast(
    ({ data }) => data?.['vaultKey'] === key && data['vaultHost'] === host && 'keyVersion' in data,
  )?.data?.['keyVersion']
  const wanted = version ?? (typeof made === 'string' ? made : null)
  if (wanted === null) throw notVerified(ctx, `no step of this run has read a version of ${key}`)
  return wanted.toLowerCase()
}

/**
 * Compares the place that the connector noted for the new key's thumbprint with the version of the plan, before a
 * database is put under it: opened by its name alone, a key could be another version than the one that was proven. It
 * only reads, so it runs again after a crash. A registry that this login may not read is said, and stops nothing.
 */
export const compareKeyPlaceStep: StepHandler = {
  check: () => Promise.resolve(needed({})),
  apply: () => Promise.resolve(),
  verify: async (ctx) => {
    const params = readParams('compare-key-place', ctx.step.params)
    const { asymmetricKey, host, key } = params
    const there = await readProviderKey(ctx.sql, asymmetricKey)
    if (there === null) throw notVerified(ctx, `master shows no asymmetric key ${asymmetricKey}`)
    const wanted = { host, key, version: versionOf(ctx, params) }
    const expected = `https://${host}/keys/${key}/${wanted.version}`
    const found = await placeOrRefusal(ctx, host, there.thumbprint)
    if ('because' in found) {
      return {
        evidence: [evidenceOf(ctx, registry, `Where ${asymmetricKey} leads to`, found.because)],
        proofs: [],
      }
    }
    const place = found.uri === null ? null : keyPlaceOf(found.uri)
    if (place === null || !samePlace(place, wanted)) {
      throw new KeyturnError('ekm-key-place', {
        key: asymmetricKey,
        target: ctx.sql.ref.name,
        found: found.uri ?? 'no place that the registry names',
        expected,
      })
    }
    return {
      evidence: [
        evidenceOf(ctx, registry, `${asymmetricKey}, thumbprint ${there.thumbprint}, leads to`, expected, {
          asymmetricKey,
          thumbprint: there.thumbprint,
        }),
      ],
      proofs: [],
    }
  },
}

const placeOrRefusal = async (
  ctx: StepContext,
  host: string,
  thumbprint: string,
): Promise<{ uri: string | null } | { because: string }> => {
  try {
    return { uri: await readKeyPlace(ctx.sql, host, thumbprint) }
  } catch (error) {
    const { kind, title } = problemOf(error)
    if (kind !== 'refused') throw error
    return { because: `not read: ${title}` }
  }
}
