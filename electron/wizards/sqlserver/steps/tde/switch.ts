import { KeyturnError } from '../../../../../shared/errors/problem.ts'
import type { CheckResult, StepContext, StepHandler } from '../../../../engine/contract.ts'
import { readParams } from '../../../../scripts/runbook/step-params.ts'
import { setEncryption } from '../../../../scripts/tsql/tde.ts'
import { evidenceOf, needed, notVerified, satisfied, scriptOf, send } from '../help.ts'
import { isScanning, readDatabaseKey, suspended, type DatabaseKey } from '../../database-keys.ts'
import {
  flagEvidence,
  keyAfter,
  noKey,
  protectorEvidence,
  stateEvidence,
  stuckProblem,
  untilAtRest,
  view,
  wrongState,
  type Where,
} from './help.ts'

const before = (ctx: StepContext, key: DatabaseKey) => ctx.before ?? { state: key.state }

/** Resume: named: the encryption state. Two from one or three is the same wish, so a state on the way counts as done. */
export const setEncryptionOnStep: StepHandler = {
  check: async (ctx) => {
    const where = readParams('set-encryption-on', ctx.step.params)
    const key = await readDatabaseKey(ctx.sql, where)
    if (key === null) return noKey(ctx, where)
    if (key.state === 1) return needed({ state: 1 })
    return key.state === 5 ? wrongState(where, key) : satisfied(before(ctx, key))
  },
  apply: async (ctx) => void (await send(ctx, scriptOf(ctx), { timeoutMs: 0, signal: ctx.signal })),
  verify: async (ctx) => {
    const where = readParams('set-encryption-on', ctx.step.params)
    const key = await keyAfter(ctx, where)
    if (key.state === 1 || key.state === 5)
      throw notVerified(ctx, `encryption state of ${where.database} is ${key.state}`)
    return {
      evidence: [
        stateEvidence(ctx, where, key),
        await flagEvidence(ctx, where),
        protectorEvidence(ctx, where, key),
      ],
      proofs: [],
    }
  },
  undo: async (ctx) => {
    const where = readParams('set-encryption-on', ctx.step.params)
    return [stateEvidence(ctx, where, await switchTo(ctx, where, 'OFF'))]
  },
}

/** Resume: named. Wait on the state afterwards, not on is_encrypted: that one changes at once. */
export const setEncryptionOffStep: StepHandler = {
  check: async (ctx) => {
    const where = readParams('set-encryption-off', ctx.step.params)
    const key = await readDatabaseKey(ctx.sql, where)
    if (key === null) return noKey(ctx, where)
    if (key.state === 3) return needed({ state: 3 })
    return key.state === 5 || key.state === 1 ? satisfied(before(ctx, key)) : wrongState(where, key)
  },
  apply: async (ctx) => void (await send(ctx, scriptOf(ctx), { timeoutMs: 0, signal: ctx.signal })),
  verify: async (ctx) => {
    const where = readParams('set-encryption-off', ctx.step.params)
    const key = await keyAfter(ctx, where)
    if (key.state !== 5 && key.state !== 1)
      throw notVerified(ctx, `encryption state of ${where.database} is ${key.state}`)
    return {
      evidence: [stateEvidence(ctx, where, key), await flagEvidence(ctx, where)],
      proofs: [],
    }
  },
  undo: async (ctx) => {
    const where = readParams('set-encryption-off', ctx.step.params)
    return [stateEvidence(ctx, where, await switchTo(ctx, where, 'ON'))]
  },
}

/** The server takes no switch while a scan is at work (SQL 33109): waits, switches, waits for the end of that scan. */
const switchTo = async (ctx: StepContext, where: Where, to: 'ON' | 'OFF'): Promise<DatabaseKey> => {
  const goal = to === 'ON' ? 3 : 1
  const found = await untilAtRest(ctx, where)
  if (found === null) throw notVerified(ctx, `${where.database} shows no key any more`)
  if (found.state !== goal)
    await send(ctx, setEncryption(where.database, to), { timeoutMs: 0, signal: ctx.signal })
  const after = await untilAtRest(ctx, where)
  if (after?.state !== goal) {
    throw notVerified(
      ctx,
      `encryption state of ${where.database} is ${after?.state ?? 'not shown'}, not ${goal}`,
    )
  }
  return after
}

/** Only watches: the scan is the server's. Stopped or killed here, it goes on there. Resume: named: the state. */
export const watchScanStep: StepHandler = {
  check: async (ctx) => {
    const params = readParams('watch-scan', ctx.step.params)
    const key = await readDatabaseKey(ctx.sql, params)
    if (key === null) return noKey(ctx, params)
    const stuck = stuckProblem(params, key)
    if (stuck !== null && isScanning(key)) return { state: 'blocked', problem: stuck.problem }
    return reached(params.state, key) ? satisfied(before(ctx, key)) : needed(before(ctx, key))
  },
  apply: async (ctx) => void (await untilAtRest(ctx, readParams('watch-scan', ctx.step.params))),
  verify: async (ctx) => {
    const params = readParams('watch-scan', ctx.step.params)
    const key = await keyAfter(ctx, params)
    if (!reached(params.state, key)) {
      throw notVerified(
        ctx,
        `encryption state of ${params.database} is ${key.state}${params.state === null ? '' : `, not ${params.state}`}`,
      )
    }
    return {
      evidence: [
        stateEvidence(ctx, params, key, key.state === 3 ? 'TDE is on for' : 'Pages are in clear in'),
        await flagEvidence(ctx, params),
        evidenceOf(ctx, view, `Algorithm of the key of ${params.database}`, key.algorithm),
        protectorEvidence(ctx, params, key),
      ],
      proofs: [],
    }
  },
}

const reached = (goal: number | null, key: DatabaseKey): boolean =>
  goal === null ? key.state === 1 || key.state === 3 : key.state === goal

/** `SUSPEND` and `RESUME` differ only in what they ask for. Resume: named: the scan's own state. */
const scanSwitch = (kind: 'suspend-scan' | 'resume-scan'): StepHandler => {
  const wantsRest = kind === 'suspend-scan'
  const isDone = (key: DatabaseKey): boolean => (key.scan === suspended) === wantsRest
  return {
    check: async (ctx): Promise<CheckResult> => {
      const where = readParams(kind, ctx.step.params)
      const key = await readDatabaseKey(ctx.sql, where)
      if (key === null) return noKey(ctx, where)
      if (!isScanning(key)) return wantsRest ? wrongState(where, key) : satisfied(before(ctx, key))
      return isDone(key) ? satisfied(before(ctx, key)) : needed({ state: key.state })
    },
    apply: async (ctx) => void (await send(ctx, scriptOf(ctx))),
    verify: async (ctx) => {
      const where = readParams(kind, ctx.step.params)
      const key = await keyAfter(ctx, where)
      if (!isDone(key))
        throw notVerified(ctx, `the scan of ${where.database} is ${wantsRest ? 'not ' : ''}suspended`)
      return {
        evidence: [
          stateEvidence(ctx, where, key, wantsRest ? 'The scan is suspended in' : 'The scan goes on in'),
        ],
        proofs: [],
      }
    },
    undo: async (ctx) => {
      const where = readParams(kind, ctx.step.params)
      const key = await readDatabaseKey(ctx.sql, where)
      if (key !== null && isScanning(key) && isDone(key)) {
        await send(ctx, setEncryption(where.database, wantsRest ? 'RESUME' : 'SUSPEND'))
      }
      const after = await readDatabaseKey(ctx.sql, where)
      if (after !== null && isScanning(after) && isDone(after)) {
        throw new KeyturnError('undo-refused', {
          what: `The scan of ${where.database}`,
          user: `the server (encryption state ${after.state})`,
        })
      }
      return after === null ? [] : [stateEvidence(ctx, where, after)]
    },
  }
}

export const suspendScanStep = scanSwitch('suspend-scan')
export const resumeScanStep = scanSwitch('resume-scan')
