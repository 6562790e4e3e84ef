import { bringsProtector, concernsLog, type TdeDraft } from '../../../shared/forms/tde-draft.ts'
import { runMark, type RunId } from '../../../shared/model/ids.ts'
import type { Plan, ReliedFact } from '../../../shared/model/plan.ts'
import type { PlanOutcome } from '../../engine/contract.ts'
import { reliedOnServer } from '../sqlserver/certificate-advice.ts'
import { numbered, secretsOf, type Draftstep } from '../sqlserver/plan-parts.ts'
import { adviceOn } from './advice.ts'
import type { Facts } from './facts-model.ts'
import { answeredReplicas, keyOf } from '../sqlserver/tde-facts.ts'
import { logNeed, remedyFor } from '../sqlserver/log-rule.ts'
import { replicasRelied } from './replicas.ts'
import { stepsToTurnOff } from './plan-off.ts'
import { stepsToRotate, stepsToTurnOn } from './plan-protector.ts'
import { regenerateSteps, resumeSteps, suspendSteps, watchSteps } from './plan-scan.ts'

const titles: Readonly<Record<TdeDraft['task'], string>> = {
  'turn-on': 'TDE on for',
  watch: 'Watch the scan of',
  suspend: 'Suspend the scan of',
  resume: 'Resume the scan of',
  'rotate-protector': 'Another TDE protector for',
  regenerate: 'New database encryption key for',
  'turn-off': 'TDE off for',
}

/** Pure: the same draft, facts and run id give the same plan. */
export const planTde = (draft: TdeDraft, facts: Facts, runId: RunId): PlanOutcome => {
  const steps = numbered(draftsteps(draft, facts, runMark(runId)), facts.target)
  const reached = needsReplicas(steps) ? answeredReplicas(facts).map((one) => one.facts) : []
  const handle = draft.certificateFilePassword
  const plan: Plan = {
    format: 1,
    job: 'tde',
    runId,
    title: `${titles[draft.task]} ${draft.databases.join(', ')} on ${facts.target.name}`,
    targets: [facts, ...reached].map(({ target, identity }) => ({ ref: target, identity: { ...identity } })),
    steps,
    secrets: secretsOf(
      steps,
      (hole) =>
        hole === 'certificate_file_password' && handle !== null && handle !== ''
          ? { handle, target: facts.target }
          : null,
      facts.secrets,
    ),
    relied: reliedOn(draft, facts),
  }
  return { plan, advice: adviceOn(draft, facts, plan, runMark(runId)) }
}

/** Steps on replicas, or that ask them: the run then holds their locks and checks who answers. */
const needsReplicas = (steps: Plan['steps']): boolean =>
  steps.some(({ kind }) => ['create-database-key', 'change-protector', 'watch-replica'].includes(kind))

const draftsteps = (draft: TdeDraft, facts: Facts, mark: string): Draftstep[] => {
  switch (draft.task) {
    case 'turn-on':
      return stepsToTurnOn(draft, facts, mark)
    case 'rotate-protector':
      return stepsToRotate(draft, facts, mark)
    case 'turn-off':
      return stepsToTurnOff(draft, facts, mark)
    case 'watch':
      return watchSteps(draft, facts)
    case 'suspend':
      return suspendSteps(draft, facts)
    case 'resume':
      return resumeSteps(draft, facts)
    case 'regenerate':
      return regenerateSteps(draft, facts, mark)
  }
}

/** A scan moves by itself, so percentages are no facts to rely on; nor is the state where a scan is what is watched. */
const reliedOn = (draft: TdeDraft, facts: Facts): ReliedFact[] => [
  ...reliedOnServer(facts, bringsProtector(draft.task) ? [draft.certificateName] : []),
  ...replicasRelied(draft, facts),
  ...draft.databases.map((database) => {
    const key = keyOf(facts, database)
    return {
      target: facts.target.name,
      fact: `database encryption key of ${database}`,
      value: !facts.keys.read
        ? facts.keys.because
        : key === undefined
          ? 'none'
          : `thumbprint ${key.thumbprint ?? 'not shown'}, made ${key.created ?? '(no time)'}${
              ['watch', 'suspend', 'resume'].includes(draft.task) ? '' : `, state ${key.state}`
            }`,
    }
  }),
  ...(concernsLog(draft.task)
    ? draft.databases.map((database) => ({
        target: facts.target.name,
        fact: `log of ${database}`,
        value: `${remedyFor(facts, database).because}; ${logNeed(facts, database)?.because ?? 'no change of the key since its last backup'}`,
      }))
    : []),
]
