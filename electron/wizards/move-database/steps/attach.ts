import type { CheckResult, StepContext, StepHandler } from '../../../engine/contract.ts'
import { asTargetId } from '../../../../shared/model/ids.ts'
import type { Evidence } from '../../../../shared/model/evidence.ts'
import { numberOf } from '../../../ports/sql-rows.ts'
import type { SqlServer } from '../../../ports/sql-server.ts'
import { readParams, type ParamsOf } from '../../../scripts/runbook/step-params.ts'
import { openToUsers, sizeOfFile } from '../../../scripts/tsql/move.ts'
import {
  begun,
  blocked,
  evidenceOf,
  foreign,
  hasIntent,
  isRefusal,
  isThere,
  needed,
  notVerified,
  satisfied,
  scriptOf,
  send,
} from '../../sqlserver/steps/help.ts'
import { fileNameOf, folderOf } from '../paths.ts'
import { dropOwn, hasOnly, readDatabase, readFiles } from './database-rows.ts'
import { telling } from './explain.ts'

type Wait = ParamsOf<'wait-for-files'>

/** Null: an older server, or a login that may not ask. */
const sizeOn = async (sql: SqlServer, path: string): Promise<number | null> => {
  try {
    const rows = await sql.query(sizeOfFile(folderOf(path), fileNameOf(path)))
    return numberOf(rows[0]?.['size_in_bytes'])
  } catch (error) {
    if (!isRefusal(error)) throw error
    return null
  }
}

/** Keyturn copies no files on servers: it waits for them, and compares what both servers see of them. */
const filesSeen = async (ctx: StepContext, params: Wait): Promise<CheckResult | Evidence[]> => {
  const source = ctx.server(asTargetId(params.source))
  const target = ctx.sql.ref.name
  const evidence: Evidence[] = []
  for (const { from, to } of params.files) {
    const there = await isThere(ctx, params.probe, to)
    if (there === false)
      return blocked('move-files-not-there', { target, path: to, command: params.commands.join('; ') })
    const [expected, found] = [await sizeOn(source, from), await sizeOn(ctx.sql, to)]
    if (expected !== null && found !== null && expected !== found)
      return blocked('move-file-incomplete', { target, path: to, found, expected })
    evidence.push(
      evidenceOf(
        ctx,
        params.probe,
        `${to} is there`,
        there === null
          ? 'not visible with this login'
          : found !== null && expected === found
            ? `${found} bytes, as many as ${from} on ${source.ref.name}`
            : 'its size could not be compared',
      ),
    )
  }
  return evidence
}

/** Only reads. `blocked` until the files are there in whole: the run waits for the person, who retries. */
export const waitForFilesStep: StepHandler = {
  check: async (ctx) => {
    const seen = await filesSeen(ctx, readParams('wait-for-files', ctx.step.params))
    return Array.isArray(seen) ? needed({ reads: true }) : seen
  },
  apply: () => Promise.resolve(),
  verify: async (ctx) => {
    const seen = await filesSeen(ctx, readParams('wait-for-files', ctx.step.params))
    if (!Array.isArray(seen)) throw notVerified(ctx, 'a file went away again')
    return { evidence: seen, proofs: [] }
  },
}

type Params = ParamsOf<'attach-moved-database'>
const pathsOf = ({ files }: Params): string[] => files.map(({ to }) => to)

/** Resume: before-image. Nothing of that name was there when the intent was recorded; its files are the planned copies. */
export const attachMovedStep: StepHandler = {
  check: async (ctx) => {
    const params = readParams('attach-moved-database', ctx.step.params)
    const found = await readDatabase(ctx.sql, params.newName)
    if (found === null) return needed(hasIntent(ctx) ? ctx.before : { databaseThere: false })
    if (!hasIntent(ctx) || !hasOnly(await readFiles(ctx.sql, params.newName), pathsOf(params)))
      return foreign('sql-exists', { what: `Database ${params.newName}`, target: ctx.sql.ref.name })
    return found.userAccess === params.access ? satisfied(ctx.before) : begun(ctx.before)
  },
  apply: async (ctx) => {
    const params = readParams('attach-moved-database', ctx.step.params)
    const { newName, account, access } = params
    const there = (await readDatabase(ctx.sql, newName)) !== null
    const script = there ? openToUsers(newName, access) : scriptOf(ctx)
    await telling(ctx, { database: newName, files: pathsOf(params), account, rights: 'F' }, () =>
      send(ctx, script, { timeoutMs: 300_000 }),
    )
  },
  verify: async (ctx) => {
    const params = readParams('attach-moved-database', ctx.step.params)
    const found = await readDatabase(ctx.sql, params.newName)
    if (found?.state !== 'ONLINE')
      throw notVerified(ctx, `${params.newName} is ${found === null ? 'not there' : found.state}`)
    if (!hasOnly(await readFiles(ctx.sql, params.newName), pathsOf(params)))
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
    const params = readParams('attach-moved-database', ctx.step.params)
    return dropOwn(ctx, params.newName, pathsOf(params))
  },
}
