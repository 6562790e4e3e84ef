import { z } from 'zod'
import { KeyturnError } from '../../../../../shared/errors/problem.ts'
import type { StepContext, StepHandler } from '../../../../engine/contract.ts'
import { textOf } from '../../../../ports/sql-rows.ts'
import { allRows, oneRow } from '../../../../ports/sql-sight.ts'
import { credentialLogins, loginNamed } from '../../../../scripts/tsql/ekm-queries.ts'
import { dropAsymmetricKey, dropLogin } from '../../../../scripts/tsql/ekm.ts'
import { readParams } from '../../../../scripts/runbook/step-params.ts'
import { allLogins } from '../../../../scripts/tsql/sight.ts'
import { readProviderKey, readProviderKeys } from '../../read-ekm.ts'
import { evidenceOf, foreign, hasIntent, needed, notVerified, satisfied, scriptOf, send } from '../help.ts'
import { refuseUsed, refuseUsedKey, views } from './help.ts'

/** Names and thumbprints of keys when the intent was recorded: what is among them is not of this run. */
const keysBefore = z.object({ keys: z.array(z.object({ name: z.string(), thumbprint: z.string() })) })

/** Resume: before-image: name and thumbprint. */
export const createAsymmetricKeyStep: StepHandler = {
  check: async (ctx) => {
    const { key, provider } = readParams('create-asymmetric-key', ctx.step.params)
    const recorded = keysBefore.safeParse(ctx.before)
    const found = await readProviderKey(ctx.sql, key)
    if (found === null)
      return needed(recorded.success ? ctx.before : { keys: await readProviderKeys(ctx.sql) })
    const ours =
      recorded.success &&
      !recorded.data.keys.some(({ name, thumbprint }) => name === key || thumbprint === found.thumbprint) &&
      found.provider === provider
    return ours
      ? satisfied(ctx.before)
      : foreign('sql-exists', { what: `Asymmetric key ${key}`, target: ctx.sql.ref.name })
  },
  apply: async (ctx) => void (await send(ctx, scriptOf(ctx))),
  verify: async (ctx) => {
    const { key, provider, vaultKey } = readParams('create-asymmetric-key', ctx.step.params)
    const found = await readProviderKey(ctx.sql, key)
    if (found === null) throw notVerified(ctx, `master shows no asymmetric key ${key}`)
    if (found.provider !== provider)
      throw notVerified(ctx, `its provider is ${found.provider ?? 'not shown'}`)
    const recorded = keysBefore.safeParse(ctx.before)
    if (recorded.success && recorded.data.keys.some(({ name }) => name === key)) {
      throw notVerified(ctx, `asymmetric key ${key} was there before this run`)
    }
    return {
      evidence: [
        evidenceOf(ctx, views.keys, `Thumbprint of ${key}`, found.thumbprint, {
          asymmetricKey: key,
          thumbprint: found.thumbprint,
          vaultKey,
        }),
        evidenceOf(ctx, views.keys, 'The connector opened it in the vault as', vaultKey),
      ],
      proofs: [],
    }
  },
  undo: async (ctx) => {
    const { key } = readParams('create-asymmetric-key', ctx.step.params)
    const what = `Asymmetric key ${key}`
    const found = await readProviderKey(ctx.sql, key)
    if (found === null) return [evidenceOf(ctx, views.keys, what, 'not there')]
    const recorded = keysBefore.safeParse(ctx.before)
    if (!recorded.success || recorded.data.keys.some(({ thumbprint }) => thumbprint === found.thumbprint)) {
      throw new KeyturnError('undo-refused', { what, user: 'someone else (this run did not make it)' })
    }
    await refuseUsedKey(ctx, what, found.thumbprint)
    await send(ctx, dropAsymmetricKey(key))
    if ((await readProviderKey(ctx.sql, key)) !== null) throw notVerified(ctx, `${what} is still there`)
    return [
      evidenceOf(ctx, views.keys, what, 'dropped here; the key in the vault is as it was', {
        thumbprint: found.thumbprint,
      }),
    ]
  },
}

/** Resume: named: none of that name was there before, and the one that is there was made from a key. */
export const createKeyLoginStep: StepHandler = {
  check: async (ctx) => {
    const { login } = readParams('create-key-login', ctx.step.params)
    const type = await typeOf(ctx, login)
    if (type === null) return needed({ there: false })
    return hasIntent(ctx) && type === 'K'
      ? satisfied(ctx.before)
      : foreign('sql-exists', { what: `Login ${login}`, target: ctx.sql.ref.name })
  },
  apply: async (ctx) => void (await send(ctx, scriptOf(ctx))),
  verify: async (ctx) => {
    const { login, key } = readParams('create-key-login', ctx.step.params)
    const type = await typeOf(ctx, login)
    if (type !== 'K') throw notVerified(ctx, `login ${login} reads type ${type ?? '(not there)'}, not K`)
    return {
      evidence: [
        evidenceOf(ctx, views.logins, `Login ${login} was made from asymmetric key`, key, {
          login,
          asymmetricKey: key,
        }),
      ],
      proofs: [],
    }
  },
  undo: async (ctx) => {
    const { login, key } = readParams('create-key-login', ctx.step.params)
    const what = `Login ${login}`
    const type = await typeOf(ctx, login)
    if (type === null) return [evidenceOf(ctx, views.logins, what, 'not there')]
    if (type !== 'K') throw new KeyturnError('undo-refused', { what, user: `its type ${type}` })
    const found = await readProviderKey(ctx.sql, key)
    if (found !== null) await refuseUsedKey(ctx, what, found.thumbprint)
    const held = (await allRows(ctx.sql, credentialLogins(), allLogins())).some(
      (row) => textOf(row['login']) === login,
    )
    refuseUsed(what, held ? ['a credential that it holds'] : [])
    await send(ctx, dropLogin(login))
    if ((await typeOf(ctx, login)) !== null) throw notVerified(ctx, `${what} is still there`)
    return [evidenceOf(ctx, views.logins, what, 'dropped; no row any more')]
  },
}

/** Type letter of a login; null: none of that name. */
const typeOf = async (ctx: StepContext, login: string): Promise<string | null> => {
  const row = await oneRow(ctx.sql, loginNamed(login), allLogins())
  return row === null ? null : textOf(row['type']).trim()
}
