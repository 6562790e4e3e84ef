import { problemOf } from '../../shared/errors/problem.ts'
import type { StoredStep } from '../record/runs.ts'
import { recordUndoFailure, walkBackward } from './backward.ts'
import { recordStepFailure, walkForward } from './forward.ts'
import { RecordLost, type LiveRun } from './live-run.ts'
import { resultEntries } from './results.ts'
import { mayBeThere } from './run-machine.ts'
import { now, problemIn, type Walk } from './walk.ts'

/**
 * Walks through the steps in the direction of the run until its end or until a person is needed, and never throws:
 * what can't be recorded leaves the run interrupted.
 */
export const perform = async (walk: Walk, from: 'attached' | 'detached'): Promise<void> => {
  const { live } = walk
  try {
    if (from === 'detached' && !(await attached(walk))) return
    const end = await walked(walk)
    if (end !== 'waits') recordEnd(walk, end)
  } catch (error) {
    live.lost(error instanceof RecordLost ? error.problem : problemOf(error))
  } finally {
    live.focus(null)
  }
}

/** In either direction: whatever comes next, a person decides it, and nobody stays logged in for that. */
const walked = async (walk: Walk): Promise<'all-done' | 'all-undone' | 'waits'> => {
  try {
    return await (walk.live.run.direction === 'forward' ? walkForward(walk) : walkBackward(walk))
  } finally {
    await walk.resources.closeResting()
  }
}

const attached = async (walk: Walk): Promise<boolean> => {
  const { live, resources } = walk
  const ordinal = firstLeft(live)
  if (ordinal === null) return true
  live.focus(ordinal)
  try {
    await resources.attachAgain({
      say: (message) => live.progress(ordinal, { percent: null, message }),
      note: (message) => live.say(ordinal, message),
      signal: live.signal,
    })
    return true
  } catch (error) {
    const problem = problemIn(walk, ordinal, error)
    if (live.run.direction === 'forward') recordStepFailure(walk, ordinal, 'check', problem)
    else recordUndoFailure(walk, ordinal, problem)
    return false
  } finally {
    live.progress(ordinal, null)
    live.focus(null)
  }
}

/** The step that the walk begins with; null: only the end is left to record. */
export const firstLeft = (live: LiveRun): number | null => {
  const at =
    live.run.direction === 'forward'
      ? live.steps.findIndex(({ state }) => !['verified', 'satisfied'].includes(state))
      : live.steps.findLastIndex(({ effect }) => mayBeThere.includes(effect))
  return at < 0 ? null : at
}

const recordEnd = (walk: Walk, end: 'all-done' | 'all-undone'): void => {
  const { live, deps } = walk
  const steps = end === 'all-undone' ? notReached(live.steps) : new Map<number, Partial<StoredStep>>()
  const states = live.steps.map((step, ordinal) => steps.get(ordinal)?.state ?? step.state)
  const counts: Record<string, number> = {}
  for (const state of states) counts[state] = (counts[state] ?? 0) + 1
  const endedAt = now(walk)
  const how = end === 'all-done' ? 'verified' : 'undone'
  live.commit({
    event: end,
    entries: [
      ...resultEntries(live, deps.record, walk.results, { how, endedAt }),
      {
        kind: 'run-ended',
        body: { title: live.run.title, state: how, counts },
      },
    ],
    run: { endedAt },
    steps,
  })
}

/** Steps that never had an effect say so once the run is decided. */
export const notReached = (steps: readonly StoredStep[]): Map<number, Partial<StoredStep>> =>
  new Map(
    [...steps.entries()]
      .filter(([, { effect, state }]) => effect === 'none' && ['waiting', 'checking'].includes(state))
      .map(([ordinal]) => [ordinal, { state: 'not-reached' as const }]),
  )
