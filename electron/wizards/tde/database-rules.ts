import type { TdeTask } from '../../../shared/forms/tde-draft.ts'
import type { DatabaseFact } from '../sqlserver/facts-model.ts'
import type { Facts } from './facts-model.ts'
import { anyRefusal, keyOf, secondaryRefusal, turnOnRefusal } from '../sqlserver/tde-facts.ts'
import { protectorOf } from './facts-words.ts'
import { isBusy, isScanning, stateText, suspended, type DatabaseKey } from '../sqlserver/database-keys.ts'

/** Why this task can't be done with that database, or null. The list of databases shows the same words. */
export const databaseRefusal = (facts: Facts, database: DatabaseFact, task: TdeTask): string | null => {
  const { name } = database
  const refusal = anyRefusal(database) ?? (task === 'watch' ? null : secondaryRefusal(facts, name))
  if (refusal !== null) return refusal
  if (!facts.keys.read) return `its encryption key was not read: ${facts.keys.because}`
  return task === 'turn-on'
    ? turnOnRefusal(facts, database)
    : changeRefusal(facts, name, keyOf(facts, name), task)
}

const changeRefusal = (
  facts: Facts,
  database: string,
  key: DatabaseKey | undefined,
  task: Exclude<TdeTask, 'turn-on'>,
): string | null => {
  if (key === undefined) return 'it has no database encryption key'
  const state = stateText(key)
  switch (task) {
    case 'watch':
      return isBusy(key) ? null : `no scan is at work: state ${state}`
    case 'suspend':
      return isScanning(key) && key.scan !== suspended ? null : `no scan is running: state ${state}`
    case 'resume':
      return isScanning(key) && key.scan === suspended ? null : `its scan is not suspended: state ${state}`
    case 'rotate-protector':
      if (key.state !== 3) return `its state is ${state}`
      return protectorOf(facts, database) === undefined
        ? 'its protector is no certificate of master that this login sees'
        : null
    case 'regenerate':
    case 'turn-off':
      return key.state === 3 ? null : `its state is ${state}`
  }
}
