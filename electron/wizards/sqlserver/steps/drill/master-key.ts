import { z } from 'zod'
import { KeyturnError } from '../../../../../shared/errors/problem.ts'
import type { StepContext, StepHandler } from '../../../../engine/contract.ts'
import { flagOf, numberOf, textOf, timeOf } from '../../../../ports/sql-rows.ts'
import { oneRow } from '../../../../ports/sql-sight.ts'
import { serverNow } from '../../../../scripts/tsql/drill-queries.ts'
import { dropMasterKey } from '../../../../scripts/tsql/master-key.ts'
import { masterKeyFlag, masterKeyOf } from '../../../../scripts/tsql/queries.ts'
import { keysIn } from '../../../../scripts/tsql/sight.ts'
import { evidenceOf, foreign, hasIntent, needed, notVerified, satisfied, scriptOf, send } from '../help.ts'

const catalog = 'master.sys.symmetric_keys, sys.key_encryptions, sys.databases'

interface KeyRow {
  keyGuid: string
  createdAt: string | null
  opensByItself: boolean
}

const readKey = async (ctx: StepContext): Promise<KeyRow | null> => {
  const row = await oneRow(ctx.sql, masterKeyOf('master'), keysIn('master'))
  if (row === null) return null
  const flag = flagOf((await ctx.sql.query(masterKeyFlag('master')))[0]?.['opens'])
  return {
    keyGuid: textOf(row['key_guid']),
    createdAt: timeOf(row['create_date']),
    opensByItself: (numberOf(row['smk_copies']) ?? 0) > 0 && flag === true,
  }
}

const before = z.object({ serverTime: z.string() })

/** Made after this run recorded, by the server's own clock, that there was none. */
const madeSince = (ctx: StepContext, key: KeyRow): boolean => {
  const recorded = before.safeParse(ctx.before)
  return recorded.success && key.createdAt !== null && key.createdAt >= recorded.data.serverTime
}

/**
 * Resume: before-image. The throw-away password is gone after a crash, so the key can't be asked; it is this run's if
 * it was made after this run's intent, on a server that this run holds the lock of. Nothing is lost where that is
 * wrong: it is dropped only while nothing is under it.
 */
export const createDrillMasterKeyStep: StepHandler = {
  check: async (ctx) => {
    const key = await readKey(ctx)
    if (key !== null)
      return hasIntent(ctx) && madeSince(ctx, key)
        ? satisfied(ctx.before)
        : foreign('sql-exists', { what: 'A database master key in master', target: ctx.sql.ref.name })
    const serverTime = timeOf((await ctx.sql.query(serverNow()))[0]?.['now'])
    if (serverTime === null) throw notVerified(ctx, 'the server did not tell its time')
    return needed({ serverTime })
  },
  apply: async (ctx) => void (await send(ctx, scriptOf(ctx))),
  verify: async (ctx) => {
    const key = await readKey(ctx)
    if (key === null) throw notVerified(ctx, 'master shows no database master key')
    if (!key.opensByItself) throw notVerified(ctx, 'the master key has no copy under the service master key')
    return {
      evidence: [
        evidenceOf(ctx, catalog, 'Database master key of the drill server', key.keyGuid, {
          keyGuid: key.keyGuid,
        }),
        evidenceOf(ctx, catalog, 'The server opens it by itself', 'yes'),
      ],
      proofs: [],
    }
  },
  undo: async (ctx) => {
    const key = await readKey(ctx)
    if (key === null) return [evidenceOf(ctx, catalog, what, 'not there')]
    if (!madeSince(ctx, key)) throw notMade()
    return [await drop(ctx)]
  },
}

const what = 'The database master key of the drill server'

const notMade = (): KeyturnError =>
  new KeyturnError('undo-refused', { what, user: 'someone else (this drill did not make it)' })

const drop = async (ctx: StepContext) => {
  const verdict = await ctx.verdicts.databaseMasterKey(ctx.step.target, 'master')
  if (verdict.state !== 'unused')
    throw new KeyturnError('undo-refused', {
      what,
      user: verdict.state === 'in-use' ? verdict.users.join(', ') : `it is not known who (${verdict.why})`,
    })
  await send(ctx, dropMasterKey())
  if ((await readKey(ctx)) !== null) throw notVerified(ctx, 'the master key is still there')
  return evidenceOf(ctx, catalog, what, 'dropped; no row any more')
}

/** The key that an earlier step of this run read back as its own. */
const madeInThisRun = (ctx: StepContext): string | null => {
  const guid = ctx.earlier.findLast(({ data }) => typeof data?.['keyGuid'] === 'string')?.data?.['keyGuid']
  return typeof guid === 'string' ? guid : null
}

/** Drops only the key whose guid this run read back after it had made it. */
export const dropDrillMasterKeyStep: StepHandler = {
  check: async (ctx) => {
    const key = await readKey(ctx)
    const state = { keyThere: true }
    if (key === null) return satisfied(hasIntent(ctx) ? ctx.before : state)
    return key.keyGuid === madeInThisRun(ctx)
      ? needed(state)
      : foreign('sql-exists', { what: `Another master key (${key.keyGuid})`, target: ctx.sql.ref.name })
  },
  apply: async (ctx) => void (await drop(ctx)),
  verify: async (ctx) => {
    if ((await readKey(ctx)) !== null) throw notVerified(ctx, 'the master key is still there')
    return { evidence: [evidenceOf(ctx, catalog, what, 'no row any more')], proofs: [] }
  },
}
