import type { StepFound, StepRunView, StepState } from '../../../shared/model/plan.ts'
import type { Mark } from '../../ui/StatusMark.tsx'
import { stepWords } from './run-words.ts'

/** Nothing is under way any more: a step that was begun is said to have been begun, and no more than that. */
export const journalWords = ({
  state,
  startedAt,
}: Pick<StepRunView, 'state' | 'startedAt'>): {
  mark: Mark
  word: string
} => {
  const { mark, word } = stepWords[state]
  const open = mark === 'running' || (state === 'not-verified' && startedAt !== null)
  return open ? { mark: 'attention', word: 'Begun, no outcome' } : { mark, word }
}

/** What a fresh reading of the target found of the step at which the run stands. */
export const foundWords: Record<StepFound, { mark: Mark; word: string }> = {
  there: { mark: 'ok', word: 'Its effect is there' },
  'not-there': { mark: 'waiting', word: 'Its effect is not there' },
  foreign: { mark: 'attention', word: 'Something of its name is there that this run did not make' },
  blocked: { mark: 'failed', word: 'The step is not possible as things stand' },
  'at-work': { mark: 'running', word: 'The earlier attempt is still at work there' },
  'not-read': { mark: 'unknown', word: 'Not read' },
  done: { mark: 'ok', word: 'Every step is done' },
}

const afterLooking: Record<StepFound, string> = {
  there: 'Reads it back and records the outcome; it is not done again',
  'not-there': 'Does this step, after the same check',
  foreign: 'Stops at this step again, until what is there is gone',
  blocked: 'Stops at this step again, until the cause is mended',
  'at-work': 'Waits until that session has ended, then checks',
  'not-read': 'Checks the target first; the step is done only if it is still needed',
  done: 'Records the end of the run',
}

const afterLookingBack: Record<StepFound, string> = {
  ...afterLooking,
  there: 'Takes its effect back, where that is possible',
  'not-there': 'Nothing to take back',
  foreign: 'Leaves it: this run did not make it',
  'not-read': 'Checks the target first; takes back only what is there',
  done: 'Records the end of the undo',
}

/**
 * What going on would do with a step. `found`: what the target said of it just now, if it was asked. `back`: the run
 * was undoing, and goes on in that direction only.
 */
export const resumingWords = (state: StepState, found: StepFound | null, back: boolean): string => {
  const after = back ? afterLookingBack : afterLooking
  if (found !== null) return after[found]
  if (state === 'undone') return 'Is not undone again'
  if (state === 'satisfied') return back ? 'Stays: it was there before the run' : 'Is not done again'
  if (state === 'verified') return back ? after['not-read'] : 'Is not done again'
  if (state === 'waiting' || state === 'not-reached')
    return back ? 'Was not begun: nothing to take back' : 'Runs as planned, after its check'
  return after['not-read']
}
