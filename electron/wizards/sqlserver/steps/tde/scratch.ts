import type { StepContext, StepHandler } from '../../../../engine/contract.ts'
import { textOf } from '../../../../ports/sql-rows.ts'
import { readParams } from '../../../../scripts/runbook/step-params.ts'
import { dropScratch } from '../../../../scripts/tsql/database.ts'
import { databaseNamed } from '../../../../scripts/tsql/queries.ts'
import { setEncryption } from '../../../../scripts/tsql/tde.ts'
import { isBusy, readDatabaseKey } from '../../database-keys.ts'
import { evidenceOf, foreign, hasIntent, needed, notVerified, satisfied, scriptOf, send } from '../help.ts'
import { databaseIsThere } from '../scratch.ts'
import { untilAtRest } from './help.ts'

/**
 * A database in which the whole chain is tried before a real one. Resume: the run's mark is in its name. Its undo drops it
 * whatever came of the steps in between: pages in clear first, because the server drops no database during a scan.
 */
export const createScratchStep: StepHandler = {
  check: async (ctx) => {
    const { scratch } = readParams('create-scratch', ctx.step.params)
    if (!(await databaseIsThere(ctx, scratch))) return needed({ scratchThere: false })
    return hasIntent(ctx)
      ? satisfied(ctx.before)
      : foreign('sql-exists', { what: `Database ${scratch}`, target: ctx.sql.ref.name })
  },
  apply: async (ctx) => void (await send(ctx, scriptOf(ctx))),
  verify: async (ctx) => {
    const { scratch } = readParams('create-scratch', ctx.step.params)
    const row = (await ctx.sql.query(databaseNamed(scratch)))[0]
    if (row === undefined) throw notVerified(ctx, `sys.databases shows no ${scratch}`)
    const state = textOf(row['state_desc'])
    return {
      evidence: [evidenceOf(ctx, 'sys.databases', `Scratch database ${scratch}`, state || 'there')],
      proofs: [],
    }
  },
  undo: async (ctx) => {
    const { scratch, scans } = readParams('create-scratch', ctx.step.params)
    const what = `Scratch database ${scratch}`
    if (!(await databaseIsThere(ctx, scratch))) return [evidenceOf(ctx, 'sys.databases', what, 'not there')]
    await inClear(ctx, { database: scratch, scans })
    await send(ctx, dropScratch(scratch))
    if (await databaseIsThere(ctx, scratch)) throw notVerified(ctx, `${what} is still there`)
    return [evidenceOf(ctx, 'sys.databases', what, 'dropped; no row any more')]
  },
}

const inClear = async (ctx: StepContext, where: { database: string; scans: boolean }): Promise<void> => {
  const found = await readDatabaseKey(ctx.sql, where)
  if (found === null) return
  const rested = isBusy(found) ? await untilAtRest(ctx, where) : found
  if (rested?.state !== 3) return
  await send(ctx, setEncryption(where.database, 'OFF'), { timeoutMs: 0, signal: ctx.signal })
  await untilAtRest(ctx, where)
}
