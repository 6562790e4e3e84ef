import { KeyturnError, type Problem } from '../../shared/errors/problem.ts'
import type { Json } from '../../shared/model/plan.ts'
import type { StoredStep } from '../record/runs.ts'
import type { CheckResult, StepContext, StepHandler, StepOutcome } from './contract.ts'
import { RecordLost } from './live-run.ts'
import { problemBody } from '../../shared/errors/problem-body.ts'
import { withoutSecrets } from './redact.ts'
import { copyOf, haltReason, handlerOf, now, openContext, problemIn, type Walk } from './walk.ts'

/** Goes on with the first step that is not done, until the end, a failure or a stop. Each step: DESIGN section 4. */
export const walkForward = async (walk: Walk): Promise<'all-done' | 'waits'> => {
  const { live } = walk
  for (let ordinal = 0; ordinal < live.steps.length; ordinal += 1) {
    if (['verified', 'satisfied'].includes(live.step(ordinal).state)) continue
    const because = haltReason(walk)
    if (because !== null) {
      halt(walk, ordinal, because)
      return 'waits'
    }
    live.focus(ordinal)
    const done = await runStep(walk, ordinal)
    live.focus(null)
    live.announce()
    if (!done) return 'waits'
  }
  return 'all-done'
}

const halt = ({ live }: Walk, ordinal: number, because: 'asked' | 'disk-full'): void => {
  const { id, title } = live.planned(ordinal)
  const full = because === 'disk-full' ? new KeyturnError('record-unavailable').problem : null
  live.commit({
    event: 'halted',
    entries: [{ kind: 'run-stopped', body: { before: id, title, because }, ordinal }],
    steps: new Map([[ordinal, full === null ? {} : { problem: full }]]),
  })
}

export type During = 'check' | 'apply' | 'verify'

const runStep = async (walk: Walk, ordinal: number): Promise<boolean> => {
  const { live, resources } = walk
  let during: During = 'check'
  try {
    await resources.assureLock(live.planned(ordinal).target)
    const handler = handlerOf(walk, ordinal)
    const context = openContext(walk, ordinal)
    let wentWell = false
    try {
      voidCeremony(walk, ordinal)
      const { before, attempt } = live.step(ordinal)
      live.show(ordinal, {
        state: 'checking',
        problem: null,
        startedAt: live.step(ordinal).startedAt ?? now(walk),
        endedAt: null,
      })
      const found = await handler.check(context.with(before, attempt))
      if (found.state === 'foreign' || found.state === 'blocked') {
        recordStepFailure(walk, ordinal, during, withoutSecrets(found.problem, resources.secrets))
        return false
      }
      if (found.state === 'needed') {
        during = 'apply'
        await apply(walk, ordinal, handler, found.before, (step) => context.with(step.before, step.attempt))
      }
      during = 'verify'
      await readBack(walk, ordinal, handler, found, (step) => context.with(step.before, step.attempt))
      wentWell = true
    } finally {
      await context.close(wentWell)
    }
    return true
  } catch (error) {
    if (error instanceof RecordLost) throw error
    recordStepFailure(walk, ordinal, during, problemIn(walk, ordinal, error))
    return false
  }
}

/** A ceremony that was broken off can't be picked up in its middle. */
const voidCeremony = ({ live }: Walk, ordinal: number): void => {
  const { id, title, resume } = live.planned(ordinal)
  const { effect, attempt } = live.step(ordinal)
  if (resume !== 'restart-only' || effect !== 'open') return
  live.commit({
    entries: [{ kind: 'step-voided', body: { step: id, title, attempt }, ordinal }],
  })
  live.say(ordinal, `Attempt ${attempt} is void; the step starts from its beginning`)
}

type ContextFor = (step: StoredStep) => StepContext

const apply = async (
  walk: Walk,
  ordinal: number,
  handler: StepHandler,
  before: Json,
  contextFor: ContextFor,
): Promise<void> => {
  const { live, deps, resources } = walk
  const { id, title } = live.planned(ordinal)
  const attempt = live.step(ordinal).attempt + 1
  const kept = withoutSecrets(before, resources.secrets)
  await deps.probe.at('before-intent', id, live.run.id)
  live.commit({
    entries: [{ kind: 'step-intent', body: { step: id, title, attempt, before: kept }, ordinal }],
    steps: new Map([[ordinal, { state: 'applying', effect: 'open', attempt, before: kept }]]),
  })
  await deps.probe.at('after-intent', id, live.run.id)
  await handler.apply(contextFor(live.step(ordinal)))
  await deps.probe.at('after-apply', id, live.run.id)
}

const readBack = async (
  walk: Walk,
  ordinal: number,
  handler: StepHandler,
  found: Extract<CheckResult, { before: Json }>,
  contextFor: ContextFor,
): Promise<void> => {
  const { live, deps, resources } = walk
  const { id, title } = live.planned(ordinal)
  const made = live.step(ordinal).effect === 'open'
  const how = made ? (found.state === 'needed' ? 'applied' : 'found-done') : 'already-there'
  const before = made ? live.step(ordinal).before : found.before
  live.show(ordinal, { state: 'verifying' })
  if (how === 'found-done') live.say(ordinal, 'Found done after the interruption; not applied again')
  const outcome: StepOutcome = withoutSecrets(
    await handler.verify(contextFor({ ...live.step(ordinal), before })),
    resources.secrets,
  )
  await deps.probe.at('before-outcome', id, live.run.id)
  const { attempt, messages } = live.step(ordinal)
  live.commit({
    entries: [
      {
        kind: 'step-outcome',
        body: {
          step: id,
          title,
          attempt,
          how,
          evidence: copyOf(outcome.evidence),
          proofs: copyOf(outcome.proofs),
          messages: [...messages],
        },
        ordinal,
      },
    ],
    steps: new Map([
      [
        ordinal,
        {
          state: made ? 'verified' : 'satisfied',
          effect: made ? 'ours' : 'not-ours',
          before,
          evidence: outcome.evidence,
          proofs: outcome.proofs,
          problem: null,
          endedAt: now(walk),
        },
      ],
    ]),
  })
  await deps.probe.at('after-outcome', id, live.run.id)
}

/** The run waits for a person then. */
export const recordStepFailure = (walk: Walk, ordinal: number, during: During, problem: Problem): void => {
  const { live } = walk
  const { id, title, stopNow } = live.planned(ordinal)
  const { effect, attempt } = live.step(ordinal)
  if (problem.code === 'run-stopped' && stopNow !== null && effect === 'open')
    live.say(ordinal, stopNow.leaves)
  const { messages } = live.step(ordinal)
  live.commit({
    event: 'step-failed',
    entries: [
      {
        kind: 'step-failed',
        outcome: 'failed',
        body: { step: id, title, attempt, during, problem: problemBody(problem), messages: [...messages] },
        ordinal,
      },
    ],
    steps: new Map([
      [
        ordinal,
        {
          state: problem.code === 'step-not-verified' ? 'not-verified' : 'failed',
          problem,
          endedAt: now(walk),
        },
      ],
    ]),
  })
}
