import { KeyturnError } from '../../../../shared/errors/problem.ts'
import type { CheckResult, StepContext, StepHandler } from '../../../engine/contract.ts'
import { readParams } from '../../../scripts/runbook/step-params.ts'
import { readCredential, readEkm, readOption, readProviders } from '../../sqlserver/read-ekm.ts'
import { views } from '../../sqlserver/steps/ekm/help.ts'
import {
  blocked,
  evidenceOf,
  foreign,
  needed,
  notVerified,
  satisfied,
  scriptOf,
  send,
} from '../../sqlserver/steps/help.ts'
import { wayBack } from './guard.ts'

/** Resume: named, with identity and provider as planned. */
export const dropCredentialStep: StepHandler = {
  check: async (ctx) => {
    const { credential, provider, identity } = readParams('drop-ekm-credential', ctx.step.params)
    const row = await readCredential(ctx.sql, credential)
    if (row === null) return satisfied(ctx.before ?? { there: false })
    if (row.identity !== identity || row.provider !== provider) {
      return foreign('clean-up-other', {
        what: `Credential ${credential}`,
        target: ctx.sql.ref.name,
        found: `IDENTITY ${row.identity}, for ${row.provider ?? 'no provider'}`,
      })
    }
    return row.logins.length === 0
      ? needed({ there: true, changed: row.changed })
      : standsOn(
          ctx,
          `Credential ${credential}`,
          row.logins.map(({ login }) => `Login ${login}`),
        )
  },
  apply: async (ctx) => void (await send(ctx, scriptOf(ctx))),
  verify: async (ctx) => {
    const { credential } = readParams('drop-ekm-credential', ctx.step.params)
    if ((await readCredential(ctx.sql, credential)) !== null) {
      throw notVerified(ctx, `credential ${credential} is still there`)
    }
    return {
      evidence: [evidenceOf(ctx, views.credentials, `Credential ${credential}`, 'no row any more')],
      proofs: [],
    }
  },
  undo: async (ctx) => {
    const { credential, identity } = readParams('drop-ekm-credential', ctx.step.params)
    if ((await readCredential(ctx.sql, credential)) === null) await send(ctx, wayBack(ctx))
    const row = await readCredential(ctx.sql, credential)
    if (row?.identity !== identity) {
      throw notVerified(ctx, `IDENTITY of ${credential} reads ${row?.identity ?? 'nothing'}, was ${identity}`)
    }
    return [
      evidenceOf(
        ctx,
        views.credentials,
        `Credential ${credential}, made again: IDENTITY, as before`,
        identity,
      ),
      evidenceOf(ctx, 'Keyturn', 'Its secret', 'no server shows it, so nothing here proves it'),
    ]
  },
}

const standsOn = (ctx: StepContext, what: string, users: readonly string[]): CheckResult =>
  blocked('clean-up-stands-on', { what, users: users.join(', '), target: ctx.sql.ref.name })

/** Keys and credentials of a provider; null: of any. Throws where they are not shown: none is only none then. */
const usersOf = async (ctx: StepContext, provider: string): Promise<string[]> => {
  const { keys, credentials } = await readEkm(ctx.sql, ctx)
  if (!keys.read || !credentials.read) {
    throw new KeyturnError('sql-not-visible', { target: ctx.sql.ref.name, permission: 'VIEW ANY DEFINITION' })
  }
  return [
    ...keys.value.filter((one) => one.provider === provider).map(({ name }) => `Key ${name}`),
    ...credentials.value.filter((one) => one.provider === provider).map(({ name }) => `Credential ${name}`),
  ]
}

const providerNamed = async (ctx: StepContext, name: string) =>
  (await readProviders(ctx.sql)).find((one) => one.name === name) ?? null

/** Windows paths. */
const sameFile = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase()

/** Resume: named, with the library as planned. */
export const dropProviderStep: StepHandler = {
  check: async (ctx) => {
    const { provider, dllPath: library } = readParams('drop-provider', ctx.step.params)
    const found = await providerNamed(ctx, provider)
    if (found === null) return satisfied(ctx.before ?? { there: false })
    if (!sameFile(found.dllPath, library)) {
      return foreign('clean-up-other', {
        what: `Provider ${provider}`,
        target: ctx.sql.ref.name,
        found: found.dllPath,
      })
    }
    const users = await usersOf(ctx, provider)
    return users.length === 0
      ? needed({ dllPath: found.dllPath, version: found.version, enabled: found.enabled })
      : standsOn(ctx, `Provider ${provider}`, users)
  },
  apply: async (ctx) => void (await send(ctx, scriptOf(ctx))),
  verify: async (ctx) => {
    const { provider } = readParams('drop-provider', ctx.step.params)
    if ((await providerNamed(ctx, provider)) !== null) {
      throw notVerified(ctx, `provider ${provider} is still there`)
    }
    return {
      evidence: [evidenceOf(ctx, views.providers, `Provider ${provider}`, 'no row any more')],
      proofs: [],
    }
  },
  undo: async (ctx) => {
    const { provider, dllPath: library, enabled } = readParams('drop-provider', ctx.step.params)
    if ((await providerNamed(ctx, provider)) === null) await send(ctx, wayBack(ctx))
    const found = await providerNamed(ctx, provider)
    if (found === null || !sameFile(found.dllPath, library) || found.enabled !== enabled) {
      throw notVerified(ctx, `provider ${provider} reads ${found?.dllPath ?? 'nothing'}`)
    }
    return [evidenceOf(ctx, views.providers, `Provider ${provider}, registered again`, library)]
  },
}

/** Resume: named: the option is on or off. */
export const disableEkmStep: StepHandler = {
  check: async (ctx) => {
    const { inUse } = await readOption(ctx.sql)
    if (!inUse) return satisfied(ctx.before ?? { inUse })
    const providers = await readProviders(ctx.sql)
    return providers.length === 0
      ? needed({ inUse })
      : standsOn(
          ctx,
          'The option EKM provider enabled',
          providers.map(({ name }) => `Provider ${name}`),
        )
  },
  apply: async (ctx) => void (await send(ctx, scriptOf(ctx))),
  verify: async (ctx) => {
    const { advancedShown } = readParams('disable-ekm', ctx.step.params)
    const option = await readOption(ctx.sql)
    if (option.inUse) throw notVerified(ctx, 'EKM provider enabled is still in use')
    if (option.advancedShown !== advancedShown) {
      throw notVerified(
        ctx,
        `show advanced options reads ${Number(option.advancedShown)}, and was ${Number(advancedShown)} before`,
      )
    }
    return {
      evidence: [evidenceOf(ctx, views.options, 'EKM provider enabled, in use', '0')],
      proofs: [],
    }
  },
  undo: async (ctx) => {
    if (!(await readOption(ctx.sql)).inUse) await send(ctx, wayBack(ctx))
    if (!(await readOption(ctx.sql)).inUse) throw notVerified(ctx, 'EKM provider enabled is not in use')
    return [evidenceOf(ctx, views.options, 'EKM provider enabled, in use', '1')]
  },
}
