import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import { readParams, type ParamsOf } from '../../../scripts/runbook/step-params.ts'
import { stillWorking } from '../../sqlserver/steps/backup.ts'
import {
  begun,
  blocked,
  evidenceOf,
  foreign,
  hasIntent,
  isThere,
  needed,
  notVerified,
  satisfied,
  scriptOf,
  send,
} from '../../sqlserver/steps/help.ts'
import { dropOwn, hasOnly, readDatabase, readFiles } from './database-rows.ts'
import { telling } from './explain.ts'

type Params = ParamsOf<'restore-moved-database'>
const pathsOf = ({ files }: Params): string[] => files.map(({ to }) => to)

/** The first script; the second, with REPLACE, only for what a broken-off attempt of this run left. */
const fresh = 0
const again = 1

/**
 * Resume: marked. The files carry the run's mark, and before the intent neither they nor a database of that name may
 * be there. A database that is not ONLINE and has only those files was broken off: it is restored again from the start.
 */
export const restoreMovedStep: StepHandler = {
  check: async (ctx) => {
    const params = readParams('restore-moved-database', ctx.step.params)
    const busy = await stillWorking(ctx)
    if (busy !== null) return blocked('run-target-locked', { target: ctx.sql.ref.name, holder: busy })
    const found = await readDatabase(ctx.sql, params.newName)
    const taken = () =>
      foreign('sql-exists', { what: `Database ${params.newName}`, target: ctx.sql.ref.name })
    if (hasIntent(ctx)) {
      if (found === null) return needed(ctx.before)
      if (!(await isOwn(ctx, params))) return taken()
      return found.state === 'ONLINE' ? satisfied(ctx.before) : begun(ctx.before)
    }
    if (found !== null) return taken()
    for (const path of pathsOf(params)) {
      if ((await isThere(ctx, params.probe, path)) === true) return foreign('sql-file-exists', { path })
    }
    return needed({ databaseThere: false })
  },
  apply: async (ctx) => {
    const params = readParams('restore-moved-database', ctx.step.params)
    const found = await readDatabase(ctx.sql, params.newName)
    const left = found !== null || (await anyFileLeft(ctx, params))
    await telling(
      ctx,
      {
        database: params.newName,
        files: [params.file, ...pathsOf(params)],
        account: params.account,
        rights: 'R',
      },
      () =>
        send(ctx, scriptOf(ctx, ctx.attempt > 1 && left ? again : fresh), {
          timeoutMs: 0,
          signal: ctx.signal,
        }),
    )
  },
  verify: async (ctx) => {
    const params = readParams('restore-moved-database', ctx.step.params)
    const found = await readDatabase(ctx.sql, params.newName)
    if (found?.state !== 'ONLINE')
      throw notVerified(ctx, `${params.newName} is ${found === null ? 'not there' : found.state}`)
    if (!(await isOwn(ctx, params)))
      throw notVerified(ctx, `${params.newName} has files that this run did not plan`)
    return {
      evidence: [
        evidenceOf(ctx, 'sys.databases', `State of ${params.newName}`, found.state),
        evidenceOf(ctx, 'sys.master_files', 'Its files', pathsOf(params).join(', ')),
      ],
      proofs: [],
    }
  },
  undo: (ctx) => {
    const params = readParams('restore-moved-database', ctx.step.params)
    return dropOwn(ctx, params.newName, pathsOf(params))
  },
}

const isOwn = async (ctx: StepContext, params: Params): Promise<boolean> =>
  hasOnly(await readFiles(ctx.sql, params.newName), pathsOf(params))

const anyFileLeft = async (ctx: StepContext, params: Params): Promise<boolean> => {
  for (const path of pathsOf(params)) if ((await isThere(ctx, params.probe, path)) === true) return true
  return false
}
