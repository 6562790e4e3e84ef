import { z } from 'zod'
import { problemOf } from '../../../../../shared/errors/problem.ts'
import { asTargetId } from '../../../../../shared/model/ids.ts'
import type { StepContext, StepHandler } from '../../../../engine/contract.ts'
import { readParams, type ParamsOf } from '../../../../scripts/runbook/step-params.ts'
import { dropCredential } from '../../../../scripts/tsql/ekm.ts'
import { headerOnly } from '../../../../scripts/tsql/restore.ts'
import { storageHoles } from '../../../../scripts/tsql/storage.ts'
import type { CredentialFact } from '../../ekm-facts.ts'
import { readCredential } from '../../read-ekm.ts'
import { evidenceOf, foreign, hasIntent, needed, notVerified, satisfied, scriptOf, send } from '../help.ts'
import { isMadeByRun } from '../own-credential.ts'

type Params = ParamsOf<'create-storage-credential'>
type Own = ParamsOf<'drop-storage-credential'>

const view = 'sys.credentials'

const fits = (row: CredentialFact, { identity }: Own): boolean =>
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
  apply: (ctx) => sendWithToken(ctx, readParams('create-storage-credential', ctx.step.params)),
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
          : [
              evidenceOf(
                ctx,
                'Keyturn',
                'Its secret',
                'sent; no server shows it, so its first use is its proof',
              ),
            ]),
      ],
      proofs: [],
    }
  },
  undo: async (ctx) => [await dropOwn(ctx, readParams('create-storage-credential', ctx.step.params))],
}

/** A token that an earlier step had made is opened here and wiped again. */
const sendWithToken = async (ctx: StepContext, { kept }: Pick<Params, 'kept'>): Promise<void> => {
  if (kept === null) {
    await send(ctx, scriptOf(ctx))
    return
  }
  ctx.keeper.ready()
  using token = await ctx.keeper.open({
    purpose: 'storage.sas',
    target: asTargetId(kept.target),
    label: kept.label,
  })
  await send(ctx, scriptOf(ctx), { secrets: new Map([...ctx.secrets, [storageHoles.sas, token]]) })
}

const changedBefore = z.object({ changed: z.string().nullable() })

/**
 * Resume: before-image: the time of the last change. After a crash the statement is sent again whatever the time says:
 * it sets the same values. Counts from the next statement on. There is no undo: no server tells the secret that was there.
 */
export const changeStorageCredentialStep: StepHandler = {
  check: async (ctx) => {
    const params = readParams('change-storage-credential', ctx.step.params)
    const row = await readCredential(ctx.sql, params.credential)
    if (row === null || row.provider !== null || row.identity !== params.identity)
      return foreign('storage-credential-other', {
        credential: params.credential,
        target: ctx.sql.ref.name,
        what: row === null ? 'it is not there' : `IDENTITY ${row.identity}`,
      })
    return needed(hasIntent(ctx) ? ctx.before : { changed: row.changed })
  },
  apply: (ctx) => sendWithToken(ctx, readParams('change-storage-credential', ctx.step.params)),
  verify: async (ctx) => {
    const params = readParams('change-storage-credential', ctx.step.params)
    const { credential } = params
    const row = await readCredential(ctx.sql, credential)
    const recorded = changedBefore.safeParse(ctx.before)
    if (row === null) throw notVerified(ctx, `the server shows no credential ${credential}`)
    if (!fits(row, params)) throw notVerified(ctx, `its IDENTITY reads ${row.identity}`)
    if (!recorded.success || row.changed === null || row.changed === recorded.data.changed)
      throw notVerified(ctx, `${credential} was last changed ${row.changed ?? '(no time)'}, as before`)
    return {
      evidence: [
        evidenceOf(ctx, view, `Credential ${credential} was changed (time of the server)`, row.changed),
        evidenceOf(
          ctx,
          'Keyturn',
          'Its new secret',
          'sent; no server shows it, so its first use is its proof',
        ),
      ],
      proofs: [],
    }
  },
}

/** A server tries storage that does not answer for minutes before it gives up; its answer says more than ours would. */
const proofTimeoutMs = 5 * 60_000

/**
 * Only reads: the server looks for a blob that is not there. "Not found" is said by storage after it let the server in;
 * what it may write shows in a backup alone.
 */
export const proveStorageCredentialStep: StepHandler = {
  check: () => Promise.resolve(needed({ reads: true })),
  apply: () => Promise.resolve(),
  verify: async (ctx) => {
    const { credential, access, url, strict } = readParams('prove-storage-credential', ctx.step.params)
    const device = {
      kind: 'url',
      urls: [url],
      credential: access === 'access-key' ? credential : null,
    } as const
    const refusal = await ctx.sql.query(headerOnly(device), { timeoutMs: proofTimeoutMs }).then(
      () => null,
      (error: unknown) => ({ error }),
    )
    const show = (value: string) => ({
      evidence: [
        evidenceOf(ctx, 'RESTORE HEADERONLY', `What storage answers with credential ${credential}`, value, {
          credential,
        }),
      ],
      proofs: [],
    })
    if (refusal === null) throw notVerified(ctx, `${url} is there, though nothing is called so`)
    const said = problemOf(refusal.error)
    if (said.code === 'url-not-found')
      return show('let in: it looked for a blob and found none. That it may write was not tried')
    if (strict || said.code === 'sql-lost' || said.code === 'sql-protocol') throw refusal.error
    return show(`${said.kind === 'unreachable' ? 'no answer' : 'not let in'}: ${said.title}`)
  },
}

/** What this run made: nothing is lost with it but this server's way to the container. */
const dropOwn = async (ctx: StepContext, params: Own) => {
  const what = `Credential ${params.credential}`
  const row = await readCredential(ctx.sql, params.credential)
  if (row === null) return evidenceOf(ctx, view, what, 'not there')
  if (!isOwn(ctx, row, params)) throw notVerified(ctx, `${what} was made anew by somebody else`)
  await send(ctx, dropCredential(params.credential))
  if ((await readCredential(ctx.sql, params.credential)) !== null)
    throw notVerified(ctx, `${what} is still there`)
  return evidenceOf(ctx, view, what, 'dropped; no row any more')
}

const isOwn = (ctx: StepContext, row: CredentialFact, params: Own): boolean =>
  fits(row, params) && isMadeByRun(ctx, params.credential, row)

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
  'change-storage-credential': changeStorageCredentialStep,
  'prove-storage-credential': proveStorageCredentialStep,
  'drop-storage-credential': dropStorageCredentialStep,
} as const
