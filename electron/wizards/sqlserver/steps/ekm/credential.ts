import { z } from 'zod'
import { KeyturnError } from '../../../../../shared/errors/problem.ts'
import type { StepContext, StepHandler } from '../../../../engine/contract.ts'
import { readParams } from '../../../../scripts/runbook/step-params.ts'
import { dropCredential } from '../../../../scripts/tsql/ekm.ts'
import { serverTime, type CredentialFact } from '../../ekm-facts.ts'
import { readCredential, readService } from '../../read-ekm.ts'
import { evidenceOf, foreign, hasIntent, needed, notVerified, satisfied, scriptOf, send } from '../help.ts'
import { isMadeByRun } from '../own-credential.ts'
import { sendWithSecret, views } from './help.ts'

interface Planned {
  credential: string
  provider: string
  identity: string
}

const fits = (row: CredentialFact, { provider, identity }: Planned): boolean =>
  row.provider === provider && row.identity === identity

const other = (ctx: StepContext, { credential }: Planned, row: CredentialFact | null) =>
  foreign('ekm-credential-other', {
    credential,
    target: ctx.sql.ref.name,
    what: row === null ? 'it is not there' : `IDENTITY ${row.identity}, for ${row.provider ?? 'no provider'}`,
  })

/** Resume: named: none of that name was there before, and identity and provider are those of the plan. */
export const createEkmCredentialStep: StepHandler = {
  check: async (ctx) => {
    const params = readParams('create-ekm-credential', ctx.step.params)
    const row = await readCredential(ctx.sql, params.credential)
    if (row === null) return needed({ there: false })
    return hasIntent(ctx) && fits(row, params)
      ? satisfied(ctx.before)
      : foreign('sql-exists', { what: `Credential ${params.credential}`, target: ctx.sql.ref.name })
  },
  apply: async (ctx) => {
    const { secret } = readParams('create-ekm-credential', ctx.step.params)
    if (secret === null) await send(ctx, scriptOf(ctx))
    else await sendWithSecret(ctx, secret)
  },
  verify: async (ctx) => {
    const params = readParams('create-ekm-credential', ctx.step.params)
    const row = await credentialOf(ctx, params)
    return {
      evidence: [
        evidenceOf(ctx, views.credentials, `Credential ${params.credential}, IDENTITY`, row.identity, {
          credential: params.credential,
          created: row.created,
        }),
        evidenceOf(ctx, views.credentials, 'It is for provider', params.provider),
        evidenceOf(ctx, 'Keyturn', 'Its secret', 'sent; no server shows it, so nothing here proves it'),
      ],
      proofs: [],
    }
  },
  undo: async (ctx) => {
    const params = readParams('create-ekm-credential', ctx.step.params)
    const { credential } = params
    const what = `Credential ${credential}`
    const row = await readCredential(ctx.sql, credential)
    if (row === null) return [evidenceOf(ctx, views.credentials, what, 'not there')]
    if (!fits(row, params) || !isMadeByRun(ctx, credential, row)) {
      throw new KeyturnError('undo-refused', { what, user: 'someone else (this run did not make it)' })
    }
    if (row.logins.length > 0) {
      throw new KeyturnError('undo-refused', { what, user: row.logins.map(({ login }) => login).join(', ') })
    }
    await send(ctx, dropCredential(credential))
    if ((await readCredential(ctx.sql, credential)) !== null) throw notVerified(ctx, `${what} is still there`)
    return [evidenceOf(ctx, views.credentials, what, 'dropped; no row any more')]
  },
}

/** When it was last changed, as read before the statement. */
const changedBefore = z.object({ changed: z.string().nullable() })

/**
 * Resume: before-image: the time of the last change. After a crash the statement is sent again whatever the time says:
 * it sets the same values, and somebody else's change must not be taken for this one.
 */
export const changeEkmCredentialStep: StepHandler = {
  check: async (ctx) => {
    const params = readParams('change-ekm-credential', ctx.step.params)
    const row = await readCredential(ctx.sql, params.credential)
    if (row === null || !fits(row, params)) return other(ctx, params, row)
    return needed(hasIntent(ctx) ? ctx.before : { changed: row.changed })
  },
  apply: (ctx) => sendWithSecret(ctx, readParams('change-ekm-credential', ctx.step.params).secret),
  verify: async (ctx) => {
    const params = readParams('change-ekm-credential', ctx.step.params)
    const row = await credentialOf(ctx, params)
    const recorded = changedBefore.safeParse(ctx.before)
    if (!recorded.success || row.changed === null || row.changed === recorded.data.changed) {
      throw notVerified(ctx, `${params.credential} was last changed ${serverTime(row.changed)}, as before`)
    }
    const { started } = await readService(ctx.sql)
    return {
      evidence: [
        evidenceOf(
          ctx,
          views.credentials,
          `Credential ${params.credential} was changed (time of the server)`,
          serverTime(row.changed),
          { credential: params.credential, changed: row.changed },
        ),
        evidenceOf(ctx, views.credentials, 'Its IDENTITY, as before', row.identity),
        evidenceOf(
          ctx,
          views.service,
          'It counts from the next restart of the service, which started (time of the server)',
          serverTime(started),
        ),
      ],
      proofs: [],
    }
  },
}

/** The credential as the plan has it. Throws `step-not-verified`. */
const credentialOf = async (ctx: StepContext, params: Planned): Promise<CredentialFact> => {
  const row = await readCredential(ctx.sql, params.credential)
  if (row === null) throw notVerified(ctx, `the server shows no credential ${params.credential}`)
  if (row.identity !== params.identity) throw notVerified(ctx, `its IDENTITY reads ${row.identity}`)
  if (row.provider !== params.provider) throw notVerified(ctx, `it is for ${row.provider ?? 'no provider'}`)
  return row
}
