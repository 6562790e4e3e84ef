import { setTimeout as sleep } from 'node:timers/promises'
import { KeyturnError } from '../../../../../shared/errors/problem.ts'
import { isScratch } from '../../../../../shared/forms/names.ts'
import type { Evidence } from '../../../../../shared/model/evidence.ts'
import type { CheckResult, StepContext } from '../../../../engine/contract.ts'
import { flagOf } from '../../../../ports/sql-rows.ts'
import { encryptedFlag } from '../../../../scripts/tsql/tde-queries.ts'
import { blocked, evidenceOf, notVerified } from '../help.ts'
import {
  aborted,
  isBusy,
  readDatabaseKey,
  stateText,
  suspended,
  type DatabaseKey,
} from '../../database-keys.ts'

export const view = 'sys.dm_database_encryption_keys'

export interface Where {
  database: string
  scans: boolean
}

export const noKey = (ctx: StepContext, { database }: Where): CheckResult =>
  blocked('tde-no-key', { database, target: ctx.sql.ref.name })

export const wrongState = ({ database }: Where, key: DatabaseKey): CheckResult =>
  blocked('tde-wrong-state', { database, state: stateText(key) })

/** The key, for reading back. Throws `step-not-verified`. */
export const keyAfter = async (ctx: StepContext, where: Where): Promise<DatabaseKey> => {
  const key = await readDatabaseKey(ctx.sql, where)
  if (key === null) throw notVerified(ctx, `${view} shows no key of ${where.database}`)
  return key
}

/** A headline is what the result page can have as its heading: its subjects are joined. A scratch database is none. */
export const stateEvidence = (
  ctx: StepContext,
  { database }: Where,
  key: DatabaseKey,
  headline?: string,
): Evidence =>
  evidenceOf(ctx, view, `Encryption state of ${database}`, stateText(key), {
    state: key.state,
    ...(headline === undefined || isScratch(database)
      ? {}
      : { headline, subject: database, fact: `encryption state ${key.state}` }),
  })

export const protectorEvidence = (ctx: StepContext, { database }: Where, key: DatabaseKey): Evidence =>
  evidenceOf(
    ctx,
    view,
    `Protector of the key of ${database}, thumbprint`,
    key.thumbprint ?? 'not shown',
    key.thumbprint === null ? undefined : { thumbprint: key.thumbprint },
  )

/** What the catalog keeps of the last SET ENCRYPTION; it says nothing of how far the scan came. */
export const flagEvidence = async (ctx: StepContext, { database }: Where): Promise<Evidence> => {
  const flag = flagOf((await ctx.sql.query(encryptedFlag(database)))[0]?.['is_encrypted'])
  return evidenceOf(ctx, 'sys.databases', `is_encrypted of ${database}`, flag === true ? '1' : '0')
}

const firstPauseMs = 100
const longestPauseMs = 2000

/**
 * Asks until no scan and no change of the protector is at work, and tells the server's own percentage. Gives the key
 * as it is then; null: there is none. Aborted: `sql-cancelled`; the scan goes on at the server. A suspended scan ends
 * never and an aborted one neither: `tde-scan-suspended`, `tde-scan-aborted`.
 */
export const untilAtRest = async (ctx: StepContext, where: Where): Promise<DatabaseKey | null> => {
  let pauseMs = firstPauseMs
  for (;;) {
    if (ctx.signal.aborted) throw new KeyturnError('sql-cancelled', { target: ctx.sql.ref.name })
    const key = await readDatabaseKey(ctx.sql, where)
    if (key === null || !isBusy(key)) return key
    const stuck = stuckProblem(where, key)
    if (stuck !== null) throw stuck
    ctx.progress({
      percent: key.percent,
      message: `${where.database}: encryption state ${stateText(key)}`,
    })
    await sleep(pauseMs, undefined, { signal: ctx.signal }).catch(() => undefined)
    pauseMs = Math.min(longestPauseMs, pauseMs * 1.5)
  }
}

/** Why this scan will not end by itself, or null. */
export const stuckProblem = ({ database }: Where, key: DatabaseKey): KeyturnError | null =>
  key.scan === suspended
    ? new KeyturnError('tde-scan-suspended', { database })
    : key.scan === aborted
      ? new KeyturnError('tde-scan-aborted', { database })
      : null
