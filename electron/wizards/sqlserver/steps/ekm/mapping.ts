import { KeyturnError } from '../../../../../shared/errors/problem.ts'
import type { CheckResult, StepContext, StepHandler, StepOutcome } from '../../../../engine/contract.ts'
import { textOf } from '../../../../ports/sql-rows.ts'
import { oneRow } from '../../../../ports/sql-sight.ts'
import { loginNamed } from '../../../../scripts/tsql/ekm-queries.ts'
import { mapCredential, unmapCredential } from '../../../../scripts/tsql/ekm.ts'
import { readParams } from '../../../../scripts/runbook/step-params.ts'
import { allLogins } from '../../../../scripts/tsql/sight.ts'
import { databasesNotOpen, databasesOfCredential } from '../../ekm-links.ts'
import { readCredential, readEkm } from '../../read-ekm.ts'
import { blocked, evidenceOf, foreign, needed, notVerified, satisfied, scriptOf, send } from '../help.ts'
import { refuseUsed, views } from './help.ts'

interface Mapping {
  credential: string
  provider: string
  login: string
}

const isMapped = async (ctx: StepContext, { credential, login }: Mapping): Promise<boolean | null> => {
  const row = await readCredential(ctx.sql, credential)
  return row === null ? null : row.logins.some((one) => one.login === login)
}

const gone = (ctx: StepContext, { credential }: Mapping): CheckResult =>
  foreign('ekm-credential-other', { credential, target: ctx.sql.ref.name, what: 'it is not there' })

const shown = (ctx: StepContext, { credential, login }: Mapping, mapped: boolean): StepOutcome => ({
  evidence: [
    evidenceOf(
      ctx,
      views.mappings,
      mapped ? `Login ${login} holds credential` : `Login ${login} holds no longer credential`,
      credential,
      { credential, login },
    ),
  ],
  proofs: [],
})

/** Resume: named. A login holds one credential for a provider: another one that it holds is not taken away. */
export const mapCredentialStep: StepHandler = {
  check: async (ctx) => {
    const params = readParams('map-credential', ctx.step.params)
    const mapped = await isMapped(ctx, params)
    if (mapped === null) return gone(ctx, params)
    if (mapped) return satisfied(ctx.before ?? { mapped })
    if ((await oneRow(ctx.sql, loginNamed(params.login), allLogins())) === null) {
      return foreign('ekm-login-other', { login: params.login, target: ctx.sql.ref.name })
    }
    const held = await otherCredentialOf(ctx, params)
    return held === null
      ? needed({ mapped })
      : blocked('ekm-credential-mapped', {
          target: ctx.sql.ref.name,
          what: `${params.login} holds ${held}`,
        })
  },
  apply: async (ctx) => void (await send(ctx, scriptOf(ctx))),
  verify: async (ctx) => {
    const params = readParams('map-credential', ctx.step.params)
    if ((await isMapped(ctx, params)) !== true) {
      throw notVerified(ctx, `${params.login} does not hold ${params.credential}`)
    }
    return shown(ctx, params, true)
  },
  undo: async (ctx) => {
    const params = readParams('map-credential', ctx.step.params)
    const what = `The mapping of ${params.credential} to ${params.login}`
    await refuseWhereNeeded(ctx, params, what)
    if ((await isMapped(ctx, params)) === true) {
      await send(ctx, unmapCredential(params.login, params.credential))
    }
    if ((await isMapped(ctx, params)) === true) throw notVerified(ctx, `${what} is still there`)
    return shown(ctx, params, false).evidence
  },
}

/** Resume: named. Where a database needs the key of that login, the mapping stays. */
export const unmapCredentialStep: StepHandler = {
  check: async (ctx) => {
    const params = readParams('unmap-credential', ctx.step.params)
    const mapped = await isMapped(ctx, params)
    return mapped === true ? needed({ mapped }) : satisfied(ctx.before ?? { mapped: false })
  },
  apply: async (ctx) => {
    const params = readParams('unmap-credential', ctx.step.params)
    await refuseWhereNeeded(ctx, params, `The mapping of ${params.credential} to ${params.login}`)
    await send(ctx, scriptOf(ctx))
  },
  verify: async (ctx) => {
    const params = readParams('unmap-credential', ctx.step.params)
    if ((await isMapped(ctx, params)) === true) {
      throw notVerified(ctx, `${params.login} still holds ${params.credential}`)
    }
    return shown(ctx, params, false)
  },
  undo: async (ctx) => {
    const params = readParams('unmap-credential', ctx.step.params)
    if ((await isMapped(ctx, params)) === false) {
      await send(ctx, mapCredential(params.login, params.credential))
    }
    if ((await isMapped(ctx, params)) !== true) {
      throw notVerified(ctx, `${params.login} does not hold ${params.credential}`)
    }
    return shown(ctx, params, true).evidence
  },
}

const otherCredentialOf = async (ctx: StepContext, params: Mapping): Promise<string | null> => {
  const { credentials } = await readEkm(ctx.sql, ctx)
  if (!credentials.read)
    throw new KeyturnError('sql-not-visible', {
      target: ctx.sql.ref.name,
      permission: 'VIEW ANY DEFINITION',
    })
  return (
    credentials.value.find(
      ({ name, provider, logins }) =>
        name !== params.credential &&
        provider === params.provider &&
        logins.some(({ login }) => login === params.login),
    )?.name ?? null
  )
}

/** Only a login that was made from a key stands between an engine and its databases. */
const refuseWhereNeeded = async (ctx: StepContext, { credential, login }: Mapping, what: string) => {
  const row = await oneRow(ctx.sql, loginNamed(login), allLogins())
  if (textOf(row?.['type']).trim() !== 'K') return
  const facts = await readEkm(ctx.sql, ctx)
  if (!facts.credentials.read || !facts.keys.read || !facts.databases.read || !facts.keyLogins.read) {
    return refuseUsed(what, ['databases that are not visible with this login'])
  }
  const own = facts.credentials.value.find(({ name }) => name === credential)
  refuseUsed(what, [
    ...(own === undefined ? [] : databasesOfCredential(facts, own).map(({ name }) => name)),
    ...databasesNotOpen(facts).map(({ name, state }) => `${name} (${state})`),
  ])
}
