import { setTimeout as sleep } from 'node:timers/promises'
import { KeyturnError } from '../../../../../shared/errors/problem.ts'
import { asTargetId } from '../../../../../shared/model/ids.ts'
import type { CheckResult, StepContext, StepHandler } from '../../../../engine/contract.ts'
import { flagOf, textOf, thumbprintOf } from '../../../../ports/sql-rows.ts'
import { allRows } from '../../../../ports/sql-sight.ts'
import { certificates } from '../../../../scripts/tsql/fact-queries.ts'
import { keysIn } from '../../../../scripts/tsql/sight.ts'
import { replicaMovement } from '../../../../scripts/tsql/tde-queries.ts'
import { readParams, type ParamsOf } from '../../../../scripts/runbook/step-params.ts'
import { blocked, evidenceOf, needed, notVerified, satisfied } from '../help.ts'
import { readDatabaseKey, stateText, type DatabaseKey } from '../../database-keys.ts'
import { keyRefusal } from '../../ekm-links.ts'
import { readEkm } from '../../read-ekm.ts'
import { protectorEvidence, stateEvidence } from './help.ts'
import { protectorOfRun, type ProtectorParams } from './protector-of-run.ts'

const movementView = 'sys.dm_hadr_database_replica_states'

/** Asked again right before the key is made or moved: a replica without its protector stops at that moment. */
export const replicaWithoutProtector = async (
  ctx: StepContext,
  params: ProtectorParams & { replicas: readonly string[] },
): Promise<CheckResult | null> => {
  const { replicas } = params
  if (replicas.length === 0) return null
  const { name, thumbprint, type } = await protectorOfRun(ctx, params)
  return type === 'CERTIFICATE'
    ? withoutCertificate(ctx, replicas, name, thumbprint)
    : withoutKey(ctx, replicas, name, thumbprint)
}

/** The same key of the vault, a login made from it, and a credential that the login holds: else it can't be opened there. */
const withoutKey = async (
  ctx: StepContext,
  replicas: readonly string[],
  key: string,
  thumbprint: string,
): Promise<CheckResult | null> => {
  for (const id of replicas) {
    const replica = ctx.server(asTargetId(id))
    const why = keyRefusal(await readEkm(replica, ctx), thumbprint)
    if (why !== null) return blocked('tde-replica-key', { replica: replica.ref.name, key, thumbprint, why })
  }
  return null
}

const withoutCertificate = async (
  ctx: StepContext,
  replicas: readonly string[],
  certificate: string,
  thumbprint: string,
): Promise<CheckResult | null> => {
  for (const id of replicas) {
    const replica = ctx.server(asTargetId(id))
    const found = (await allRows(replica, certificates(), keysIn('master'))).find(
      (row) => thumbprintOf(row['thumbprint']) === thumbprint,
    )
    if (found === undefined || textOf(found['private_key']).trim() !== 'MK')
      return blocked('tde-replica-certificate', { replica: replica.ref.name, certificate, thumbprint })
  }
  return null
}

interface Movement {
  state: string
  suspended: boolean
  reason: string
}

const readMovement = async (ctx: StepContext, database: string): Promise<Movement> => {
  const row = (await ctx.sql.query(replicaMovement(database)))[0]
  if (row === undefined)
    throw notVerified(ctx, `${movementView} on ${ctx.sql.ref.name} shows no ${database} any more`)
  return {
    state: textOf(row['synchronization_state_desc']),
    suspended: flagOf(row['is_suspended']) === true,
    reason: textOf(row['suspend_reason_desc']),
  }
}

type Params = ParamsOf<'watch-replica'>

/** State and protector that the replica has to show; a database without a key counts as state 1. */
const goalOf = async (
  ctx: StepContext,
  { database, scans, state, thumbprint, primary }: Params,
): Promise<{ state: number; thumbprint: string | null }> => {
  if (state !== null) return { state, thumbprint }
  const key = await readDatabaseKey(ctx.server(asTargetId(primary)), { database, scans })
  return { state: key?.state ?? 1, thumbprint: key?.thumbprint ?? null }
}

const hasFollowed = (key: DatabaseKey | null, goal: { state: number; thumbprint: string | null }): boolean =>
  (key?.state ?? 1) === goal.state &&
  (goal.thumbprint === null || key === null || key.thumbprint === goal.thumbprint)

const suspendedProblem = (ctx: StepContext, { database }: Params, { reason, state }: Movement) => ({
  database,
  replica: ctx.sql.ref.name,
  reason: reason === '' ? state : reason,
})

const firstPauseMs = 100
const longestPauseMs = 2000

/** Only reads, on the replica. It follows by itself; where its data movement is suspended it never does. Resume: named. */
export const watchReplicaStep: StepHandler = {
  check: async (ctx) => {
    const params = readParams('watch-replica', ctx.step.params)
    const key = await readDatabaseKey(ctx.sql, params)
    if (hasFollowed(key, await goalOf(ctx, params))) return satisfied({ state: key?.state ?? 0 })
    const movement = await readMovement(ctx, params.database)
    return movement.suspended
      ? blocked('tde-replica-suspended', suspendedProblem(ctx, params, movement))
      : needed({ state: key?.state ?? 0 })
  },
  apply: async (ctx) => {
    const params = readParams('watch-replica', ctx.step.params)
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(longestPauseMs, pauseMs * 1.5)) {
      if (ctx.signal.aborted) throw new KeyturnError('sql-cancelled', { target: ctx.sql.ref.name })
      const key = await readDatabaseKey(ctx.sql, params)
      if (hasFollowed(key, await goalOf(ctx, params))) return
      const movement = await readMovement(ctx, params.database)
      if (movement.suspended)
        throw new KeyturnError('tde-replica-suspended', suspendedProblem(ctx, params, movement))
      ctx.progress({
        percent: null,
        message: `${params.database} on ${ctx.sql.ref.name}: ${key === null ? 'no key yet' : `encryption state ${stateText(key)}`}`,
      })
      await sleep(pauseMs, undefined, { signal: ctx.signal }).catch(() => undefined)
    }
  },
  verify: async (ctx) => {
    const params = readParams('watch-replica', ctx.step.params)
    const key = await readDatabaseKey(ctx.sql, params)
    const goal = await goalOf(ctx, params)
    if (!hasFollowed(key, goal)) {
      throw notVerified(
        ctx,
        `${ctx.sql.ref.name} shows ${key === null ? 'no key' : `encryption state ${key.state}, thumbprint ${key.thumbprint ?? 'not shown'}`} of ${params.database}`,
      )
    }
    const movement = await readMovement(ctx, params.database)
    return {
      evidence: [
        ...(key === null
          ? [evidenceOf(ctx, 'sys.dm_database_encryption_keys', `Key of ${params.database}`, 'none')]
          : [stateEvidence(ctx, params, key), protectorEvidence(ctx, params, key)]),
        evidenceOf(ctx, movementView, `${params.database} on this replica`, movement.state),
      ],
      proofs: [],
    }
  },
}
