import type { DatabaseRecord } from '../../state/model.ts'
import { SqlError } from '../errors.ts'
import { afterRecovery } from '../log.ts'

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
