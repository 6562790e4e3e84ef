import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import { readParams } from '../../../scripts/runbook/step-params.ts'
import { attachDatabase, openToUsers, setOnline, type UserAccess } from '../../../scripts/tsql/move.ts'
import type { Evidence } from '../../../../shared/model/evidence.ts'
import {
  begun,
  blocked,
  evidenceOf,
  foreign,
  hasIntent,
  needed,
  notVerified,
  satisfied,
  scriptOf,
  send,
} from '../../sqlserver/steps/help.ts'
import { hasOnly, readDatabase, readFiles } from './database-rows.ts'
import { telling } from './explain.ts'
import { optionEvidence, optionsThatDiffer, setOptions } from './options.ts'
import { assertProtectors } from './protectors.ts'

/**
 * Resume: before-image. The database was there with the planned files when the intent was recorded; gone since then
 * means detached by this run. Its files stay where they are.
 */
export const detachDatabaseStep: StepHandler = {
  check: async (ctx) => {
    const { database, files, access, options } = readParams('detach-database', ctx.step.params)
    const found = await readDatabase(ctx.sql, database)
    if (found === null) {
      return hasIntent(ctx)
        ? satisfied(ctx.before)
        : blocked('step-not-verified', {
            step: ctx.step.id,
            what: `the source shows no database ${database}`,
          })
    }
    if (!hasOnly(await readFiles(ctx.sql, database), files))
      return foreign('sql-exists', {
        what: `A database ${database} with other files than the planned ones`,
        target: ctx.sql.ref.name,
      })
    // Closed to others by an attempt that was broken off before it detached.
    if (hasIntent(ctx) && found.userAccess !== access) return begun(ctx.before)
    if (hasIntent(ctx)) return needed(ctx.before)
    // What will be given back was read when the plan was made: a change since then would be lost.
    const changed = options === null ? [] : optionsThatDiffer(found, options)
    if (changed.length > 0)
      return blocked('move-options-changed', {
        database,
        what: changed.map(({ what }) => what).join(', '),
      })
    return needed({
      owner: found.owner,
      userAccess: found.userAccess,
      trustworthy: found.trustworthy,
      broker: found.broker,
    })
  },
  apply: async (ctx) => {
    // The last question before the source is touched: whether the destination can open what will come.
    await assertProtectors(ctx, readParams('detach-database', ctx.step.params))
    await send(ctx, scriptOf(ctx), { timeoutMs: 300_000 })
  },
  verify: async (ctx) => {
    const params = readParams('detach-database', ctx.step.params)
    if ((await readDatabase(ctx.sql, params.database)) !== null)
      throw notVerified(ctx, `${params.database} is still there`)
    return {
      evidence: [
        evidenceOf(ctx, 'sys.databases', `Database ${params.database}`, 'detached; no row any more'),
        evidenceOf(ctx, 'the plan', 'Its files stay where they are', params.files.join(', ')),
        ...(await assertProtectors(ctx, params, true)),
      ],
      proofs: [],
    }
  },
  undo: async (ctx) => {
    const { database, files, access, options } = readParams('detach-database', ctx.step.params)
    const attached = await attachAgain(ctx, database, files, access)
    if (options === null) return attached
    await setOptions(ctx, database, options)
    return [...attached, ...(await optionEvidence(ctx, database, options))]
  },
}

/** The source's own database, back from its own files; where it never went, others may use it again. */
const attachAgain = async (
  ctx: StepContext,
  database: string,
  files: readonly string[],
  access: UserAccess,
): Promise<Evidence[]> => {
  const found = await readDatabase(ctx.sql, database)
  const script = found === null ? attachDatabase(database, files, access) : openToUsers(database, access)
  const about = { database, files, account: null, rights: 'F' as const }
  if (found?.userAccess !== access) await telling(ctx, about, () => send(ctx, script))
  return attachedEvidence(ctx, database, files, access)
}

const attachedEvidence = async (
  ctx: StepContext,
  database: string,
  files: readonly string[],
  access: UserAccess,
): Promise<Evidence[]> => {
  const found = await readDatabase(ctx.sql, database)
  if (found?.state !== 'ONLINE')
    throw notVerified(ctx, `${database} is ${found === null ? 'not there' : found.state}`)
  if (found.userAccess !== access) throw notVerified(ctx, `${database} reads ${found.userAccess}`)
  if (!hasOnly(await readFiles(ctx.sql, database), files))
    throw notVerified(ctx, `${database} has other files than before`)
  return [
    evidenceOf(ctx, 'sys.databases', `State of ${database} on the source`, `${found.state}, ${access}`),
    evidenceOf(ctx, 'sys.databases', 'Its owner', found.owner === '' ? 'not visible' : found.owner),
  ]
}

/** The source left as it was. Resume: named, and the files compared. */
export const attachSourceStep: StepHandler = {
  check: async (ctx) => {
    const { database, files, access } = readParams('attach-source', ctx.step.params)
    const found = await readDatabase(ctx.sql, database)
    if (found === null) return needed({ databaseThere: false })
    if (!hasOnly(await readFiles(ctx.sql, database), files))
      return foreign('sql-exists', { what: `Another database ${database}`, target: ctx.sql.ref.name })
    return found.userAccess === access && found.state === 'ONLINE'
      ? satisfied(hasIntent(ctx) ? ctx.before : { databaseThere: true })
      : needed(hasIntent(ctx) ? ctx.before : { databaseThere: true })
  },
  apply: async (ctx) => {
    const { database, files, access } = readParams('attach-source', ctx.step.params)
    const there = (await readDatabase(ctx.sql, database)) !== null
    const script = there ? openToUsers(database, access) : scriptOf(ctx)
    await telling(ctx, { database, files, account: null, rights: 'F' }, () => send(ctx, script))
  },
  verify: async (ctx) => {
    const { database, files, access, owner } = readParams('attach-source', ctx.step.params)
    const evidence = await attachedEvidence(ctx, database, files, access)
    return {
      evidence: [...evidence, evidenceOf(ctx, 'the plan', 'Its owner before the move', owner)],
      proofs: [],
    }
  },
}

/** Resume: named; the state is the whole of it. */
export const setSourceOfflineStep: StepHandler = {
  check: async (ctx) => {
    const { database } = readParams('set-source-offline', ctx.step.params)
    const found = await readDatabase(ctx.sql, database)
    if (found === null)
      return blocked('step-not-verified', {
        step: ctx.step.id,
        what: `the source shows no database ${database}`,
      })
    return found.state === 'OFFLINE'
      ? satisfied(hasIntent(ctx) ? ctx.before : { state: found.state })
      : needed({ state: found.state })
  },
  apply: async (ctx) => void (await send(ctx, scriptOf(ctx), { timeoutMs: 300_000 })),
  verify: async (ctx) => {
    const { database } = readParams('set-source-offline', ctx.step.params)
    const found = await readDatabase(ctx.sql, database)
    if (found?.state !== 'OFFLINE') throw notVerified(ctx, `${database} is ${found?.state ?? 'not there'}`)
    return {
      evidence: [evidenceOf(ctx, 'sys.databases', `State of ${database} on the source`, found.state)],
      proofs: [],
    }
  },
  undo: async (ctx) => {
    const { database } = readParams('set-source-offline', ctx.step.params)
    await send(ctx, setOnline(database), { timeoutMs: 300_000 })
    const found = await readDatabase(ctx.sql, database)
    if (found?.state !== 'ONLINE') throw notVerified(ctx, `${database} is ${found?.state ?? 'not there'}`)
    return [evidenceOf(ctx, 'sys.databases', `State of ${database} on the source`, found.state)]
  },
}
