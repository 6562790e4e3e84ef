import type { TdeTask } from '../../../shared/forms/tde-draft.ts'
import type { DatabaseFact } from '../sqlserver/facts-model.ts'
import type { Facts } from './facts-model.ts'
import { protectorOf } from './facts-words.ts'
import { keyOf } from '../sqlserver/database-keys.ts'
import { isBusy, isScanning, stateText, suspended, type DatabaseKey } from '../sqlserver/database-keys.ts'

const system = ['master', 'model', 'msdb', 'tempdb']

/** Why this task can't be done with that database, or null. The list of databases shows the same words. */
export const databaseRefusal = (facts: Facts, database: DatabaseFact, task: TdeTask): string | null => {
  const { name } = database
  if (system.includes(name.toLowerCase())) return 'a system database: it can’t be encrypted (SQL 33102)'
  if (database.snapshot) return 'a snapshot: it is as its database was'
  if (database.state !== 'ONLINE') return `its state is ${database.state}, so its key is not shown`
  if (task !== 'watch' && facts.roles.read && facts.roles.value[name] === 'SECONDARY')
    return 'a secondary replica here: its primary takes these statements'
  if (!facts.keys.read) return `its encryption key was not read: ${facts.keys.because}`
  const key = keyOf(facts, name)
  return task === 'turn-on' ? turnOnRefusal(facts, database, key) : changeRefusal(facts, name, key, task)
}

const turnOnRefusal = (facts: Facts, database: DatabaseFact, key: DatabaseKey | undefined): string | null => {
  if (database.readOnly) return 'it is read-only (SQL 33118)'
  if (!facts.readOnlyFiles.read)
    return `whether it has read-only file groups was not read: ${facts.readOnlyFiles.because}`
  const files = facts.readOnlyFiles.value
    .filter((one) => one.database === database.name)
    .map(({ file }) => file)
  if (files.length > 0) return `read-only file groups stop the encryption (SQL 33118): ${files.join(', ')}`
  if (key === undefined || key.state <= 1) return null
  return `TDE is on or on its way: state ${stateText(key)}`
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
