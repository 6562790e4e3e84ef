import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { KeyturnError } from '../../../../shared/errors/problem.ts'
import type { Evidence } from '../../../../shared/model/evidence.ts'
import type { Script } from '../../../../shared/model/script.ts'
import type { StepContext, StepHandler } from '../../../engine/contract.ts'
import type { SqlSession } from '../../../ports/sql-server.ts'
import { readParams, type ParamsOf } from '../../../scripts/runbook/step-params.ts'
import { changeProtector } from '../../../scripts/tsql/tde.ts'
import { isBusy, readDatabaseKeys, type DatabaseKey } from '../../sqlserver/database-keys.ts'
import { readProviderKey } from '../../sqlserver/read-ekm.ts'
import {
  begun,
  foreign,
  hasIntent,
  needed,
  notVerified,
  satisfied,
  scriptOf,
  tell,
} from '../../sqlserver/steps/help.ts'
import { comparePlanned } from '../../sqlserver/steps/tde/create-key.ts'
import { noKey, stuckProblem, view, wrongState } from '../../sqlserver/steps/tde/help.ts'
import { protectorOfRun, refuseForeign } from '../../sqlserver/steps/tde/protector-of-run.ts'
import { replicaWithoutProtector } from '../../sqlserver/steps/tde/replicas.ts'

type Params = ParamsOf<'change-protectors'>
type Move = Params['databases'][number]

/** Databases that were under their old key when the intent was recorded: only those are put back by an undo. */
const before = z.object({ moved: z.array(z.string()) })

/** Statements at work at the same time: each waits for the vault twice, and their databases do not touch each other. */
const lanes = 4

/**
 * Several databases in one step: one reading says where all of them are, before and after, and one record of the intent
 * covers them. Resume: before-image: the thumbprint of each protector; a database that is there already is not sent a
 * second statement.
 */
export const changeProtectorsStep: StepHandler = {
  check: async (ctx) => {
    const params = readParams('change-protectors', ctx.step.params)
    const keys = await keysNow(ctx, params)
    const { thumbprint } = await protectorOfRun(ctx, params)
    const left: string[] = []
    for (const { database, from } of params.databases) {
      const key = keys.get(database)
      if (key === undefined) return noKey(ctx, { database, scans: params.scans })
      if (key.thumbprint === thumbprint) continue
      if (key.thumbprint !== from.thumbprint) {
        return foreign('sql-exists', {
          what: `Another protector of ${database} (${key.thumbprint ?? 'not shown'})`,
          target: ctx.sql.ref.name,
        })
      }
      if (isBusy(key)) return wrongState({ database, scans: params.scans }, key)
      left.push(database)
    }
    const image = hasIntent(ctx) ? ctx.before : { moved: left }
    if (left.length === 0) return satisfied(image)
    const lacking = await replicaWithoutProtector(ctx, params)
    if (lacking !== null) return lacking
    return hasIntent(ctx) && left.length < movedOf(ctx).length ? begun(image) : needed(image)
  },
  apply: async (ctx) => {
    const params = readParams('change-protectors', ctx.step.params)
    const { thumbprint } = await protectorOfRun(ctx, params)
    const keys = await keysNow(ctx, params)
    const work = params.databases.flatMap((move, index) =>
      keys.get(move.database)?.thumbprint === thumbprint ? [] : [{ ...move, script: scriptOf(ctx, index) }],
    )
    await sendAll(ctx, work)
  },
  verify: async (ctx) => {
    const params = readParams('change-protectors', ctx.step.params)
    const protector = await protectorOfRun(ctx, params)
    const keys = await untilAllAtRest(ctx, params)
    return {
      evidence: params.databases.map(({ database }) => {
        const key = keyIn(ctx, keys, database)
        comparePlanned(ctx, key, protector, null)
        return moved(ctx, key, params.asymmetricKey)
      }),
      proofs: [],
    }
  },
  undo: async (ctx) => {
    const params = readParams('change-protectors', ctx.step.params)
    const ours = new Set(movedOf(ctx))
    const back = params.databases.filter(({ database }) => ours.has(database))
    for (const name of new Set(back.map(({ from }) => from.asymmetricKey))) await assertThere(ctx, back, name)
    const keys = await untilAllAtRest(ctx, params)
    const away = back.filter(
      ({ database, from }) => keyIn(ctx, keys, database).thumbprint !== from.thumbprint,
    )
    await assertOurs(ctx, params, keys, away)
    await sendAll(
      ctx,
      away.map((move) => ({
        ...move,
        script: changeProtector(move.database, { asymmetricKey: move.from.asymmetricKey }),
      })),
    )
    const after = await untilAllAtRest(ctx, params)
    return back.map(({ database, from }) => {
      const key = keyIn(ctx, after, database)
      comparePlanned(ctx, key, { thumbprint: from.thumbprint, type: 'ASYMMETRIC KEY' }, null)
      return moved(ctx, key, from.asymmetricKey)
    })
  },
}

const movedOf = (ctx: StepContext): readonly string[] => {
  const recorded = before.safeParse(ctx.before)
  return recorded.success ? recorded.data.moved : []
}

const keysNow = async (ctx: StepContext, { scans }: Params): Promise<Map<string, DatabaseKey>> =>
  new Map((await readDatabaseKeys(ctx.sql, scans)).map((key) => [key.database, key]))

const keyIn = (ctx: StepContext, keys: ReadonlyMap<string, DatabaseKey>, database: string): DatabaseKey => {
  const key = keys.get(database)
  if (key === undefined) throw notVerified(ctx, `${view} shows no key of ${database}`)
  return key
}

/** One line for each database: thumbprint and state were read at the same moment. */
const moved = (ctx: StepContext, key: DatabaseKey, protector: string): Evidence => ({
  statement: `Protector of the key of ${key.database}, thumbprint; the same as that of ${protector} in master`,
  value: `${key.thumbprint ?? 'not shown'}, encryption state ${key.state}`,
  source: `${ctx.sql.ref.name}, ${view}`,
  at: ctx.clock.now().toISOString(),
  data: {
    ...(key.thumbprint === null ? {} : { thumbprint: key.thumbprint }),
    headline: `${protector} is the TDE protector of`,
    subject: key.database,
    fact: `encryption state ${key.state}`,
  },
})

/** The old key as it was; else nothing is put back. */
const assertThere = async (ctx: StepContext, back: readonly Move[], name: string): Promise<void> => {
  const wanted = back.find(({ from }) => from.asymmetricKey === name)?.from
  const found = await readProviderKey(ctx.sql, name)
  if (found?.thumbprint !== wanted?.thumbprint || found?.provider !== wanted?.provider) {
    throw new KeyturnError('undo-refused', {
      what: `The protector of ${back.length === 1 ? (back[0]?.database ?? '') : `${back.length} databases`}`,
      user: `${name} (not there as it was)`,
    })
  }
}

/** Only the protector of this run is taken away; where one is of somebody else, nothing is put back. */
const assertOurs = async (
  ctx: StepContext,
  params: Params,
  keys: ReadonlyMap<string, DatabaseKey>,
  away: readonly Move[],
): Promise<void> => {
  if (away.length === 0) return
  const { thumbprint } = await protectorOfRun(ctx, params)
  for (const { database } of away) refuseForeign(database, keyIn(ctx, keys, database), thumbprint)
}

const firstPauseMs = 50
const longestPauseMs = 2000

/** Where all of them are once no change of a protector is at work. Aborted: `sql-cancelled`. */
const untilAllAtRest = async (ctx: StepContext, params: Params): Promise<Map<string, DatabaseKey>> => {
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(longestPauseMs, pauseMs * 1.5)) {
    if (ctx.signal.aborted) throw new KeyturnError('sql-cancelled', { target: ctx.sql.ref.name })
    const keys = await keysNow(ctx, params)
    const busy = params.databases.flatMap(({ database }) => {
      const key = keys.get(database)
      return key !== undefined && isBusy(key) ? [key] : []
    })
    if (busy.length === 0) return keys
    for (const key of busy) {
      const stuck = stuckProblem({ database: key.database, scans: params.scans }, key)
      if (stuck !== null) throw stuck
    }
    await sleep(pauseMs, undefined, { signal: ctx.signal }).catch(() => undefined)
  }
}

/**
 * Sends each statement once, a few at a time, each lane on a connection of its own. After the first failure, or a stop,
 * no other statement is begun; those under way are awaited, so that nothing is at work when the step ends.
 */
const sendAll = async (
  ctx: StepContext,
  work: readonly { database: string; script: Script }[],
): Promise<void> => {
  const queue = [...work]
  let done = 0
  let failed: { error: unknown } | null = null
  const lane = async (session: SqlSession): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      try {
        if (ctx.signal.aborted) throw new KeyturnError('sql-cancelled', { target: ctx.sql.ref.name })
        await session.execute(next.script, {
          secrets: ctx.secrets,
          onMessage: (message) => tell(ctx, message),
        })
      } catch (error) {
        failed ??= { error }
        queue.length = 0
        return
      }
      done += 1
      ctx.progress({
        percent: Math.floor((done * 100) / work.length),
        message: `${done} of ${work.length} databases; the last was ${next.database}`,
      })
    }
  }
  const sessions = Array.from({ length: Math.min(lanes, work.length) }, () => ctx.session())
  await Promise.all((await Promise.all(sessions)).map(lane))
  const failure = failed as { error: unknown } | null
  if (failure !== null) throw failure.error
}
