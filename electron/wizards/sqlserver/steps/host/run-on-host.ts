import { KeyturnError } from '../../../../../shared/errors/problem.ts'
import type { Evidence } from '../../../../../shared/model/evidence.ts'
import type { HostCall } from '../../../../../shared/model/host-calls.ts'
import { asPlaceId } from '../../../../../shared/model/ids.ts'
import type { StepContext, StepHandler } from '../../../../engine/contract.ts'
import type { HostStepParams } from '../../../../scripts/runbook/host-params.ts'
import { readParams } from '../../../../scripts/runbook/step-params.ts'
import { untilItAnswers } from '../ekm/restart.ts'
import { hasIntent, needed, notVerified, satisfied } from '../help.ts'
import { judge, type Judged } from './purposes.ts'
import { readResult, resultName, saveScript } from './result-file.ts'

interface Found extends Judged {
  source: string
  at: string
}

/**
 * What has to be done on the Windows host, where no T-SQL reaches. Where a PowerShell reaches the host it is done and read
 * back; elsewhere the script is written into the person's folder and the run waits (`host-step-waits`): *Retry* asks for
 * the file that the script leaves. Resume: named; what is there already is not done again.
 */
export const runOnHostStep: StepHandler = {
  check: async (ctx) => {
    const params = readParams('run-on-host', ctx.step.params)
    const found = await look(ctx, params)
    if (found?.problem === null) return satisfied(ctx.before ?? { found: 'done' })
    return needed({ found: found?.problem ?? 'not read' })
  },
  apply: async (ctx) => {
    const params = readParams('run-on-host', ctx.step.params)
    const reach = ctx.hosts.reachOf(ctx.sql)
    if (reach.reachable) {
      return params.purpose === 'replace-connector' ? replaceConnector(ctx, params) : carryOut(ctx, params)
    }
    const { place, file, computer } = params
    // The file of a broken-off or failed try would only be read again: the person is told what it says.
    const before = await readResult(ctx, params)
    if (before !== null) throw notDone(ctx, computer, judge(params, lastOf(params, before.answers)))
    if (place !== null) await saveScript(ctx, place, file)
    throw new KeyturnError('host-step-waits', {
      what: ctx.step.title,
      host: computer,
      because: reach.because,
      how:
        place === null
          ? `Save the runbook (.ps1) of the plan and run this step of it on ${computer}, as an administrator`
          : `Take ${file} from ${ctx.places.label(asPlaceId(place))} to ${computer} and run it there in Windows PowerShell, as an administrator. Bring ${resultName(file)}, which it leaves beside itself, back into that folder, then retry the step`,
    })
  },
  verify: async (ctx) => {
    const params = readParams('run-on-host', ctx.step.params)
    const found = await look(ctx, params)
    if (found === null) throw notVerified(ctx, `nothing was read on ${params.computer}`)
    if (found.problem !== null) throw notVerified(ctx, found.problem)
    return {
      evidence: found.lines.map(([statement, value]): Evidence => ({
        statement,
        value,
        source: found.source,
        at: found.at,
      })),
      proofs: [],
    }
  },
}

const lastOf = ({ reads }: HostStepParams, answers: readonly unknown[]): readonly unknown[] =>
  answers.slice(-reads)

/** A host of a rehearsal is never taken for a real one. */
export const hostSource = (computer: string, how: 'this-computer' | 'simulated'): string =>
  how === 'simulated' ? `${computer}, simulated Windows host` : `${computer}, Windows PowerShell`

const look = async (ctx: StepContext, params: HostStepParams): Promise<Found | null> => {
  const reach = ctx.hosts.reachOf(ctx.sql)
  if (reach.reachable) {
    const answers = await ctx.hosts.run(ctx.sql, params.calls.slice(-params.reads), { signal: ctx.signal })
    return {
      ...judge(params, answers),
      source: hostSource(params.computer, reach.how),
      at: ctx.clock.now().toISOString(),
    }
  }
  const result = await readResult(ctx, params).catch((error: unknown) => {
    // The script did not get through: it has to be run again, and apply says why.
    if (error instanceof KeyturnError && error.code === 'host-refused') return null
    throw error
  })
  return result === null
    ? null
    : {
        ...judge(params, lastOf(params, result.answers)),
        source: `${result.name}, as the script wrote it on ${params.computer}`,
        at: result.at,
      }
}

const carryOut = async (ctx: StepContext, params: HostStepParams): Promise<void> => {
  const { calls, reads } = params
  const acting = calls.slice(0, calls.length - reads)
  if (acting.length === 0) {
    const answers = await ctx.hosts.run(ctx.sql, calls, { signal: ctx.signal })
    throw notDone(ctx, params.computer, judge(params, answers))
  }
  for (const call of acting) {
    try {
      await ctx.hosts.run(ctx.sql, [call], {
        signal: ctx.signal,
        timeoutMs: longestMs([call]),
      })
    } catch (error) {
      // A file with the run's mark in its name is of an earlier try of this step.
      if (call.call === 'export-registry' && hasIntent(ctx) && ctx.attempt > 1 && isThere(error)) continue
      throw error
    }
  }
}

/**
 * All calls in one go: should Keyturn end in the middle, the host goes on by itself. Whatever is refused, the service is
 * started again before it is told: without its connector too it runs, and only databases under keys of a vault wait.
 */
const replaceConnector = async (ctx: StepContext, params: HostStepParams): Promise<void> => {
  const acting = params.calls.slice(0, params.calls.length - params.reads)
  try {
    await ctx.hosts.run(ctx.sql, acting, { timeoutMs: longestMs(acting) })
  } catch (error) {
    const start = acting.filter(({ call }) => call === 'start-service')
    if (start.length > 0)
      await ctx.hosts.run(ctx.sql, start, { timeoutMs: longestMs(start) }).catch(() => undefined)
    throw error
  }
  await untilItAnswers(ctx)
}

/** Only a setup that a person clicks through has no limit: a silent one that hangs would keep the service stopped unseen. */
const longestMs = (calls: readonly HostCall[]): number => {
  const setups = calls.filter((one) => one.call === 'install-package' || one.call === 'uninstall-package')
  if (setups.some(({ mode }) => mode === 'interactive')) return 0
  return setups.length > 0 ? 30 * 60_000 : 120_000
}

const isThere = (error: unknown): boolean =>
  error instanceof KeyturnError && error.problem.vendor?.number === 'already-there'

const notDone = (ctx: StepContext, host: string, { problem }: Judged): KeyturnError =>
  new KeyturnError('host-step-not-done', { what: ctx.step.title, host, found: problem ?? 'not read' })
