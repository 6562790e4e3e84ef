import { isSecondary } from '../../availability/rules.ts'
import type { DatabaseRecord } from '../../state/model.ts'
import { SqlError, SqlErrors } from '../errors.ts'
import type { Instance } from '../instance.ts'
import { assertTde } from './features.ts'

/**
 * What a start does with each database that has an encryption key: its protector is opened without any session. Where
 * that fails the database stays on disk as it is and is RECOVERY_PENDING.
 */
export function recoverDatabases(instance: Instance): void {
  const { store } = instance
  for (const record of store.encryptionKeys.all()) {
    const database = store.databases.get(record.id)
    // The keys of a secondary open when it joins its group again.
    if (database !== undefined && isSecondary(database)) continue
    if (database === undefined || (database.state !== 'ONLINE' && database.state !== 'RECOVERY_PENDING'))
      continue
    const failure = tryOpen(instance, database)
    if (failure !== undefined)
      instance.log(`${failure.number} database '${database.name}': ${failure.message}`)
    const state = failure === undefined ? 'ONLINE' : 'RECOVERY_PENDING'
    if (state !== database.state) store.change(undefined, () => store.databases.put({ ...database, state }))
  }
  instance.tempdbEncryptedSince = store.encryptionKeys.all().some((record) => record.on)
    ? instance.now()
    : undefined
  instance.scans.startAll()
}

/** Opens the key of a database, if it has one; the reason when it does not open. */
function tryOpen(instance: Instance, database: DatabaseRecord): SqlError | undefined {
  try {
    openDatabaseKey(instance, database)
    return undefined
  } catch (error) {
    if (error instanceof SqlError) return error
    throw error
  }
}

/** For a database that comes online: restored, attached, or set ONLINE. Throws the engine's reason when its key does not open. */
export function openDatabaseKey(instance: Instance, database: DatabaseRecord): void {
  const record = instance.store.encryptionKeys.get(database.id)
  if (record === undefined) return
  assertTde(instance)
  instance.openKeys.open(record)
  instance.store.change(undefined, () =>
    instance.store.encryptionKeys.put({ ...record, openedDate: instance.now().toISOString() }),
  )
  if (record.on) instance.tempdbEncryptedSince ??= instance.now()
}

/** For a database that goes: OFFLINE, detached, dropped, restored over. */
export function closeDatabaseKey(instance: Instance, databaseId: number): void {
  instance.scans.stop(databaseId)
  instance.openKeys.close(databaseId)
}

/** ALTER DATABASE SET ONLINE: opens first; a database that does not open stays what it was. */
export function bringOnline(instance: Instance, database: DatabaseRecord): void {
  try {
    openDatabaseKey(instance, database)
  } catch (error) {
    if (!(error instanceof SqlError)) throw error
    throw new SqlErrors([
      error,
      new SqlError(5181, `Could not restart database "${database.name}". Reverting to the previous status.`),
      new SqlError(5069, 'ALTER DATABASE statement failed.'),
    ])
  }
}
