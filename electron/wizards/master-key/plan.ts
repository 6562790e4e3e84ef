import type { MasterKeyDraft } from '../../../shared/forms/master-key-draft.ts'
import type { RunId } from '../../../shared/model/ids.ts'
import type { Plan, ReliedFact } from '../../../shared/model/plan.ts'
import type { TargetRef } from '../../../shared/model/target.ts'
import type { PlanOutcome } from '../../engine/contract.ts'
import { fileProbeFor } from '../../scripts/tsql/queries.ts'
import type { MasterKeyFact, Read } from '../sqlserver/facts-model.ts'
import { numbered, secretsOf, type Draftstep, type HandleOfHole } from '../sqlserver/plan-parts.ts'
import { majorOf } from '../sqlserver/read-server.ts'
import { adviceOn } from './advice.ts'
import type { Facts } from './facts-model.ts'
import { databaseKeySteps } from './plan-database-key.ts'
import { namesOf, type PlanNames } from './plan-names.ts'
import { serviceKeySteps } from './plan-service-key.ts'

/** Pure: the same draft, facts and run id give the same plan. Its order is described in README.md. */
export const planMasterKey = (draft: MasterKeyDraft, facts: Facts, runId: RunId): PlanOutcome => {
  const names = namesOf(draft, facts.plannedOn, runId)
  const steps = numbered(draftSteps(draft, facts, names), facts.target)
  const plan: Plan = {
    format: 1,
    job: 'master-key',
    runId,
    title: titleOf(draft, facts.target),
    targets: [{ ref: facts.target, identity: { ...facts.identity } }],
    steps,
    secrets: secretsOf(steps, handleOf(draft, facts.target), facts.secrets),
    relied: reliedOn(draft, facts),
  }
  return { plan, advice: adviceOn(draft, facts, plan, names) }
}

const acts: Record<MasterKeyDraft['act'], string> = {
  create: 'Create',
  'back-up': 'Export',
  'add-copy': 'Let the server open',
  'drop-copy': 'Take the server’s copy from',
  'change-password': 'Change the password of',
  regenerate: 'Regenerate',
  restore: 'Restore',
}

const titleOf = ({ act, key, database }: MasterKeyDraft, target: TargetRef): string =>
  `${acts[act]} the ${key === 'service' ? 'service master key' : `master key of ${database}`} on ${target.name}`

const draftSteps = (draft: MasterKeyDraft, facts: Facts, names: PlanNames): Draftstep[] => {
  const probe = fileProbeFor(majorOf(facts))
  return draft.key === 'service'
    ? serviceKeySteps({
        draft,
        names,
        probe,
        key: valueOf(facts.serviceKey) ?? null,
        opened: valueOf(facts.opened) ?? [],
      })
    : databaseKeySteps({ draft, names, probe, key: keyOf(facts) })
}

const valueOf = <Value>(read: Read<Value>): Value | undefined => (read.read ? read.value : undefined)

const keyOf = ({ key }: Facts): MasterKeyFact | null => (key?.read === true ? key.value : null)

/** Which answer holds the handle of which hole. The throw-away password has none: the step makes it. */
const handleOf = (draft: MasterKeyDraft, target: TargetRef): HandleOfHole => {
  const handles = new Map([
    ['dmk_password', draft.presentPassword],
    ['dmk_new_password', draft.newPassword],
    ['restored_file_password', draft.restorePassword],
    ['dmk_file_password', draft.filePassword],
    ['smk_file_password', draft.filePassword],
  ])
  return (hole) => {
    const handle = handles.get(hole) ?? null
    return handle === null ? null : { handle, target }
  }
}

/** What makes the plan wrong when it changes. No times, no sizes. */
const reliedOn = (draft: MasterKeyDraft, facts: Facts): ReliedFact[] => {
  const target = facts.target.name
  const fact = (name: string, value: string): ReliedFact => ({ target, fact: name, value })
  const list = (read: Read<readonly string[]> | null): string =>
    read === null ? 'not read' : read.read ? read.value.join(', ') || 'none' : read.because
  const common = [
    fact('login', facts.principal),
    fact('version', facts.server.read ? facts.server.value.version : facts.server.because),
  ]
  if (draft.key === 'service') {
    const { serviceKey } = facts
    return [
      ...common,
      fact(
        'service master key',
        serviceKey.read ? (serviceKey.value?.keyGuid ?? 'none') : serviceKey.because,
      ),
      fact('databases whose master key the server opens', list(facts.opened)),
    ]
  }
  const key = facts.key
  return [
    ...common,
    fact(
      `database master key of ${draft.database}`,
      key === null
        ? 'not read'
        : key.read
          ? key.value === null
            ? 'none'
            : `${key.value.keyGuid}, ${key.value.opensByItself ? 'opens by itself' : 'opens only with its password'}, ${key.value.passwordCopies} copies under a password`
          : key.because,
    ),
    fact(`private keys under the master key of ${draft.database}`, list(facts.below)),
  ]
}
