import { describe, expect, test } from 'vitest'
import {
  choicesOf,
  endStates,
  next,
  type MachineEvent,
  type MachineState,
} from '../../../electron/engine/run-machine.ts'
import type { RunState } from '../../../shared/model/plan.ts'

const states: RunState[] = [
  'running',
  'stopping',
  'undoing',
  'waiting-for-decision',
  'interrupted',
  'verified',
  'undone',
  'left',
]
const events: MachineEvent[] = [
  'stop',
  'continue',
  'undo',
  'leave',
  'step-failed',
  'halted',
  'all-done',
  'all-undone',
  'died',
]
const start: MachineState = { state: 'running', direction: 'forward' }

const reachable = (): MachineState[] => {
  const found = [start]
  for (const from of found) {
    for (const event of events) {
      const to = next(from, event)
      if (to === null || found.some((one) => one.state === to.state && one.direction === to.direction))
        continue
      found.push(to)
    }
  }
  return found
}

describe('the state machine of a run', () => {
  test('reaches every state', () => {
    expect(new Set(reachable().map(({ state }) => state))).toEqual(new Set(states))
  })

  test('nothing leaves an end, and every other state has a way to an end', () => {
    for (const from of reachable()) {
      const ways = events.filter((event) => next(from, event) !== null)
      if (endStates.includes(from.state)) expect(ways).toEqual([])
      else expect(ways.length).toBeGreaterThan(0)
    }
  })

  test('once a run goes back it never goes forward again', () => {
    for (const from of reachable().filter(({ direction }) => direction === 'back')) {
      for (const event of events) expect(next(from, event)?.direction ?? 'back').toBe('back')
    }
  })

  test('a run can be left only while nothing is being done for it', () => {
    const leavable = reachable().filter((from) => next(from, 'leave') !== null)
    expect(new Set(leavable.map(({ state }) => state))).toEqual(
      new Set(['waiting-for-decision', 'interrupted']),
    )
  })

  test.each([
    [{ state: 'running', stepFailed: false, canStopNow: true }, ['stop-after-step', 'stop-now']],
    [{ state: 'running', stepFailed: false, canStopNow: false }, ['stop-after-step']],
    [{ state: 'stopping', stepFailed: false, canStopNow: true }, ['stop-now']],
    [{ state: 'waiting-for-decision', stepFailed: true, canStopNow: false }, ['retry', 'undo', 'leave']],
    [{ state: 'waiting-for-decision', stepFailed: false, canStopNow: false }, ['resume', 'undo', 'leave']],
    [{ state: 'interrupted', stepFailed: true, canStopNow: false }, ['resume', 'undo', 'leave']],
    [{ state: 'verified', stepFailed: false, canStopNow: false }, []],
  ] as const)('%o offers %o', (facts, choices) => {
    expect(choicesOf({ ...facts, direction: 'forward', effects: ['ours'] })).toEqual(choices)
  })

  test('offers no undo where nothing was done by this run', () => {
    const facts = {
      state: 'waiting-for-decision',
      direction: 'forward',
      stepFailed: true,
      canStopNow: false,
    } as const
    expect(choicesOf({ ...facts, effects: ['not-ours', 'none'] })).toEqual(['retry', 'leave'])
    expect(choicesOf({ ...facts, effects: ['open'] })).toEqual(['retry', 'undo', 'leave'])
  })
})
