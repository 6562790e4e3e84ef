import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { KeyturnError, problemOf } from '../../../../../shared/errors/problem.ts'
import type { HostCall } from '../../../../../shared/model/host-calls.ts'
import type { StepContext, StepHandler } from '../../../../engine/contract.ts'
import { readParams } from '../../../../scripts/runbook/step-params.ts'
import { serverTime, type ServiceFact } from '../../ekm-facts.ts'
import { isAfter, readCredential, readService } from '../../read-ekm.ts'
import { evidenceOf, hasIntent, needed, notVerified, satisfied } from '../help.ts'
import { views } from './help.ts'

const startBefore = z.object({ started: z.string() })

/**
 * Since when a restart is asked for, in the server's own time; null: every change was before the service started. A
 * credential without such a time would be waited for without end: `ekm-credential-other`, `ekm-change-time`.
 */
const waitingSince = async (ctx: StepContext, { started }: ServiceFact): Promise<string | null> => {
  const { credentials } = readParams('restart-service', ctx.step.params)
  if (credentials.length === 0) {
    const recorded = startBefore.safeParse(ctx.before)
    return recorded.success && recorded.data.started !== started ? null : started
  }
  const changes: string[] = []
  for (const name of credentials) {
    const row = await readCredential(ctx.sql, name)
    const named = { credential: name, target: ctx.sql.ref.name }
    if (row === null) throw new KeyturnError('ekm-credential-other', { ...named, what: 'it is not there' })
    if (row.changed === null) throw new KeyturnError('ekm-change-time', named)
    if (!isAfter(started, row.changed)) changes.push(row.changed)
  }
  return changes.toSorted()[0] ?? null
}

/** Of a plan that shows the script: without it nothing was approved that would stop the service. */
const restartCalls = (ctx: StepContext): HostCall[] => {
  const { service, resource } = readParams('restart-service', ctx.step.params)
  if (ctx.step.scripts.length === 0) return []
  return [
    resource === null ? { call: 'restart-service', service } : { call: 'restart-cluster-resource', resource },
  ]
}

const longestRestartMs = 10 * 60_000
const firstPauseMs = 100
const longestPauseMs = 5_000

/** The service says that it runs before it takes connections again. */
export const untilItAnswers = async (ctx: StepContext): Promise<void> => {
  const end = ctx.clock.monotonicMs() + longestRestartMs
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(longestPauseMs, pauseMs * 1.5)) {
    try {
      await readService(ctx.sql)
      return
    } catch (error) {
      if (problemOf(error).kind !== 'unreachable' || ctx.signal.aborted || ctx.clock.monotonicMs() > end)
        throw error
    }
    ctx.progress({ percent: null, message: `${ctx.sql.ref.name} does not take connections yet` })
    await sleep(pauseMs, undefined, { signal: ctx.signal }).catch(() => undefined)
  }
}

/**
 * Where the plan shows the script for it and a PowerShell reaches the host, the step restarts the service itself; else a
 * person does, and it waits and reads. Resume: named, by the time of the start: both times are the
 * server's own. Nothing undoes a restart, and nothing needs to.
 */
export const restartServiceStep: StepHandler = {
  check: async (ctx) => {
    const service = await readService(ctx.sql)
    const before = hasIntent(ctx) ? ctx.before : { started: service.started }
    try {
      return (await waitingSince(ctx, service)) === null ? satisfied(before) : needed(before)
    } catch (error) {
      const problem = problemOf(error)
      if (problem.kind !== 'not-mine') throw error
      return { state: 'foreign', problem }
    }
  },
  apply: async (ctx) => {
    const { service } = readParams('restart-service', ctx.step.params)
    const since = await waitingSince(ctx, await readService(ctx.sql))
    if (since === null) return
    const calls = restartCalls(ctx)
    if (calls.length > 0 && ctx.hosts.reachOf(ctx.sql).reachable) {
      await ctx.hosts.run(ctx.sql, calls, { timeoutMs: longestRestartMs })
      return untilItAnswers(ctx)
    }
    throw new KeyturnError('ekm-restart-waits', {
      target: ctx.sql.ref.name,
      since: serverTime(since),
      service,
    })
  },
  verify: async (ctx) => {
    const service = await readService(ctx.sql)
    const since = await waitingSince(ctx, service)
    if (since !== null) throw notVerified(ctx, `the service started ${serverTime(service.started)}`)
    return {
      evidence: [
        evidenceOf(
          ctx,
          views.service,
          'The service started after what was changed before (time of the server)',
          serverTime(service.started),
          { restarted: service.started },
        ),
      ],
      proofs: [],
    }
  },
}
