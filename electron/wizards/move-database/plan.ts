import type { MoveDraft } from '../../../shared/forms/move-database-draft.ts'
import type { RunId } from '../../../shared/model/ids.ts'
import type { Plan, PlanTarget, ReliedFact } from '../../../shared/model/plan.ts'
import type { PlanOutcome } from '../../engine/contract.ts'
import { reliedOnServer } from '../sqlserver/certificate-advice.ts'
import type { Read } from '../sqlserver/facts-model.ts'
import { numbered, secretsOf, type HandleOfHole } from '../sqlserver/plan-parts.ts'
import { adviceOn } from './advice.ts'
import type { Facts } from './facts-model.ts'
import { contextOf } from './plan-context.ts'
import { keySteps } from './plan-keys.ts'
import { waySteps } from './plan-way.ts'

/** Pure: the same draft, facts and run id give the same plan. Its order is described in README.md. */
export const planMove = (draft: MoveDraft, facts: Facts, runId: RunId): PlanOutcome => {
  const context = contextOf(draft, facts, runId)
  const steps = numbered(context === null ? [] : [...keySteps(context), ...waySteps(context)], facts.target)
  const servers = [facts, ...(facts.destination?.answered === true ? [facts.destination.facts] : [])]
  const plan: Plan = {
    format: 1,
    job: 'move-database',
    runId,
    title: `Move of ${draft.database} from ${facts.target.name} to ${servers[1]?.target.name ?? 'another server'}`,
    targets: servers.map(({ target, identity }): PlanTarget => ({ ref: target, identity: { ...identity } })),
    steps,
    secrets: secretsOf(steps, handleOf(draft, facts), facts.secrets),
    relied: reliedOn(draft, facts),
  }
  return { plan, advice: adviceOn(draft, facts, plan, context) }
}

/** The key file's password belongs to the destination, the database's own to the source; a throw-away one has none. */
const handleOf =
  (draft: MoveDraft, facts: Facts): HandleOfHole =>
  (hole) => {
    const there = facts.destination?.answered === true ? facts.destination.facts.target : null
    if (hole === 'dmk_password' && draft.databaseKeyPassword !== null)
      return { handle: draft.databaseKeyPassword, target: facts.target }
    if (hole === 'certificate_file_password' && draft.certificateFilePassword !== null && there !== null)
      return { handle: draft.certificateFilePassword, target: there }
    return null
  }

/** What makes the plan wrong when it changes. No times; sizes only as the number of files. */
const reliedOn = (draft: MoveDraft, facts: Facts): ReliedFact[] => {
  const fact = (name: string, value: string): ReliedFact => ({ target: facts.target.name, fact: name, value })
  const text = <Value>(read: Read<Value> | null, shown: (value: Value) => string): string =>
    read === null ? 'not read' : read.read ? shown(read.value) : read.because
  const destination = facts.destination?.answered === true ? facts.destination.facts : null
  return [
    ...reliedOnServer(facts, []),
    fact(
      `files of ${draft.database}`,
      text(facts.moved, (moved) => moved?.files.map(({ path }) => path).join(', ') ?? 'none'),
    ),
    fact(
      `encryption of ${draft.database}`,
      text(facts.encryption, (one) =>
        one === null ? 'none' : `state ${one.state}, ${one.thumbprint ?? 'no thumbprint'}`,
      ),
    ),
    fact(
      `master key of ${draft.database}`,
      text(facts.databaseKey, (key) =>
        key === null
          ? 'none'
          : `${key.keyGuid}, ${key.opensByItself ? 'opens by itself' : 'opens only with its password'}`,
      ),
    ),
    ...(destination === null ? [] : reliedOnServer(destination, [])),
    ...(destination === null
      ? []
      : [
          {
            target: destination.target.name,
            fact: `database ${draft.newName}`,
            value: text(destination.databases, (all) =>
              all.some(({ name }) => name.toLowerCase() === draft.newName.toLowerCase()) ? 'there' : 'none',
            ),
          },
        ]),
  ]
}
