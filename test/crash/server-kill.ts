/**
 * The other way round: the simulated servers are killed (SIGKILL) while a run is at work on them, and the program lives
 * on. It sees the lost connection and waits for a person; the servers are started again and the person presses Retry,
 * once. All simulated servers of a rehearsal are one process, so they die together.
 */
import { join } from 'node:path'
import { sandboxEntry } from '../../electron/beside-entry.ts'
import type { ProbePoint } from '../../electron/engine/engine-deps.ts'
import { openSandbox } from '../../electron/rehearsal/sandbox-process.ts'
import type { Problem } from '../../shared/errors/problem.ts'
import { killSimulators, simulatorsGone } from '../support/simulators.ts'
import type { CrashScenario, Stage } from './scenario.ts'

export type ServerKill =
  /** Before the statement of a step was sent, or after its effect and before that is read back. */
  | { server: 'at'; at: ProbePoint; step: string }
  /** In the middle of the long operation. */
  | { server: 'percent'; percent: number }
  /** The long operation was carried out and is durable, and its answer never came. */
  | { server: 'unanswered' }

/** Every point of a scenario with a long operation; the ones in its middle first. `reached`: by an undisturbed run. */
export const serverKillsOf = (
  { middle }: CrashScenario,
  reached: readonly { at: ProbePoint; step: string }[],
): readonly ServerKill[] =>
  middle === null
    ? []
    : [
        ...middle.percents.map((percent) => ({ server: 'percent', percent }) as const),
        { server: 'unanswered' },
        ...reached
          .filter(({ at }) => at === 'after-intent' || at === 'after-apply')
          .map(({ at, step }) => ({ server: 'at', at, step }) as const),
      ]

export const placeOfServerKill = (kill: ServerKill): string => {
  switch (kill.server) {
    case 'at':
      return `the servers during ${kill.step}, ${kill.at}`
    case 'percent':
      return `the servers in the middle, at ${kill.percent} percent`
    case 'unanswered':
      return 'the servers before they answered the long operation'
  }
}

/** What is killed once, and brought back once. */
export interface ServerLoss {
  /** A run has come by there. */
  at(point: ProbePoint, step: string): Promise<void>
  /** Before the run begins. */
  arm(stage: Stage, scenario: CrashScenario): Promise<void>
  /** Where this problem is the one that was made and the servers were not back yet: starts them, and is true. */
  mended(problem: Problem): Promise<boolean>
  /** The code under which the program saw that the servers were gone; null: it did not. */
  seenAs(): string | null
}

export const serverLoss = (folder: string, kill: ServerKill): ServerLoss => {
  let killed: Promise<void> | null = null
  let seen: string | null = null
  const die = (): Promise<void> => (killed ??= killSimulators(folder))
  return {
    async at(point, step) {
      if (killed === null && kill.server === 'at' && kill.at === point && kill.step === step) await die()
    },
    async arm(stage, { middle }) {
      if (middle === null) throw new Error('this scenario has no long operation')
      if (kill.server === 'percent') {
        await middle.slow(stage, kill.percent)
        whenItReached(stage, middle.kind, kill.percent, () => void die())
      }
      if (kill.server === 'unanswered') {
        const fault = { kind: 'kill', match: middle.statement, nth: 1, when: 'after' } as const
        await stage.simulators.order({ command: 'fault', instance: middle.server, fault })
      }
    },
    async mended({ kind, code }) {
      if (kind !== 'unreachable' || seen !== null) return false
      seen = code
      await (killed ?? simulatorsGone(folder))
      await openSandbox({ folder: join(folder, 'simulators'), entry: sandboxEntry })
      return true
    },
    seenAs: () => seen,
  }
}

/** Calls back, more than once perhaps, when a step of that kind tells so much progress. */
export const whenItReached = (
  { program }: Stage,
  kind: string,
  percent: number,
  reached: () => void,
): void => {
  program.engine.events.on('run-changed', ({ steps, plan }) => {
    const there = steps.some(
      (step, index) =>
        plan.steps[index]?.kind === kind &&
        step.state === 'applying' &&
        (step.progress?.percent ?? 0) >= percent,
    )
    if (there) reached()
  })
}
