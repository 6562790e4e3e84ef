import type { MasterKeyDraft } from '../../../shared/forms/master-key-draft.ts'
import type { Evidence } from '../../../shared/model/evidence.ts'
import type { Plan, PlanAdvice, Warning } from '../../../shared/model/plan.ts'
import { note } from '../sqlserver/words.ts'
import { blockersOn } from './blockers.ts'
import type { Facts } from './facts-model.ts'
import type { PlanNames } from './plan-names.ts'
import { restartTrap, trapText } from '../sqlserver/restart-trap.ts'

/** Everything that stands around the plan on the review. Pure, like the plan. */
export const adviceOn = (draft: MasterKeyDraft, facts: Facts, plan: Plan, names: PlanNames): PlanAdvice => ({
  satisfied: [],
  blockers: blockersOn(draft, facts, plan),
  warnings: warningsOn(draft, facts),
  notes: notesOn(draft, facts, names),
  factsAt: facts.readAt,
})

const warningsOn = (draft: MasterKeyDraft, facts: Facts): Warning[] => {
  const warnings: Warning[] = []
  const warn = (what: string, why: string, screen: string | null = null): number =>
    warnings.push({ what, why, screen })
  const replaced = draft.act === 'regenerate' || draft.act === 'restore'
  if (draft.force && replaced) {
    warn(
      'FORCE: what the old key can’t decrypt is lost for good',
      draft.key === 'service'
        ? `Copies of the master keys of ${listed(facts.opened)}, secrets of credentials and linked servers are below this key. Without FORCE the server names the first one that fails and changes nothing`
        : `Below this key: ${listed(facts.below)}. Without FORCE the server names the failure and changes nothing`,
      'act',
    )
  }
  if (draft.key === 'database' && draft.act === 'drop-copy' && draft.database !== 'master') {
    warn(
      `${draft.database} must be opened with the password from then on`,
      'Everything that uses its keys has to run OPEN MASTER KEY in its own session',
    )
  }
  if (draft.act === 'restore' && facts.key?.read === true && facts.key.value?.opensByItself === false) {
    warn(
      'The key that is there does not open by itself, so no file of it is written first',
      'What is under it can’t be decrypted by the server; it refuses without FORCE',
    )
  }
  if (!draft.proveOnServer && draft.key === 'database') {
    warn('The key file is not opened', 'It is known only as written', 'files')
  }
  const trap = restartTrap(facts)
  if (
    trap !== null &&
    !(draft.key === 'database' && draft.database === 'master' && draft.act === 'add-copy')
  ) {
    warn(
      `Works until the next restart: ${trapText(trap)}`,
      'The master key of master has no copy under the service master key. After a restart the server can’t open it: databases go to RECOVERY_PENDING, backups are refused (SQL 15581). Add the copy',
      'act',
    )
  }
  return warnings
}

const listed = (read: Facts['below']): string =>
  read === null
    ? 'not read'
    : read.read
      ? read.value.join(', ') || 'nothing that the catalog shows'
      : read.because

const notesOn = (draft: MasterKeyDraft, facts: Facts, names: PlanNames): Evidence[] => {
  const notes = [
    note(facts.server, 'Version and edition', ({ version, edition }) => `${version}, ${edition}`),
  ]
  if (draft.key === 'service') {
    notes.push(
      note(
        facts.opened,
        'Databases whose master key the server opens by itself',
        (all) => all.join(', ') || 'none',
      ),
    )
  } else {
    if (facts.key !== null) {
      notes.push(
        note(facts.key, `Copies of the master key of ${draft.database}`, (key) =>
          key === null
            ? 'no master key'
            : `${key.serviceMasterKeyCopies} under the service master key, ${key.passwordCopies} under a password`,
        ),
      )
    }
    if (facts.below !== null) {
      notes.push(note(facts.below, 'Private keys under it', (all) => all.join(', ') || 'none'))
    }
  }
  notes.push({
    statement: 'Mark of this run, in every name that it gives',
    value: names.mark,
    source: 'Keyturn',
    at: facts.readAt,
  })
  return notes
}
