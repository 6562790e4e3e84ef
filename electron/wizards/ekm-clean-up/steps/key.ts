import { KeyturnError } from '../../../../shared/errors/problem.ts'
import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import { textOf } from '../../../ports/sql-rows.ts'
import { oneRow } from '../../../ports/sql-sight.ts'
import { readParams } from '../../../scripts/runbook/step-params.ts'
import { loginNamed } from '../../../scripts/tsql/ekm-queries.ts'
import { createAsymmetricKey, mapCredential, unmapCredential } from '../../../scripts/tsql/ekm.ts'
import { allLogins } from '../../../scripts/tsql/sight.ts'
import { readEkm, readProviderKey } from '../../sqlserver/read-ekm.ts'
import { views } from '../../sqlserver/steps/ekm/help.ts'
import {
  evidenceOf,
  foreign,
  needed,
  notVerified,
  satisfied,
  scriptOf,
  send,
} from '../../sqlserver/steps/help.ts'
import { refuseNeeded, wayBack } from './guard.ts'

const typeOf = async (ctx: StepContext, login: string): Promise<string | null> => {
  const row = await oneRow(ctx.sql, loginNamed(login), allLogins())
  return row === null ? null : textOf(row['type']).trim()
}

/** Resume: named: a login that was made from a key, or none. */
export const dropKeyLoginStep: StepHandler = {
  check: async (ctx) => {
    const { login } = readParams('drop-key-login', ctx.step.params)
    const type = await typeOf(ctx, login)
    if (type === null) return satisfied(ctx.before ?? { there: false })
    return type === 'K'
      ? needed({ there: true })
      : foreign('clean-up-other', {
          what: `Login ${login}`,
          target: ctx.sql.ref.name,
          found: `a login of type ${type}, not one of a key`,
        })
  },
  apply: async (ctx) => {
    const params = readParams('drop-key-login', ctx.step.params)
    await refuseNeeded(ctx, `The login of ${params.key}`, params)
    await send(ctx, scriptOf(ctx))
  },
  verify: async (ctx) => {
    const { login } = readParams('drop-key-login', ctx.step.params)
    if ((await typeOf(ctx, login)) !== null) throw notVerified(ctx, `login ${login} is still there`)
    return { evidence: [evidenceOf(ctx, views.logins, `Login ${login}`, 'no row any more')], proofs: [] }
  },
  undo: async (ctx) => {
    const { login, key } = readParams('drop-key-login', ctx.step.params)
    if ((await typeOf(ctx, login)) === null) await send(ctx, wayBack(ctx))
    if ((await typeOf(ctx, login)) !== 'K') throw notVerified(ctx, `no login ${login} of a key is there`)
    return [evidenceOf(ctx, views.logins, `Login ${login}, made again from`, key)]
  },
}

/** Resume: before-image: name and thumbprint, so that a key that somebody made since then is not taken for this one. */
export const dropAsymmetricKeyStep: StepHandler = {
  check: async (ctx) => {
    const { key, thumbprint } = readParams('drop-asymmetric-key', ctx.step.params)
    const found = await readProviderKey(ctx.sql, key)
    if (found === null) return satisfied(ctx.before ?? { there: false })
    return found.thumbprint === thumbprint
      ? needed({ key, thumbprint })
      : foreign('clean-up-other', {
          what: `Asymmetric key ${key}`,
          target: ctx.sql.ref.name,
          found: `thumbprint ${found.thumbprint}, planned was ${thumbprint}`,
        })
  },
  apply: async (ctx) => {
    const params = readParams('drop-asymmetric-key', ctx.step.params)
    await refuseNeeded(ctx, `Asymmetric key ${params.key}`, params)
    await send(ctx, scriptOf(ctx))
  },
  verify: async (ctx) => {
    const { key, thumbprint } = readParams('drop-asymmetric-key', ctx.step.params)
    if ((await readProviderKey(ctx.sql, key)) !== null) throw notVerified(ctx, `${key} is still there`)
    return {
      evidence: [
        evidenceOf(
          ctx,
          views.keys,
          `Asymmetric key ${key}`,
          'no row any more; nothing was sent to the vault',
          { asymmetricKey: key, thumbprint },
        ),
      ],
      proofs: [],
    }
  },
  undo: async (ctx) => {
    const { key, thumbprint } = readParams('drop-asymmetric-key', ctx.step.params)
    if ((await readProviderKey(ctx.sql, key)) === null) await openAgain(ctx)
    const found = await readProviderKey(ctx.sql, key)
    if (found?.thumbprint !== thumbprint) {
      throw notVerified(
        ctx,
        `${key} has thumbprint ${found?.thumbprint ?? '(it is not there)'}, and had ${thumbprint}`,
      )
    }
    return [
      evidenceOf(ctx, views.keys, `Asymmetric key ${key}, opened again: thumbprint, as before`, thumbprint),
    ]
  },
}

/**
 * The connector opens a key with the credential of the login that asks: it is lent for as long as that takes. The plan
 * names it only where the login held none, so that one which is found after a crash is lent too.
 */
const openAgain = async (ctx: StepContext): Promise<void> => {
  const { key, provider, vaultKey, setup } = readParams('drop-asymmetric-key', ctx.step.params)
  if (vaultKey === null) throw new KeyturnError('internal')
  const create = createAsymmetricKey({
    name: key,
    provider,
    vaultKey: vaultKey.name,
    version: vaultKey.version,
  })
  if (setup === null) return void (await send(ctx, create))
  if ((await heldFor(ctx, provider)) === null) await send(ctx, mapCredential(setup.login, setup.credential))
  try {
    await send(ctx, create)
  } finally {
    if ((await heldFor(ctx, provider)) === setup.credential) {
      await send(ctx, unmapCredential(setup.login, setup.credential))
    }
  }
}

/** The credential for a provider that the login of the run holds; null: none. */
const heldFor = async (ctx: StepContext, provider: string): Promise<string | null> => {
  const { credentials } = await readEkm(ctx.sql, ctx)
  if (!credentials.read) {
    throw new KeyturnError('sql-not-visible', { target: ctx.sql.ref.name, permission: 'VIEW ANY DEFINITION' })
  }
  return (
    credentials.value.find(
      (one) => one.provider === provider && one.logins.some(({ login }) => login === ctx.sql.principal),
    )?.name ?? null
  )
}
