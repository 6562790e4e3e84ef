import { KeyturnError } from '../../../../../shared/errors/problem.ts'
import type { StepHandler } from '../../../../engine/contract.ts'
import { readParams } from '../../../../scripts/runbook/step-params.ts'
import { disableEkm, dropProvider } from '../../../../scripts/tsql/ekm.ts'
import { readEkm, readOption, readProviders } from '../../read-ekm.ts'
import { evidenceOf, foreign, hasIntent, needed, notVerified, satisfied, scriptOf, send } from '../help.ts'
import { views } from './help.ts'

/** Resume: named: the option is on or off. Turning it on can be sent again. */
export const enableEkmStep: StepHandler = {
  check: async (ctx) => {
    const { inUse, set } = await readOption(ctx.sql)
    return inUse ? satisfied(ctx.before ?? { inUse }) : needed({ inUse, set })
  },
  apply: async (ctx) => void (await send(ctx, scriptOf(ctx))),
  verify: async (ctx) => {
    const { advancedShown } = readParams('enable-ekm', ctx.step.params)
    const option = await readOption(ctx.sql)
    if (!option.inUse) throw notVerified(ctx, 'EKM provider enabled is not in use')
    if (option.advancedShown !== advancedShown) {
      throw notVerified(
        ctx,
        `show advanced options reads ${Number(option.advancedShown)}, and was ${Number(advancedShown)} before`,
      )
    }
    return {
      evidence: [
        evidenceOf(ctx, views.options, 'EKM provider enabled, in use', '1'),
        evidenceOf(ctx, views.options, 'show advanced options, as before', String(Number(advancedShown))),
      ],
      proofs: [],
    }
  },
  undo: async (ctx) => {
    const { advancedShown } = readParams('enable-ekm', ctx.step.params)
    const what = 'The option EKM provider enabled'
    const providers = await readProviders(ctx.sql)
    if (providers.length > 0) {
      throw new KeyturnError('undo-refused', { what, user: providers.map(({ name }) => name).join(', ') })
    }
    if ((await readOption(ctx.sql)).inUse) await send(ctx, disableEkm(advancedShown))
    if ((await readOption(ctx.sql)).inUse) throw notVerified(ctx, `${what} is still in use`)
    return [evidenceOf(ctx, views.options, 'EKM provider enabled, in use', '0')]
  },
}

/** Resume: named, with the library: one of that name with another library is not ours. */
export const createProviderStep: StepHandler = {
  check: async (ctx) => {
    const { provider, dllPath: library } = readParams('create-provider', ctx.step.params)
    const found = await providerOf(ctx.sql, provider)
    if (found === null) return needed({ there: false })
    return hasIntent(ctx) && sameFile(found.dllPath, library)
      ? satisfied(ctx.before)
      : foreign('sql-exists', { what: `Provider ${provider} (${found.dllPath})`, target: ctx.sql.ref.name })
  },
  apply: async (ctx) => void (await send(ctx, scriptOf(ctx))),
  verify: async (ctx) => {
    const { provider, dllPath: library } = readParams('create-provider', ctx.step.params)
    const found = await providerOf(ctx.sql, provider)
    if (found === null) throw notVerified(ctx, `the server shows no provider ${provider}`)
    if (!sameFile(found.dllPath, library)) throw notVerified(ctx, `its library reads ${found.dllPath}`)
    if (!found.enabled) throw notVerified(ctx, 'it is disabled')
    return {
      evidence: [
        evidenceOf(ctx, views.providers, `Provider ${provider}, version`, found.version, { provider }),
        evidenceOf(ctx, views.providers, 'Its library', found.dllPath),
        evidenceOf(
          ctx,
          'sys.dm_cryptographic_provider_properties',
          'The library says of itself',
          found.properties === null ? 'not shown' : `${found.properties.name}, ${found.properties.version}`,
        ),
      ],
      proofs: [],
    }
  },
  undo: async (ctx) => {
    const { provider } = readParams('create-provider', ctx.step.params)
    const what = `Provider ${provider}`
    const { credentials, keys } = await readEkm(ctx.sql, ctx)
    const users = [
      ...(credentials.read
        ? credentials.value.filter((one) => one.provider === provider).map(({ name }) => `credential ${name}`)
        : [`its credentials (${credentials.because})`]),
      ...(keys.read
        ? keys.value.filter((one) => one.provider === provider).map(({ name }) => `key ${name}`)
        : [`its keys (${keys.because})`]),
    ]
    if (users.length > 0) throw new KeyturnError('undo-refused', { what, user: users.join(', ') })
    if ((await providerOf(ctx.sql, provider)) !== null) await send(ctx, dropProvider(provider))
    if ((await providerOf(ctx.sql, provider)) !== null) throw notVerified(ctx, `${what} is still there`)
    return [evidenceOf(ctx, views.providers, what, 'dropped; no row any more')]
  },
}

const providerOf = async (sql: Parameters<typeof readProviders>[0], name: string) =>
  (await readProviders(sql)).find((one) => one.name === name) ?? null

/** Windows paths. */
const sameFile = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase()
