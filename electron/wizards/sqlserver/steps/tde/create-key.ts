import { z } from 'zod'
import { KeyturnError } from '../../../../../shared/errors/problem.ts'
import { isScratch } from '../../../../../shared/forms/names.ts'
import type { StepContext, StepHandler } from '../../../../engine/contract.ts'
import { readParams } from '../../../../scripts/runbook/step-params.ts'
import { dropDatabaseKey } from '../../../../scripts/tsql/tde.ts'
import { evidenceOf, foreign, needed, notVerified, satisfied, scriptOf, send } from '../help.ts'
import { readDatabaseKey, stateText, type DatabaseKey } from '../../database-keys.ts'
import { protectorOfRun, type ProtectorOfRun } from './protector-of-run.ts'
import { replicaWithoutProtector } from './replicas.ts'
import { keyAfter, noKey, protectorEvidence, stateEvidence, view, wrongState, type Where } from './help.ts'

/** What was there when the intent was recorded: no key. What is there since then, under this run's protector, is its own. */
const before = z.object({ key: z.null() })

/** Resume: before-image. */
export const createDatabaseKeyStep: StepHandler = {
  check: async (ctx) => {
    const params = readParams('create-database-key', ctx.step.params)
    const key = await readDatabaseKey(ctx.sql, params)
    if (key === null) return (await replicaWithoutProtector(ctx, params)) ?? needed({ key: null })
    const ours = before.safeParse(ctx.before).success && (await isUnderOurs(ctx, key))
    return ours
      ? satisfied(ctx.before)
      : foreign('sql-exists', {
          what: `A database encryption key of ${params.database}`,
          target: ctx.sql.ref.name,
        })
  },
  apply: async (ctx) => {
    // A key under a certificate whose copies nobody proved would lock its database to this one server.
    await protectorOfRun(ctx, readParams('create-database-key', ctx.step.params))
    await send(ctx, scriptOf(ctx))
  },
  verify: async (ctx) => {
    const params = readParams('create-database-key', ctx.step.params)
    const { database } = params
    const protector = await protectorOfRun(ctx, params)
    const key = await keyAfter(ctx, params)
    comparePlanned(ctx, key, protector, params.algorithm)
    return {
      evidence: [
        evidenceOf(ctx, view, `Database encryption key of ${database}`, `made ${key.created ?? '(no time)'}`),
        evidenceOf(ctx, view, 'Its algorithm', key.algorithm),
        protectorEvidence(ctx, params, key),
        stateEvidence(ctx, params, key),
      ],
      proofs: [],
    }
  },
  undo: async (ctx) => {
    const params = readParams('create-database-key', ctx.step.params)
    const what = `The database encryption key of ${params.database}`
    const key = await readDatabaseKey(ctx.sql, params)
    if (key === null) return [evidenceOf(ctx, view, what, 'not there')]
    if (key.state !== 1) {
      throw new KeyturnError('undo-refused', {
        what,
        user: `${params.database} (encryption state ${stateText(key)})`,
      })
    }
    await send(ctx, dropDatabaseKey(params.database))
    if ((await readDatabaseKey(ctx.sql, params)) !== null) throw notVerified(ctx, `${what} is still there`)
    return [evidenceOf(ctx, view, what, 'dropped; no row any more')]
  },
}

const isUnderOurs = async (ctx: StepContext, key: DatabaseKey): Promise<boolean> => {
  const { thumbprint } = await protectorOfRun(ctx, readParams('create-database-key', ctx.step.params))
  return key.thumbprint === thumbprint
}

export const comparePlanned = (
  ctx: StepContext,
  key: DatabaseKey,
  { thumbprint, type }: Pick<ProtectorOfRun, 'thumbprint' | 'type'>,
  algorithm: string | null,
): void => {
  if (key.thumbprint !== thumbprint) {
    throw notVerified(
      ctx,
      `the key of ${key.database} is under thumbprint ${key.thumbprint ?? 'none that is shown'}, not ${thumbprint}`,
    )
  }
  if (!key.encryptorType.toUpperCase().startsWith(type)) {
    throw notVerified(ctx, `the protector of ${key.database} is ${key.encryptorType || 'not named'}`)
  }
  if (algorithm !== null && key.algorithm !== algorithm) {
    throw notVerified(
      ctx,
      `the key of ${key.database} has algorithm ${key.algorithm}, planned was ${algorithm}`,
    )
  }
}

/** Resume: named. Only from state 1; what the log and backups need of the certificate stays with the certificate. */
export const dropDatabaseKeyStep: StepHandler = {
  check: async (ctx) => {
    const params = readParams('drop-database-key', ctx.step.params)
    const key = await readDatabaseKey(ctx.sql, params)
    if (key === null) return satisfied(ctx.before ?? { state: 0 })
    return key.state === 1 ? needed({ state: 1 }) : wrongState(params, key)
  },
  apply: async (ctx) => void (await send(ctx, scriptOf(ctx))),
  verify: async (ctx) => {
    const params = readParams('drop-database-key', ctx.step.params)
    if ((await readDatabaseKey(ctx.sql, params)) !== null) {
      throw notVerified(ctx, `the database encryption key of ${params.database} is still there`)
    }
    return {
      evidence: [
        evidenceOf(
          ctx,
          view,
          `Database encryption key of ${params.database}`,
          'no row any more',
          isScratch(params.database)
            ? undefined
            : { headline: 'TDE is off for', subject: params.database, fact: 'no database encryption key' },
        ),
      ],
      proofs: [],
    }
  },
}

const recorded = z.object({ regenerated: z.string().nullable() })

/** Resume: before-image: the time of the last regeneration. The server does not keep the key that was there. */
export const regenerateDatabaseKeyStep: StepHandler = {
  check: async (ctx) => {
    const params = readParams('regenerate-database-key', ctx.step.params)
    const key = await readDatabaseKey(ctx.sql, params)
    if (key === null) return noKey(ctx, params)
    const known = recorded.safeParse(ctx.before)
    if (known.success && key.regenerated !== known.data.regenerated) return satisfied(ctx.before)
    return key.state === 3 ? needed({ regenerated: key.regenerated }) : wrongState(params, key)
  },
  apply: async (ctx) => void (await send(ctx, scriptOf(ctx))),
  verify: async (ctx) => {
    const params: Where & { algorithm: string } = readParams('regenerate-database-key', ctx.step.params)
    const key = await keyAfter(ctx, params)
    const known = recorded.safeParse(ctx.before)
    if (known.success && key.regenerated === known.data.regenerated) {
      throw notVerified(
        ctx,
        `the key of ${params.database} was last regenerated ${key.regenerated ?? 'never'}`,
      )
    }
    if (key.algorithm !== params.algorithm) {
      throw notVerified(ctx, `its algorithm reads ${key.algorithm}, planned was ${params.algorithm}`)
    }
    return {
      evidence: [
        evidenceOf(
          ctx,
          view,
          `The key of ${params.database} was regenerated`,
          key.regenerated ?? '(no time)',
        ),
        evidenceOf(ctx, view, 'Its algorithm', key.algorithm),
        protectorEvidence(ctx, params, key),
        stateEvidence(ctx, params, key),
      ],
      proofs: [],
    }
  },
}
