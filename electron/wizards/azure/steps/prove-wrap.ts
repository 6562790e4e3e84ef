import { KeyturnError, problemOf } from '../../../../shared/errors/problem.ts'
import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import type { SecretBytes } from '../../../platform/secret-bytes.ts'
import type { WrapProof } from '../../../ports/key-vault.ts'
import type { DirectoryApplication } from '../../../ports/directory.ts'
import { secretHole } from '../../../scripts/azure/key-vault.ts'
import { readParams, type ParamsOf } from '../../../scripts/runbook/step-params.ts'
import { needed } from '../../sqlserver/steps/help.ts'
import { keyAt } from '../words.ts'
import { applicationOf, principalOf } from './application.ts'
import { keptAs } from './client-secret.ts'
import { line, notAllowedYet, openControl, openDirectory, waitFor, withVault, type Waiting } from './help.ts'
import { keyOfRun } from './vault-key.ts'

type Params = ParamsOf<'prove-wrap'>

/** Lends the secret of the application: kept by a step of this run, or sealed for the run. */
const withSecret = async <Value>(
  ctx: StepContext,
  { secret: label }: Params,
  work: (secret: SecretBytes) => Promise<Value>,
): Promise<Value> => {
  if (label !== null) {
    ctx.keeper.ready()
    using kept = await ctx.keeper.open(keptAs(ctx, label))
    return await work(kept)
  }
  const sealed = ctx.secrets.get(secretHole)
  if (sealed === undefined) throw new KeyturnError('internal')
  return work(sealed)
}

/** What passes by itself after a role, a policy or a secret was made a moment ago. */
const notYet = (code: string): 'role' | 'secret' | null => {
  if (notAllowedYet.includes(code)) return 'role'
  // Neither a secret nor an application of a moment ago is known everywhere.
  return code === 'azure-sign-in-secret' || code === 'azure-sign-in-app' ? 'secret' : null
}

/**
 * Signs in as the application and lets the vault wrap and unwrap 32 random bytes: the only thing that shows that right,
 * network and secret fit together. It changes nothing, so it runs again after a crash.
 */
export const proveWrapStep = (waiting: Waiting): StepHandler => ({
  check: async () => needed({}),
  apply: async () => undefined,
  verify: async (ctx) => {
    const params = readParams('prove-wrap', ctx.step.params)
    const application = await applicationOf(ctx, await openDirectory(ctx), params.application)
    const key = await withVault(ctx, params.host, (vault) => keyOfRun(ctx, vault, params))
    const proof = await withSecret(ctx, params, (secret) =>
      probe(ctx, waiting, { params, application, version: key.version, secret }),
    )
    const where = keyAt(params.host, params.key)
    return {
      evidence: [
        line(
          ctx,
          where,
          `Wrapped and unwrapped 32 random bytes as ${application.name}; version`,
          proof.version,
          {
            vaultKey: params.key,
            vaultHost: params.host,
            keyVersion: proof.version,
            clientId: application.clientId,
            headline: 'Vault key',
            subject: params.key,
            fact: `${params.host} wrapped and unwrapped with it for ${application.name}`,
          },
        ),
        line(ctx, where, 'Lines in the log of the vault', proof.requestIds.join(', ') || 'not said'),
        line(
          ctx,
          where,
          'For the credential of SQL Server: client id without hyphens',
          application.clientId.replaceAll('-', ''),
        ),
      ],
      proofs: [
        {
          key: `Vault key ${params.key}`,
          kind: 'vault-key',
          location: params.host,
          level: 'opened',
          by: 'vault',
          at: proof.at,
          thumbprint: null,
          note: `Used by the vault itself, for ${application.name}: its private part was never outside`,
        },
      ],
    }
  },
})

interface Probe {
  params: Params
  application: DirectoryApplication
  version: string
  secret: SecretBytes
}

const probe = async (ctx: StepContext, waiting: Waiting, what: Probe): Promise<WrapProof> => {
  const { params, application, version, secret } = what
  const { identity } = await openControl(ctx)
  const refused: { by: 'role' | 'secret'; error: unknown } = { by: 'role', error: null }
  const proof = await waitFor(ctx, waiting, `${params.host} to let ${application.name} in`, async () => {
    try {
      const caller = { tenantId: identity.tenantId, clientId: application.clientId, secret }
      const vault = await ctx.azure.vaults.as(ctx.step.target, params.host, caller, { signal: ctx.signal })
      try {
        return await vault.probeWrap(params.key, version, { signal: ctx.signal })
      } finally {
        await vault.close()
      }
    } catch (error) {
      const passing = notYet(problemOf(error).code)
      if (passing === null) throw error
      Object.assign(refused, { by: passing, error })
      return null
    }
  })
  if (proof !== null) return proof
  throw refused.by === 'secret'
    ? new KeyturnError('vault-secret-refused', { who: application.name }, extrasOf(refused.error))
    : new KeyturnError(
        'vault-use-refused',
        {
          vault: params.host,
          what: 'wrapKey and unwrapKey',
          who: application.name,
          minutes: Math.round(waiting.mostMs / 60_000),
          role: params.needs.role,
          on: params.needs.on,
          principal: (await principalOf(ctx, await openDirectory(ctx), params.application)).objectId,
        },
        extrasOf(refused.error),
      )
}

const extrasOf = (error: unknown) => {
  const { vendor } = problemOf(error)
  return { cause: error, ...(vendor === undefined ? {} : { vendor }) }
}
