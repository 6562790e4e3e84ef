import type { RunChoice, RunState } from '../../shared/model/plan.ts'
import type { Direction, StepEffect } from '../record/runs.ts'

/** The whole state of a run that decides what may happen next. docs/decisions/0002 holds the same table. */
export interface MachineState {
  state: RunState
  direction: Direction
}

export type MachineEvent =
  /** A person: stop after the current step, or now. */
  | 'stop'
  /** A person: try the failed step again, or go on after a stop or an interruption. */
  | 'continue'
  | 'undo'
  | 'leave'
  /** A step could not be brought to its end. */
  | 'step-failed'
  /** Between two steps, because of `stop` or a full disk. */
  | 'halted'
  | 'all-done'
  | 'all-undone'
  /** The process that ran it is gone, or the record could not be written. */
  | 'died'

const forward = (state: RunState): MachineState => ({ state, direction: 'forward' })
const back = (state: RunState): MachineState => ({ state, direction: 'back' })

const underWay = { 'step-failed': forward('waiting-for-decision'), halted: forward('waiting-for-decision') }
const underWayBack = { 'step-failed': back('waiting-for-decision'), halted: back('waiting-for-decision') }
const decidable = { continue: forward('running'), undo: back('undoing'), leave: forward('left') }
const decidableBack = { continue: back('undoing'), undo: back('undoing'), leave: back('left') }

type Row = Partial<Record<MachineEvent, MachineState>>

const table: Readonly<Record<`${Direction}/${RunState}`, Row>> = {
  'forward/running': {
    ...underWay,
    stop: forward('stopping'),
    'all-done': forward('verified'),
    died: forward('interrupted'),
  },
  'forward/stopping': {
    ...underWay,
    stop: forward('stopping'),
    'all-done': forward('verified'),
    died: forward('interrupted'),
  },
  'forward/waiting-for-decision': decidable,
  'forward/interrupted': decidable,
  'forward/undoing': {},
  'forward/verified': {},
  'forward/undone': {},
  'forward/left': {},
  'back/undoing': {
    ...underWayBack,
    stop: back('stopping'),
    'all-undone': back('undone'),
    died: back('interrupted'),
  },
  'back/stopping': {
    ...underWayBack,
    stop: back('stopping'),
    'all-undone': back('undone'),
    died: back('interrupted'),
  },
  'back/waiting-for-decision': decidableBack,
  'back/interrupted': decidableBack,
  'back/running': {},
  'back/verified': {},
  'back/undone': {},
  'back/left': {},
}

/** The state after an event, or null where the event is not possible. Pure. */
export const next = (now: MachineState, event: MachineEvent): MachineState | null =>
  table[`${now.direction}/${now.state}`][event] ?? null

export const endStates: readonly RunState[] = ['verified', 'undone', 'left']
export const underWayStates: readonly RunState[] = ['running', 'stopping', 'undoing']

export interface ChoiceFacts extends MachineState {
  /** A step of this run failed or was broken off, in this direction. */
  stepFailed: boolean
  /** The step that is being worked on declares that it can be broken off. */
  canStopNow: boolean
  /** What is known of each step's effect. */
  effects: readonly StepEffect[]
}

/** An undo has to look at these. */
export const mayBeThere: readonly StepEffect[] = ['open', 'ours', 'undo-open']

/** What a person may do now, in the order in which a page shows it. Pure. */
export const choicesOf = (facts: ChoiceFacts): RunChoice[] => {
  const can = (event: MachineEvent): boolean => next(facts, event) !== null
  const choices: RunChoice[] = []
  if (can('stop') && facts.state !== 'stopping') choices.push('stop-after-step')
  if (can('stop') && facts.canStopNow) choices.push('stop-now')
  if (can('continue') && facts.direction === 'forward') {
    choices.push(facts.stepFailed && facts.state === 'waiting-for-decision' ? 'retry' : 'resume')
  }
  const leftToUndo = facts.direction === 'back' || facts.effects.some((effect) => mayBeThere.includes(effect))
  if (can('undo') && leftToUndo) choices.push('undo')
  if (can('leave')) choices.push('leave')
  return choices
}
