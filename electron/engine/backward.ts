import { KeyturnError, problemOf, type Problem } from '../../shared/errors/problem.ts'
import type { Evidence } from '../../shared/model/evidence.ts'
import type { StoredStep } from '../record/runs.ts'
import type { StepContext } from './contract.ts'
import { problemBody } from '../../shared/errors/problem-body.ts'
import { RecordLost, type LiveRun } from './live-run.ts'
import { withoutSecrets } from './redact.ts'
import { mayBeThere } from './run-machine.ts'
import { copyOf, haltReason, handlerOf, now, openContext, problemIn, type Walk } from './walk.ts'

/**
 * Undoes, last step first, what this run did or may have done. What was there before the run is never touched; what
 * can't be undone stays and says why. Every effect has an intent before it, as on the way forward.
 */
export const walkBackward = async (walk: Walk): Promise<'all-undone' | 'waits'> => {
  const { live } = walk
  for (let ordinal = live.steps.length - 1; ordinal >= 0; ordinal -= 1) {
    if (!mayBeThere.includes(live.step(ordinal).effect)) continue
    if (haltReason(walk) !== null) {
      halt(walk, ordinal)
      return 'waits'
    }
    live.focus(ordinal)
    const done = await undoStep(walk, ordinal)
    live.focus(null)
    if (!done) return 'waits'
  }
  return 'all-undone'
}

const halt = ({ live }: Walk, ordinal: number): void => {
  const { id, title } = live.planned(ordinal)
  live.commit({
    event: 'halted',
    entries: [{ kind: 'run-stopped', body: { before: id, title, because: 'asked' }, ordinal }],
  })
}

interface Undone {
  result: 'undone' | 'nothing-there' | 'kept'
  because: string | null
  evidence: readonly Evidence[]
  problem: Problem | null
}

const kept = (because: string, problem: Problem | null = null): Undone => ({
  result: 'kept',
  because,
  evidence: [],
  problem,
})

const undoStep = async (walk: Walk, ordinal: number): Promise<boolean> => {
  const { live, resources, deps } = walk
  try {
    await resources.assureLock(live.planned(ordinal).target)
    const context = openContext(walk, ordinal)
    try {
      const { before, attempt, evidence } = live.step(ordinal)
      const undone = await decideAndUndo(walk, ordinal, context.with(before, attempt, evidence))
      await deps.probe.at('before-outcome', `undo:${live.planned(ordinal).id}`, live.run.id)
      recordOutcome(walk, ordinal, undone)
      await deps.probe.at('after-outcome', `undo:${live.planned(ordinal).id}`, live.run.id)
    } finally {
      await context.close(false)
    }
    return true
  } catch (error) {
    if (error instanceof RecordLost) throw error
    recordUndoFailure(walk, ordinal, problemIn(walk, ordinal, error))
    return false
  }
}

const decideAndUndo = async (walk: Walk, ordinal: number, context: StepContext): Promise<Undone> => {
  const { live, deps, resources } = walk
  const step = live.planned(ordinal)
  const handler = handlerOf(walk, ordinal)
  const reason =
    whyNot(live, ordinal) ?? (handler.undo === undefined ? 'this kind of step has no undo' : null)
  if (reason !== null && live.step(ordinal).effect === 'ours') return kept(reason)
  const found = await handler.check(context)
  if (found.state === 'needed' && found.partly !== true)
    return { result: 'nothing-there', because: null, evidence: [], problem: null }
  if (found.state === 'foreign') return kept(found.problem.title, found.problem)
  if (found.state === 'blocked' && found.undone !== true) throw asError(found.problem)
  if (reason !== null || handler.undo === undefined) return kept(reason ?? 'this kind of step has no undo')

  const { id, title } = step
  const { attempt } = live.step(ordinal)
  await deps.probe.at('before-intent', `undo:${id}`, live.run.id)
  live.commit({
    entries: [{ kind: 'undo-intent', body: { step: id, title, attempt }, ordinal }],
    steps: new Map([[ordinal, { state: 'undoing', effect: 'undo-open', problem: null }]]),
  })
  await deps.probe.at('after-intent', `undo:${id}`, live.run.id)
  try {
    const evidence = withoutSecrets(await handler.undo(context), resources.secrets)
    await deps.probe.at('after-apply', `undo:${id}`, live.run.id)
    return { result: 'undone', because: null, evidence, problem: null }
  } catch (error) {
    const problem = withoutSecrets(problemOf(error), resources.secrets)
    if (problem.code === 'undo-refused') return kept(problem.title, problem)
    throw error
  }
}

/** A check that can't answer is an error of the undo, with the problem that it named. */
class Blocked extends KeyturnError {
  override readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.code)
    this.problem = problem
  }
}

const asError = (problem: Problem): Blocked => new Blocked(problem)

/** `until` ends with the effect of a later step of the same run, unless that one was undone (or it is final). Steps count from 1. */
const whyNot = (live: LiveRun, ordinal: number): string | null => {
  const { undo } = live.planned(ordinal)
  if (undo.can === false) return undo.because
  if (undo.can === true) return null
  const later = live.steps[undo.beforeStep - 1]
  const final = undo.final === true ? ['undone'] : []
  const happened =
    later !== undefined && ['open', 'ours', 'not-ours', 'undo-open', 'kept', ...final].includes(later.effect)
  return happened ? `it could be undone only before step ${undo.beforeStep}` : null
}

const recordOutcome = (walk: Walk, ordinal: number, undone: Undone): void => {
  const { live } = walk
  const { id, title } = live.planned(ordinal)
  const { attempt, messages, evidence } = live.step(ordinal)
  const stays = undone.result === 'kept'
  const patch: Partial<StoredStep> = {
    state: stays ? 'cannot-be-undone' : 'undone',
    effect: stays ? 'kept' : 'undone',
    problem: undone.problem,
    endedAt: now(walk),
    evidence: [...evidence, ...undone.evidence],
    messages: [...messages, ...sayWhy(undone)],
  }
  live.commit({
    entries: [
      {
        kind: 'undo-outcome',
        outcome: stays ? 'refused' : 'done',
        body: {
          step: id,
          title,
          attempt,
          result: undone.result,
          because: undone.because,
          evidence: copyOf(undone.evidence),
          problem: undone.problem === null ? null : problemBody(undone.problem),
          messages: [...messages],
        },
        ordinal,
      },
    ],
    steps: new Map([[ordinal, patch]]),
  })
}

const sayWhy = ({ result, because }: Undone): string[] => {
  if (result === 'nothing-there') return ['The target shows no effect of this step; nothing was undone']
  return because === null ? [] : [`Not undone: ${because}`]
}

/** The run waits for a person then; undoing can be tried again. */
export const recordUndoFailure = (walk: Walk, ordinal: number, problem: Problem): void => {
  const { live } = walk
  const { id, title } = live.planned(ordinal)
  const { attempt, messages } = live.step(ordinal)
  live.commit({
    event: 'step-failed',
    entries: [
      {
        kind: 'undo-failed',
        outcome: 'failed',
        body: { step: id, title, attempt, problem: problemBody(problem), messages: [...messages] },
        ordinal,
      },
    ],
    steps: new Map([[ordinal, { state: 'failed', problem, endedAt: now(walk) }]]),
  })
}
