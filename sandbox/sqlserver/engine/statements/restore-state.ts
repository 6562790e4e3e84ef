import type { DatabaseRecord, DatabaseState } from '../../state/model.ts'
import { SqlError } from '../errors.ts'
import { afterRecovery } from '../log.ts'
import type { Session } from '../session.ts'
import { openDatabaseKey, setState } from '../tde/recovery.ts'

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
  const database = instance.databaseNamed(name)
  if (database?.state !== 'ONLINE') return
  const inVault = instance.store.encryptionKeys.get(database.id)?.protector.type === 'ASYMMETRIC KEY'
  if (inVault) await openThroughVault(session, database)
  else await openDatabaseKey(instance, database, session)
  instance.scans.start(database.databaseId)
}

/**
 * What comes of it is kept although the session may have ended: nobody else settles a database that is RECOVERING,
 * except the next start, and then this answer is of before.
 */
async function openThroughVault(session: Session, database: DatabaseRecord): Promise<void> {
  const { instance } = session
  const { ended } = instance.ekm
  const become = (state: DatabaseState): void => {
    const current = instance.store.databases.get(database.id)
    if (!ended.aborted && current !== undefined) setState(instance, current, state)
  }
  session.change(() => instance.store.databases.put({ ...database, state: 'RECOVERING' }))
  try {
    await openDatabaseKey(instance, database, session)
  } catch (error) {
    become('RECOVERY_PENDING')
    throw error
  }
  become('ONLINE')
}
