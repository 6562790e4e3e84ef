import { KeyturnError, problemOf, type Problem } from '../../shared/errors/problem.ts'
import type { Evidence } from '../../shared/model/evidence.ts'
import type { SqlSession } from '../ports/sql-server.ts'
import type { Job, StepContext, StepHandler } from './contract.ts'
import type { EngineDeps } from './engine-deps.ts'
import { createKeeper } from './keeper.ts'
import type { LiveRun } from './live-run.ts'
import { withoutSecrets } from './redact.ts'
import type { Resources } from './resources.ts'

/** What both directions need to work on the steps of one run. */
export interface Walk {
  live: LiveRun
  resources: Resources
  deps: EngineDeps
  handlers: Readonly<Record<string, StepHandler>>
  results: NonNullable<Job['results']>
}

export const handlerOf = ({ live, handlers }: Walk, ordinal: number): StepHandler => {
  const handler = handlers[live.planned(ordinal).kind]
  if (handler === undefined) throw new KeyturnError('internal')
  return handler
}

export interface OpenContext {
  /** `before` and `attempt` as they are at that moment; `own`: what the step read back, for its undo. */
  with(before: StepContext['before'], attempt: number, own?: readonly Evidence[]): StepContext
  /** Ends the step's sessions; of a step that went well one is kept for the next. */
  close(wentWell: boolean): Promise<void>
}

type OfOneAsking = Pick<StepContext, 'before' | 'attempt' | 'session' | 'signal' | 'progress' | 'say'> &
  Partial<Pick<StepContext, 'earlier' | 'hsm'>>

const earlierOf = (live: LiveRun, ordinal: number): Evidence[] =>
  live.steps.slice(0, ordinal).flatMap(({ evidence }) => evidence)

/** What a step is given: the same whether a run works on it or somebody only looks, but for what `asking` says. */
export const stepContext = (
  live: LiveRun,
  ordinal: number,
  resources: Resources,
  deps: EngineDeps,
  asking: OfOneAsking,
): StepContext => {
  const step = live.planned(ordinal)
  return {
    runId: live.run.id,
    step,
    get sql() {
      return resources.serverOf(step.target.id)
    },
    server: (target) => resources.serverOf(target),
    azure: deps.azure,
    hosts: deps.hosts,
    hsm: (options) => resources.tokenOf(step.target.id, options?.anew),
    earlier: earlierOf(live, ordinal),
    secrets: resources.secrets,
    keeper: createKeeper(deps.keyring, live.run.id),
    places: deps.places,
    verdicts: deps.verdicts,
    clock: deps.clock,
    ...asking,
  }
}

export const openContext = ({ live, resources, deps }: Walk, ordinal: number): OpenContext => {
  const step = live.planned(ordinal)
  const sessions: SqlSession[] = []
  const { secrets } = resources
  return {
    with: (before, attempt, own = []) =>
      stepContext(live, ordinal, resources, deps, {
        before,
        attempt,
        earlier: [...earlierOf(live, ordinal), ...own],
        async session() {
          const session = await resources.borrowSession(step.target.id)
          sessions.push(session)
          return session
        },
        signal: live.signal,
        progress: (progress) => live.progress(ordinal, withoutSecrets(progress, secrets)),
        say: (message) => live.say(ordinal, withoutSecrets(message, secrets)),
      }),
    async close(wentWell) {
      live.progress(ordinal, null)
      for (const session of sessions) {
        if (wentWell) await resources.giveBackSession(step.target.id, session)
        else await session.close().catch(() => undefined)
      }
    },
  }
}

/** What went wrong, without secrets; a step that was broken off on request is "stopped", not failed by the server. */
export const problemIn = ({ live, resources, deps }: Walk, ordinal: number, thrown: unknown): Problem => {
  const problem = withoutSecrets(problemOf(thrown), resources.secrets)
  if (!live.signal.aborted) return problem
  const stopped = new KeyturnError('run-stopped', {
    who: deps.operator.name,
    step: live.planned(ordinal).title,
  })
  return { ...stopped.problem, ...(problem.vendor ? { vendor: problem.vendor } : {}) }
}

/** Both null: go on. Otherwise the walk halts before the next step. */
export const haltReason = ({ live, deps }: Walk): 'asked' | 'disk-full' | null => {
  if (live.stopAsked) return 'asked'
  return deps.record.reserveUsed && live.run.direction === 'forward' ? 'disk-full' : null
}

export const now = ({ deps }: Walk): string => deps.clock.now().toISOString()

/** A copy that the record's schema takes: arrays there are not read only. */
export const copyOf = <Item extends object>(items: readonly Item[]): Item[] =>
  items.map((item) => ({ ...item }))
