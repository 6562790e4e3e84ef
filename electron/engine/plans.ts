import { KeyturnError } from '../../shared/errors/problem.ts'
import { asRunId, type PlanDigest, type RunId } from '../../shared/model/ids.ts'
import type { JobId } from '../../shared/model/job.ts'
import type { Plan, PlanAdvice, ReviewedPlan } from '../../shared/model/plan.ts'
import { newIdText, systemRandom, type RandomSource } from '../platform/random.ts'
import type { Clock } from '../ports/clock.ts'
import type { FactReader, Job, PlanOutcome } from './contract.ts'
import { digestOf } from './digest.ts'

export const planLifeMs = 30 * 60_000
/** The oldest go first beyond this: a window that reviews again and again can't fill the memory. */
const mostHeld = 200

/** A plan that was rendered for a person, with what is needed to make it again. */
export interface HeldPlan {
  reviewed: ReviewedPlan
  job: Job
  draft: unknown
  plannedAt: Date
  expiresAtMs: number
}

export interface Plans {
  /**
   * Reads the targets and makes a plan with a new run id; changes nothing. The plan is held for 30 minutes.
   * `answers-incomplete`, and whatever reading the targets throws. Repeating it makes another plan.
   */
  review(job: JobId, draft: unknown): Promise<ReviewedPlan>
  /** The held plan of this digest, or `plan-unknown` when there is none or its 30 minutes are over. */
  approve(digest: PlanDigest): HeldPlan
  /** Makes the plan again with fresh facts, under the same run id and as of the same moment. */
  again(held: HeldPlan): Promise<PlanOutcome & { digest: PlanDigest }>
  /** The approval is used up or void. */
  forget(digest: PlanDigest): void
}

export interface PlansOptions {
  jobs: readonly Job[]
  reader: FactReader
  clock: Clock
  random?: RandomSource
}

export const createPlans = ({ jobs, reader, clock, random = systemRandom }: PlansOptions): Plans => {
  const held = new Map<PlanDigest, HeldPlan>()

  const dropOld = (): void => {
    for (const [digest, plan] of held) if (plan.expiresAtMs <= clock.monotonicMs()) held.delete(digest)
    for (const digest of [...held.keys()].slice(0, Math.max(0, held.size - mostHeld))) held.delete(digest)
  }

  const make = async (job: Job, draft: unknown, runId: RunId, plannedAt: Date) => {
    const outcome = job.plan(draft, await job.readFacts(draft, { ...reader, plannedAt }), runId)
    refuseForeignSecrets(outcome.plan)
    return { ...outcome, digest: digestOf(outcome.plan) }
  }

  return {
    async review(id, answers) {
      const job = jobs.find((one) => one.id === id)
      if (job === undefined) throw new KeyturnError('not-found', { what: id })
      const draft = job.parse(answers)
      const plannedAt = clock.now()
      const { plan, advice, digest } = await make(job, draft, asRunId(newIdText(random)), plannedAt)
      const reviewed = freeze({ plan, digest, advice, validUntil: validUntil(clock) })
      held.delete(digest)
      held.set(digest, { reviewed, job, draft, plannedAt, expiresAtMs: clock.monotonicMs() + planLifeMs })
      dropOld()
      return reviewed
    },
    approve(digest) {
      dropOld()
      const plan = held.get(digest)
      if (plan === undefined) throw new KeyturnError('plan-unknown')
      return plan
    },
    again: ({ job, draft, reviewed, plannedAt }) => make(job, draft, reviewed.plan.runId, plannedAt),
    forget(digest) {
      held.delete(digest)
    },
  }
}

/**
 * The secret of an application may be sent to another target than the one that it is kept for (decision 0022). Then both
 * are targets of the plan: the review shows them, and the run checks who answers there. Anything else is a bug. Passwords
 * of files are another matter: a drill opens them where the server that wrote them may be gone.
 */
const refuseForeignSecrets = ({ targets, secrets }: Plan): void => {
  const known = new Set(targets.map(({ ref }) => ref.id))
  const foreign = secrets.some(
    ({ purpose, target }) => purpose === 'ekm.client-secret' && !known.has(target.id),
  )
  if (foreign) throw new KeyturnError('internal')
}

const validUntil = (clock: Clock): string => new Date(clock.now().getTime() + planLifeMs).toISOString()

/** Nothing may change a plan between the moment it was shown and the moment it runs. */
const freeze = <Value extends { plan: unknown; advice: PlanAdvice }>(value: Value): Value => {
  const deep = (item: unknown): void => {
    if (typeof item !== 'object' || item === null || Object.isFrozen(item)) return
    Object.freeze(item)
    Object.values(item).forEach(deep)
  }
  deep(value)
  return value
}
