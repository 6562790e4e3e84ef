import { KeyturnError } from '../../shared/errors/problem.ts'
import type { PlanDigest, RunId, TargetId } from '../../shared/model/ids.ts'
import type { Plan } from '../../shared/model/plan.ts'
import type { RunWithSteps, StoredStep } from '../record/runs.ts'
import type { EngineDeps } from './engine-deps.ts'
import { describeDrift } from './drift.ts'
import type { LiveRun } from './live-run.ts'
import type { HeldPlan, Plans } from './plans.ts'
import { createResources, type Resources } from './resources.ts'

export interface StartRequest {
  digest: PlanDigest
  ticket: string
  reason: string
}

export interface Starting {
  deps: EngineDeps
  plans: Plans
  /** Targets whose run is being started in this process right now. */
  claimed: Set<TargetId>
  /** Runs of which secrets may be sealed though the record does not know them yet. */
  beginning: Set<RunId>
  find(run: RunId): LiveRun | null
  make(stored: RunWithSteps): LiveRun
}

export interface Started {
  live: LiveRun
  resources: Resources
  held: HeldPlan
}

/**
 * Everything between approval and the first step, or nothing of it. The locks are taken before the facts are read
 * again, so that what is compared can't be changed by another Keyturn afterwards.
 */
export const startRun = async (starting: Starting, request: StartRequest): Promise<Started> => {
  const { deps, plans, claimed, beginning } = starting
  const ticket = request.ticket.trim()
  const reason = request.reason.trim()
  if (ticket === '' || reason === '')
    throw new KeyturnError('run-needs-ticket', {}, { fields: missing(ticket, reason) })
  const held = plans.approve(request.digest)
  const { plan, advice } = held.reviewed
  refuseBlockers(advice.blockers.length)
  refuseHeldTargets(starting, plan)

  const targets = [...new Set(plan.targets.map(({ ref }) => ref.id))].sort()
  for (const target of targets) claimed.add(target)
  beginning.add(plan.runId)
  const resources = createResources(plan, deps)
  try {
    await resources.attach()
    await refuseDrift(plans, held)
    deps.record.reserve()
    await resources.seal()
    await resources.openSecrets()
    const principals = plan.targets.map(({ ref }) => ({
      target: ref.name,
      principal: resources.principalOf(ref.id),
    }))
    const live = starting.make(newRun(starting, held, { ticket, reason }, principals))
    begin(live, targets, principals)
    plans.forget(request.digest)
    return { live, resources, held }
  } catch (error) {
    resources.wipeSecrets()
    if (plan.secrets.length > 0) await deps.keyring.eraseRun(plan.runId).catch(() => undefined)
    await resources.release()
    throw error
  } finally {
    beginning.delete(plan.runId)
    for (const target of targets) claimed.delete(target)
  }
}

const begin = (live: LiveRun, takeLocks: readonly TargetId[], principals: Principals): void => {
  const { job, title, digest, ticket, reason, plan } = live.run
  live.commit({
    entries: [
      {
        kind: 'run-approved',
        body: {
          job,
          title,
          digest,
          ticket,
          reason,
          principals,
          steps: plan.steps.map((step) => ({ step: step.id, title: step.title })),
        },
      },
    ],
    takeLocks,
  })
}

const refuseBlockers = (count: number): void => {
  if (count > 0) throw new KeyturnError('plan-blocked', { count })
}

const refuseHeldTargets = ({ deps, claimed, find }: Starting, plan: Plan): void => {
  for (const { ref } of plan.targets) {
    const holder = deps.record.lockHolder(ref.id)
    if (holder !== null) {
      const live = find(holder)
      if (live === null || live.task === null)
        throw new KeyturnError('run-interrupted-undecided', { run: holder, target: ref.name })
      throw new KeyturnError('run-target-locked', {
        target: ref.name,
        holder: `run ${holder} of this Keyturn`,
      })
    }
    if (claimed.has(ref.id)) {
      throw new KeyturnError('run-target-locked', {
        target: ref.name,
        holder: 'a run that is being started here',
      })
    }
  }
}

/** Drift voids the approval: the person reads a new plan. */
const refuseDrift = async (plans: Plans, held: HeldPlan): Promise<void> => {
  const now = await plans.again(held)
  if (now.digest !== held.reviewed.digest) {
    plans.forget(held.reviewed.digest)
    throw new KeyturnError('plan-drifted', { what: describeDrift(held.reviewed.plan, now.plan) })
  }
  refuseBlockers(now.advice.blockers.length)
}

type Principals = { target: string; principal: string }[]

const newRun = (
  { deps }: Starting,
  { reviewed, job }: HeldPlan,
  { ticket, reason }: { ticket: string; reason: string },
  principals: Principals,
): RunWithSteps => ({
  run: {
    id: reviewed.plan.runId,
    job: job.id,
    title: reviewed.plan.title,
    digest: reviewed.digest,
    state: 'running',
    direction: 'forward',
    ticket,
    reason,
    operator: `${deps.operator.name} (${deps.operator.account})`,
    principal: principals.map(({ target, principal }) => `${principal} on ${target}`).join(', '),
    startedAt: deps.clock.now().toISOString(),
    endedAt: null,
    plan: reviewed.plan,
    notChecked: job.notChecked(reviewed.plan),
    leftBecause: null,
  },
  steps: reviewed.plan.steps.map(newStep),
})

const newStep = ({ id }: Plan['steps'][number]): StoredStep => ({
  id,
  state: 'waiting',
  effect: 'none',
  attempt: 0,
  before: null,
  startedAt: null,
  endedAt: null,
  evidence: [],
  proofs: [],
  messages: [],
  problem: null,
})

const missing = (ticket: string, reason: string) => [
  ...(ticket === '' ? [{ field: 'ticket', message: 'Enter the number of the ticket or change' }] : []),
  ...(reason === '' ? [{ field: 'reason', message: 'Say why this run is needed' }] : []),
]
