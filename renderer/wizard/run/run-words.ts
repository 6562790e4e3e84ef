import type { PlannedStep, RunState, RunView, StepRunView, StepState } from '../../../shared/model/plan.ts'
import { leavesNothing } from '../../../shared/model/undo-words.ts'
import { count, dayAndClock, listOf, withoutControls } from '../../ui/format.ts'
import type { Mark } from '../../ui/StatusMark.tsx'

export const stepWords: Record<StepState, { mark: Mark; word: string }> = {
  waiting: { mark: 'waiting', word: 'Waiting' },
  checking: { mark: 'running', word: 'Checking' },
  satisfied: { mark: 'ok', word: 'Already satisfied' },
  applying: { mark: 'running', word: 'Applying' },
  verifying: { mark: 'running', word: 'Verifying' },
  verified: { mark: 'ok', word: 'Verified' },
  'not-verified': { mark: 'failed', word: 'Not verified' },
  failed: { mark: 'failed', word: 'Failed' },
  undoing: { mark: 'running', word: 'Undoing' },
  undone: { mark: 'skipped', word: 'Undone' },
  'cannot-be-undone': { mark: 'attention', word: 'Cannot be undone' },
  'not-reached': { mark: 'skipped', word: 'Not reached' },
}

/** Where nothing was there to undo, that is no trouble: the step only read, or only removed what the run had made. */
export const stateWords = ({ undo }: Pick<PlannedStep, 'undo'>, state: StepState) =>
  state === 'cannot-be-undone' && leavesNothing(undo)
    ? ({ mark: 'skipped', word: 'Nothing to undo' } as const)
    : stepWords[state]

export const isLive = (state: RunState): boolean => ['running', 'stopping', 'undoing'].includes(state)
export const isEnded = (state: RunState): boolean => ['verified', 'undone', 'left'].includes(state)

/** The step that the page is about: under way, else the one that failed, else the first not done. */
export const currentStep = (view: RunView): number => {
  const underWay = view.steps.findIndex(({ state }) => stepWords[state].mark === 'running')
  if (underWay >= 0) return underWay
  const failed = view.steps.findIndex(({ state }) => state === 'failed' || state === 'not-verified')
  if (failed >= 0) return failed
  return view.steps.findIndex(({ state }) => state === 'waiting' || state === 'not-reached')
}

const done = (steps: readonly StepRunView[]): number =>
  steps.filter(({ state }) => state === 'verified' || state === 'satisfied').length

const where = (view: RunView): string => listOf(view.plan.targets.map(({ ref }) => withoutControls(ref.name)))

const lastRead = (view: RunView): string | null =>
  view.steps
    .flatMap(({ evidence }) => evidence.map(({ at }) => at))
    .toSorted()
    .at(-1) ?? view.endedAt

/**
 * The fact that a run was made for, where its steps name one: "TDE is on for Sales, HR: encryption state 3, read from
 * SQLPROD-01 on 4 May 10:41". Subjects with the last such fact are joined. Null: the steps name none.
 */
const headlineOf = (view: RunView): string | null => {
  const lines = view.steps.flatMap(({ evidence }) => evidence)
  const last = lines.findLast(({ data }) => typeof data?.['headline'] === 'string')
  if (last?.data === undefined) return null
  const { headline, fact } = last.data
  const same = lines.filter(({ data }) => data?.['headline'] === headline && data?.['fact'] === fact)
  const subjects = new Set(same.map(({ data }) => withoutControls(String(data?.['subject'] ?? ''))))
  const servers = new Set(same.map(({ source }) => serverOf(source)))
  return `${withoutControls(String(headline))} ${listOf([...subjects])}: ${withoutControls(String(fact))}, read from ${listOf([...servers])} on ${dayAndClock(last.at)}`
}

/** The system that answered: a source is its name, then view or command. */
const serverOf = (source: string): string => withoutControls(source.split(', ')[0] ?? source)

/** The `h1`: a fact about this run. */
export const headingOf = (view: RunView): string => {
  const total = view.steps.length
  const at = currentStep(view)
  const step = at < 0 ? total : at + 1
  const verified = `${done(view.steps)} of ${count(total, 'step')}`
  const read = lastRead(view)
  switch (view.state) {
    case 'running':
      return at < 0
        ? 'Finishing the run'
        : `Step ${step} of ${total}: ${stepWords[view.steps[at]?.state ?? 'waiting'].word.toLowerCase()}`
    case 'stopping':
      return `Stopping after step ${step} of ${total}`
    case 'undoing':
      return `Undoing: step ${step} of ${total}`
    case 'waiting-for-decision':
      return `Stopped at step ${step} of ${total}: decide what happens now`
    case 'interrupted':
      return `Interrupted during step ${step} of ${total}: Keyturn has done nothing since`
    case 'verified':
      return (
        headlineOf(view) ??
        `${verified} verified on ${where(view)}${read === null ? '' : `, last read ${dayAndClock(read)}`}`
      )
    case 'undone':
      return `Undone on ${where(view)}${view.endedAt === null ? '' : ` on ${dayAndClock(view.endedAt)}`}`
    case 'left':
      return `Left as it is: ${verified} verified on ${where(view)}`
  }
}

/** The step, by number, that was begun and not verified; null: none. */
export const begunStep = (view: RunView): number | null => {
  const at = view.steps.findIndex(
    ({ state, startedAt }) => startedAt !== null && !['verified', 'satisfied', 'undone'].includes(state),
  )
  return at < 0 ? null : at + 1
}

/** Steps that this run changed and read back from the target. */
export const readBackSteps = (view: RunView): number[] =>
  view.steps.flatMap(({ state }, index) => (state === 'verified' ? [index + 1] : []))

/** Steps that an undo has to look at: those that were read back, and the one of which that is not known. */
export const stepsToUndo = (view: RunView): number[] => {
  const begun = begunStep(view)
  return [...readBackSteps(view), ...(begun === null ? [] : [begun])].toSorted((one, other) => one - other)
}

/** "steps 1–5", "step 1", for the Undo button. */
export const stepsRange = (numbers: readonly number[]): string => {
  const [first, last] = [numbers[0], numbers.at(-1)]
  if (first === undefined || last === undefined) return 'nothing'
  if (first === last) return `step ${first}`
  return numbers.length === last - first + 1
    ? `steps ${first}–${last}`
    : `steps ${listOf(numbers.map(String))}`
}
