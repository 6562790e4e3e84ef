import { KeyturnError } from '../../shared/errors/problem.ts'
import type { RunId, TargetId } from '../../shared/model/ids.ts'
import type { JobId } from '../../shared/model/job.ts'
import type { ReviewedPlan, RunLook, RunSummary, RunView } from '../../shared/model/plan.ts'
import type { RunWithSteps } from '../record/runs.ts'
import type { FactReader } from './contract.ts'
import { withDefaults, type EngineOptions } from './engine-deps.ts'
import { createEmitter, type EngineEvents } from './events.ts'
import { problemBody } from '../../shared/errors/problem-body.ts'
import { createEndedRuns } from './ended-runs.ts'
import { LiveRun, RecordLost } from './live-run.ts'
import { lookAtRun } from './look.ts'
import { notReached, perform } from './perform.ts'
import { createPlans } from './plans.ts'
import { markInterrupted, sweepSealedSecrets } from './recover.ts'
import { createResources, type Resources } from './resources.ts'
import { resultEntries } from './results.ts'
import { underWayStates } from './run-machine.ts'
import { viewOf } from './run-view.ts'
import { startRun, type StartRequest } from './start.ts'
import type { Walk } from './walk.ts'

/**
 * Runs any plan. Every method throws `KeyturnError` only, and each refusal is an entry of the record. What a method
 * promises to have done is durable when it returns. The engine knows no job by name and no view of it holds a secret.
 */
export interface Engine {
  /** Reads the targets and makes a plan; changes nothing there. See `Plans.review`. */
  review(job: JobId, draft: unknown): Promise<ReviewedPlan>
  /**
   * Runs an approved plan. Resolves when the run is recorded as started; it goes on by itself (`events`). Nothing was
   * sent if it throws: `plan-unknown`, `plan-blocked`, `plan-drifted` (the approval is void then), `run-needs-ticket`,
   * `run-target-locked`, `run-interrupted-undecided`, `keyring-locked`, `record-unavailable`, errors of the target.
   */
  start(request: StartRequest): Promise<RunId>
  /**
   * `after-step`: the current step is brought to its end. `now`: breaks it off, only where the step declares that.
   * `run-state` otherwise. Asking again changes nothing more.
   */
  stop(run: RunId, how: 'after-step' | 'now'): void
  /**
   * Tries the failed step again: reads first whether it took effect. `run-state`, `run-needs-unlock`,
   * `record-unavailable`. Resolves when the run is under way; failures of the target then are part of the view.
   */
  retry(run: RunId): Promise<void>
  /** Goes on after an interruption or a stop, in the direction the run had; otherwise the same as `retry`. */
  resume(run: RunId): Promise<void>
  /** Goes back through the steps that this run made. Goes on with an undo that was interrupted. As `retry`. */
  undo(run: RunId): Promise<void>
  /** Ends the run as it is and gives its locks back. `answers-incomplete` without a reason, `run-state`. */
  leave(run: RunId, reason: string): Promise<void>
  /**
   * What the target says now about the step at which an undecided run stands; changes nothing there and records
   * nothing. `run-state` while the run is under way, `not-found`. A target that does not answer is part of the reply.
   */
  look(run: RunId): Promise<RunLook>
  /** `not-found` for a run that the record does not know. */
  get(run: RunId): RunView
  /** Newest first. */
  list(): RunSummary[]
  /** Resolves when nothing is being done for this run: it has ended or waits for a person. */
  settled(run: RunId): Promise<RunView>
  events: EngineEvents
  /** Stops each run after its current step, wipes secrets, gives the servers' locks back. Runs stay undecided. */
  close(): Promise<void>
}

/**
 * Makes the engine of one record. Runs whose process is gone become `interrupted` here, before this returns; nothing
 * is sent to any target. Only one engine may work on a record file at a time.
 */
export const createEngine = (options: EngineOptions): Engine => {
  const deps = withDefaults(options)
  const { record, keyring } = deps
  const events = createEmitter()
  const reader: FactReader = {
    sqlServer: (target) => deps.servers.open(target),
    azure: deps.azure,
    hosts: deps.hosts,
    hsms: deps.hsms,
    secretInfo: (handle) => keyring.list().find((kept) => kept.id === handle) ?? null,
    keptFor: (target, purpose) => keyring.list({ target, purpose }),
    knownServers: deps.knownServers,
    verdicts: deps.verdicts,
    clock: deps.clock,
    places: deps.places,
  }
  const plans = createPlans({ ...deps, reader })
  const runs = new Map<RunId, LiveRun>()
  const ended = createEndedRuns(record)
  const allResources = new Map<RunId, Resources>()
  const claimed = new Set<TargetId>()
  const beginning = new Set<RunId>()

  const make = (stored: RunWithSteps): LiveRun =>
    new LiveRun({ ...stored, record, clock: deps.clock, changed: (view) => events.emit('run-changed', view) })

  const sweep = (): void => {
    void sweepSealedSecrets(deps, (run) => runs.has(run) || beginning.has(run)).catch(() => undefined)
  }

  for (const stored of record.runs('undecided')) {
    const live = make(stored)
    runs.set(stored.run.id, live)
    unlessLost(live, () => markInterrupted(live))
  }
  sweep()
  const stopListening = keyring.onChange(sweep)

  const undecided = (run: RunId): LiveRun => {
    const live = runs.get(run)
    if (live !== undefined) return live
    const stored = record.run(run)
    if (stored === null) throw new KeyturnError('not-found', { what: `Run ${run}` })
    throw new KeyturnError('run-state', { run, state: stored.run.state })
  }

  const resourcesOf = (live: LiveRun): Resources => {
    const known = allResources.get(live.run.id) ?? createResources(live.run.plan, deps)
    allResources.set(live.run.id, known)
    return known
  }

  const jobOf = (live: LiveRun): Pick<Walk, 'handlers' | 'results'> => {
    const job = deps.jobs.find((one) => one.id === live.run.job)
    return { handlers: job?.steps ?? {}, results: (ended) => job?.results?.(ended) ?? [] }
  }

  const launch = (live: LiveRun, from: 'attached' | 'detached'): void => {
    const walk = { live, resources: resourcesOf(live), deps, ...jobOf(live) }
    live.startWalk()
    live.task = perform(walk, from)
      .then(() => (live.ended ? tidy(live) : undefined))
      .finally(() => {
        live.task = null
        live.announce()
      })
  }

  const tidy = async (live: LiveRun): Promise<void> => {
    const { id, plan } = live.run
    const resources = allResources.get(id)
    resources?.wipeSecrets()
    await resources?.release()
    allResources.delete(id)
    runs.delete(id)
    if (plan.secrets.length > 0) await keyring.eraseRun(id).catch(() => undefined)
    tidyReserve()
  }

  const tidyReserve = (): void => {
    if (runs.size === 0 && beginning.size === 0) record.endReserve()
  }

  /** The refusal stands even where the record has no room for it: nothing was done. */
  const noteRefusal = (action: string, run: RunId | null, error: KeyturnError): void => {
    try {
      record.append({
        kind: 'refused',
        outcome: 'refused',
        runId: run,
        objects: run === null ? [] : [{ type: 'run', id: run, name: runs.get(run)?.run.title ?? run }],
        body: {
          action,
          about: runs.get(run ?? ('' as RunId))?.run.title ?? null,
          problem: problemBody(error.problem),
        },
      })
    } catch {
      return
    }
  }

  const refusal = (action: string, run: RunId | null, thrown: unknown): KeyturnError => {
    const cause = thrown instanceof RecordLost ? thrown.cause : thrown
    const error = cause instanceof KeyturnError ? cause : new KeyturnError('internal', {}, { cause })
    noteRefusal(action, run, error)
    return error
  }

  const acting = async <Result>(
    action: string,
    run: RunId | null,
    work: () => Promise<Result>,
  ): Promise<Result> => {
    try {
      return await work()
    } catch (error) {
      throw refusal(action, run, error)
    }
  }

  const goOn = (how: 'retry' | 'resume', run: RunId): Promise<void> =>
    acting(`${how} a run`, run, async () => {
      const live = undecided(run)
      live.require('continue')
      await live.task
      if (live.run.direction === 'forward') record.reserve()
      await resourcesOf(live).openSecrets()
      live.commit({
        event: 'continue',
        entries: [{ kind: 'run-continued', body: { how, step: stepAt(live) } }],
      })
      launch(live, 'detached')
    })

  const get = (run: RunId): RunView => {
    const live = runs.get(run)
    if (live !== undefined) return live.view()
    const stored = record.run(run)
    if (stored === null) throw new KeyturnError('not-found', { what: `Run ${run}` })
    return viewOf(stored.run, stored.steps, new Map(), null)
  }

  tidyReserve()

  return {
    events,
    review: (job, draft) => plans.review(job, draft),

    start: (request) =>
      acting('start a run', null, async () => {
        for (const live of runs.values()) if (live.ended) await live.task
        try {
          const find = (run: RunId): LiveRun | null => runs.get(run) ?? null
          const { live, resources } = await startRun({ deps, plans, claimed, beginning, find, make }, request)
          runs.set(live.run.id, live)
          allResources.set(live.run.id, resources)
          launch(live, 'attached')
          return live.run.id
        } catch (error) {
          tidyReserve()
          throw error
        }
      }),

    stop(run, how) {
      try {
        const live = undecided(run)
        live.require('stop')
        const impossible = how === 'now' && !live.view().choices.includes('stop-now')
        if (impossible) throw new KeyturnError('run-state', { run, state: live.run.state })
        if (how === 'now' || !live.stopAsked) {
          live.commit({ event: 'stop', entries: [{ kind: 'run-stop-requested', body: { how } }] })
        }
        live.stopAsked = true
        if (how === 'now') live.stopNow()
      } catch (error) {
        throw refusal('stop a run', run, error)
      }
    },

    retry: (run) => goOn('retry', run),
    resume: (run) => goOn('resume', run),

    undo: (run) =>
      acting('undo a run', run, async () => {
        const live = undecided(run)
        live.require('undo')
        await live.task
        await resourcesOf(live).openSecrets()
        const again = live.run.direction === 'back'
        live.commit({
          event: 'undo',
          entries: [
            again
              ? { kind: 'run-continued', body: { how: 'resume', step: stepAt(live) } }
              : { kind: 'undo-started', body: { title: live.run.title } },
          ],
        })
        launch(live, 'detached')
      }),

    leave: (run, because) =>
      acting('leave a run as it is', run, async () => {
        const live = undecided(run)
        live.require('leave')
        const reason = because.trim()
        if (reason === '') {
          const fields = [{ field: 'reason', message: 'Say why the run is left as it is' }]
          throw new KeyturnError('answers-incomplete', { count: 1 }, { fields })
        }
        await live.task
        const endedAt = deps.clock.now().toISOString()
        const left = { kind: 'run-left', body: { title: live.run.title, reason } } as const
        live.commit({
          event: 'leave',
          entries: [...resultEntries(live, record, jobOf(live).results, { how: 'left', endedAt }), left],
          run: { endedAt, leftBecause: reason },
          steps: notReached(live.steps),
        })
        await tidy(live)
      }),

    async look(run) {
      const live = undecided(run)
      live.require('leave')
      const job = deps.jobs.find((one) => one.id === live.run.job)
      return lookAtRun(live, deps, job?.steps ?? {}, allResources.get(run)?.ownSessions() ?? [])
    },

    get,

    list: () => record.runIds().flatMap((id) => runs.get(id)?.summary() ?? ended.summary(id) ?? []),

    async settled(run) {
      await runs.get(run)?.task
      return get(run)
    },

    async close() {
      stopListening()
      for (const live of runs.values()) if (underWayStates.includes(live.run.state)) live.stopAsked = true
      await Promise.all([...runs.values()].map((live) => live.task))
      for (const resources of allResources.values()) {
        resources.wipeSecrets()
        await resources.release()
      }
    },
  }
}

/** A disk without any room must not keep a person from seeing what is undecided. */
const unlessLost = (live: LiveRun, work: () => void): void => {
  try {
    work()
  } catch (error) {
    if (!(error instanceof RecordLost)) throw error
    live.lost(error.problem)
  }
}

/** For the entry that says where a run goes on. */
const stepAt = (live: LiveRun): string | null => {
  const at = live.steps.findIndex(({ state }) => !['verified', 'satisfied', 'undone'].includes(state))
  return at < 0 ? null : live.planned(at).id
}
