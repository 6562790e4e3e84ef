import type { DatabaseRecord } from '../../state/model.ts'
import { SqlError } from '../errors.ts'
import type { Instance } from '../instance.ts'
import { afterRecovery } from '../log.ts'
import { openDatabaseKey } from '../tde/recovery.ts'

/** The database once its restore has ended. */
export const recovered = (database: DatabaseRecord): DatabaseRecord => ({
  ...database,
  state: 'ONLINE',
  log: afterRecovery(database),
  restoring: null,
})

export const noSuchDatabase = (name: string): SqlError =>
  new SqlError(
    3118,
    `The database "${name}" does not exist. RESTORE can only create a database when restoring either a full backup or a file backup of the primary file.`,
  )

/** Its key was shown to be here before the first page was written. Nothing for a database that stays restoring. */
export function openRestored(instance: Instance, name: string): void {
  const database = instance.databaseNamed(name)
  if (database?.state !== 'ONLINE') return
  openDatabaseKey(instance, database)
  instance.scans.start(database.databaseId)
}
