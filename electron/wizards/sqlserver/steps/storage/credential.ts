import type { StepContext, StepHandler } from '../../../../engine/contract.ts'
import { readParams, type ParamsOf } from '../../../../scripts/runbook/step-params.ts'
import { dropCredential } from '../../../../scripts/tsql/ekm.ts'
import type { CredentialFact } from '../../ekm-facts.ts'
import { readCredential } from '../../read-ekm.ts'
import { evidenceOf, foreign, hasIntent, needed, notVerified, satisfied, scriptOf, send } from '../help.ts'

type Params = ParamsOf<'create-storage-credential'>

const view = 'sys.credentials'

const fits = (row: CredentialFact, { identity }: Params): boolean =>
  row.provider === null && row.identity === identity

/**
 * Resume: named: none of that name was there before this run's intent, and its identity is the planned one. The secret
 * is never shown, so what proves it is the first use.
 */
export const createStorageCredentialStep: StepHandler = {
  check: async (ctx) => {
    const params = readParams('create-storage-credential', ctx.step.params)
    const row = await readCredential(ctx.sql, params.credential)
    if (row === null) return needed({ there: false })
    return hasIntent(ctx) && fits(row, params)
      ? satisfied(ctx.before)
      : foreign('sql-exists', { what: `Credential ${params.credential}`, target: ctx.sql.ref.name })
  },
  apply: async (ctx) => {
    await send(ctx, scriptOf(ctx))
  },
  verify: async (ctx) => {
    const params = readParams('create-storage-credential', ctx.step.params)
    const row = await readCredential(ctx.sql, params.credential)
    if (row === null) throw notVerified(ctx, `the server shows no credential ${params.credential}`)
    if (!fits(row, params)) throw notVerified(ctx, `its IDENTITY reads ${row.identity}`)
    return {
      evidence: [
        evidenceOf(ctx, view, `Credential ${params.credential}, IDENTITY`, row.identity, {
          credential: params.credential,
          created: row.created,
        }),
        ...(params.access === 'managed-identity'
          ? []
          : [evidenceOf(ctx, 'Keyturn', 'Its secret', 'sent; no server shows it, so its first use is its proof')]),
      ],
      proofs: [],
    }
  },
  undo: async (ctx) => [await dropOwn(ctx, readParams('create-storage-credential', ctx.step.params))],
}

/** What this run made: nothing is lost with it but this server's way to the container. */
const dropOwn = async (ctx: StepContext, params: Params) => {
  const what = `Credential ${params.credential}`
  const row = await readCredential(ctx.sql, params.credential)
  if (row === null) return evidenceOf(ctx, view, what, 'not there')
  if (!isOwn(ctx, row, params)) throw notVerified(ctx, `${what} was made anew by somebody else`)
  await send(ctx, dropCredential(params.credential))
  if ((await readCredential(ctx.sql, params.credential)) !== null)
    throw notVerified(ctx, `${what} is still there`)
  return evidenceOf(ctx, view, what, 'dropped; no row any more')
}

/** The one that this run read back when it had made it; the time is the server's. */
const isOwn = (ctx: StepContext, row: CredentialFact, params: Params): boolean => {
  const made = ctx.earlier.findLast(({ data }) => data?.['credential'] === params.credential)?.data?.['created']
  return fits(row, params) && (made === undefined || made === row.created)
}

/** Resume: named: it is not there. Never one that this run did not make. */
export const dropStorageCredentialStep: StepHandler = {
  check: async (ctx) => {
    const params = readParams('drop-storage-credential', ctx.step.params)
    const row = await readCredential(ctx.sql, params.credential)
    const state = { there: true }
    if (row === null) return satisfied(hasIntent(ctx) ? ctx.before : state)
    return isOwn(ctx, row, params)
      ? needed(state)
      : foreign('storage-credential-other', {
          credential: params.credential,
          target: ctx.sql.ref.name,
          what: `IDENTITY ${row.identity}, made ${row.created ?? '(no time)'}`,
        })
  },
  apply: async (ctx) => {
    await dropOwn(ctx, readParams('drop-storage-credential', ctx.step.params))
  },
  verify: async (ctx) => {
    const { credential } = readParams('drop-storage-credential', ctx.step.params)
    if ((await readCredential(ctx.sql, credential)) !== null)
      throw notVerified(ctx, `credential ${credential} is still there`)
    return { evidence: [evidenceOf(ctx, view, `Credential ${credential}`, 'no row any more')], proofs: [] }
  },
}

export const storageSteps = {
  'create-storage-credential': createStorageCredentialStep,
  'drop-storage-credential': dropStorageCredentialStep,
} as const
