import type { DatabaseRecord, DatabaseState } from '../../state/model.ts'
import { SqlError } from '../errors.ts'
import { afterRecovery } from '../log.ts'
import type { Session } from '../session.ts'
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

/**
 * Its key was shown to be here before the first page was written. Nothing for a database that stays restoring. One whose
 * protector is in a vault is RECOVERING meanwhile, and RECOVERY_PENDING where the vault does not open it after all.
 */
export async function openRestored(session: Session, name: string): Promise<void> {
  const { instance } = session
  const { store } = instance
  const database = instance.databaseNamed(name)
  if (database?.state !== 'ONLINE') return
  const inVault = store.encryptionKeys.get(database.id)?.protector.type === 'ASYMMETRIC KEY'
  const become = (state: DatabaseState): void =>
    session.change(() => store.databases.put({ ...database, state }))
  if (inVault) become('RECOVERING')
  try {
    await openDatabaseKey(instance, database, session)
  } catch (error) {
    if (inVault) become('RECOVERY_PENDING')
    throw error
  }
  if (inVault) become('ONLINE')
  instance.scans.start(database.databaseId)
}
