import { isSecondary } from '../../availability/rules.ts'
import type { EncryptionKeyRecord } from '../../state/encryption-model.ts'
import type { DatabaseRecord, DatabaseState } from '../../state/model.ts'
import { SqlError, SqlErrors } from '../errors.ts'
import type { Instance } from '../instance.ts'
import type { Session } from '../session.ts'
import { assertTde } from './features.ts'
import type { PageKey } from './page-crypto.ts'

const AT_START: readonly DatabaseState[] = ['ONLINE', 'RECOVERY_PENDING', 'RECOVERING']

/**
 * What a start does with each database that has an encryption key: its protector is opened without any session. Where
 * that fails the database stays on disk as it is and is RECOVERY_PENDING. One whose protector is in a key vault is
 * RECOVERING until the vault has answered; `instance.recovered` waits for all of them.
 */
export function recoverDatabases(instance: Instance): void {
  const { store } = instance
  instance.events.add({
    source: 'sql-server',
    level: 'information',
    id: 17162,
    message: 'SQL Server is starting (simulated).',
  })
  instance.ekm.start()
  const remote: DatabaseRecord[] = []
  for (const record of store.encryptionKeys.all()) {
    const database = store.databases.get(record.id)
    if (database === undefined || !AT_START.includes(database.state)) continue
    // The keys of a secondary open when it joins its group again.
    if (isSecondary(database)) continue
    if (record.protector.type === 'ASYMMETRIC KEY') {
      setState(instance, database, 'RECOVERING')
      remote.push(database)
    } else settle(instance, database, tryOpen(instance, database, record))
  }
  instance.tempdbEncryptedSince = store.encryptionKeys.all().some((record) => record.on)
    ? instance.now()
    : undefined
  instance.scans.startAll()
  const { ended } = instance.ekm
  instance.recovered = Promise.all(remote.map((database) => recoverRemote(instance, database, ended))).then(
    () => undefined,
  )
}

/**
 * A secondary that became the primary opens the keys of its databases anew, as a start does; `instance.recovered` waits
 * for the vaults.
 */
export function reopenDatabase(instance: Instance, database: DatabaseRecord): void {
  const record = instance.store.encryptionKeys.get(database.id)
  if (record === undefined) return
  instance.openKeys.close(database.databaseId)
  if (record.protector.type !== 'ASYMMETRIC KEY') {
    settle(instance, database, tryOpen(instance, database, record))
    return
  }
  setState(instance, database, 'RECOVERING')
  const reopened = recoverRemote(instance, database, instance.ekm.ended)
  instance.recovered = Promise.all([instance.recovered, reopened]).then(() => undefined)
}

/** Says why a database did not open, and where it goes. */
function settle(instance: Instance, database: DatabaseRecord, failure: SqlError | undefined): void {
  if (failure !== undefined) instance.log(`${failure.number} database '${database.name}': ${failure.message}`)
  setState(instance, database, failure === undefined ? 'ONLINE' : 'RECOVERY_PENDING')
}

export function setState({ store }: Instance, database: DatabaseRecord, state: DatabaseState): void {
  if (state === database.state) return
  store.change(undefined, () => store.databases.put({ ...database, state }))
}

/** Opens the key of a database under a certificate; the reason when it does not open. */
function tryOpen(
  instance: Instance,
  database: DatabaseRecord,
  record: EncryptionKeyRecord,
): SqlError | undefined {
  try {
    assertTde(instance)
    instance.openKeys.set(database.databaseId, instance.openKeys.unwrapByCertificate(record))
    noteOpened(instance, record)
    return undefined
  } catch (error) {
    if (error instanceof SqlError) return error
    throw error
  }
}

async function recoverRemote(instance: Instance, { id }: DatabaseRecord, ended: AbortSignal): Promise<void> {
  const { store } = instance
  const record = store.encryptionKeys.get(id)
  if (record === undefined) return
  let opened: readonly PageKey[] | SqlError
  try {
    assertTde(instance)
    opened = await instance.openKeys.unwrap(record, undefined)
  } catch (error) {
    opened = error instanceof SqlError ? error : internalError(error)
  }
  // The service stopped meanwhile, or somebody restored over the database or dropped it: this answer is of before.
  if (ended.aborted) return
  const database = store.databases.get(id)
  const same = store.encryptionKeys.get(id)?.current.wrapped === record.current.wrapped
  if (database?.state !== 'RECOVERING' || !same) return
  if (opened instanceof SqlError) return settle(instance, database, opened)
  instance.openKeys.set(database.databaseId, opened)
  noteOpened(instance, record)
  settle(instance, database, undefined)
  instance.scans.start(database.databaseId)
}

/** A defect of the sandbox leaves the database pending and is said to be one. */
export const internalError = (error: unknown): SqlError =>
  new SqlError(
    50000,
    `internal error of the rehearsal server: ${error instanceof Error ? error.message : String(error)}`,
  )

/**
 * For a database that comes online: restored, attached, or set ONLINE. Throws the engine's reason when its key does not
 * open; `session` is whose request it is.
 */
export async function openDatabaseKey(
  instance: Instance,
  database: DatabaseRecord,
  session: Session | undefined,
): Promise<void> {
  const record = instance.store.encryptionKeys.get(database.id)
  if (record === undefined) return
  assertTde(instance)
  const { busy, openKeys } = instance
  // While a vault is asked nobody drops the database, detaches it or restores over it; a restore has seen to that itself.
  const mine = !busy.has(database.id)
  if (mine) busy.set(database.id, 'opening its key')
  try {
    openKeys.set(database.databaseId, await openKeys.unwrap(record, session))
  } finally {
    if (mine) busy.delete(database.id)
  }
  noteOpened(instance, record)
  if (record.on) instance.tempdbEncryptedSince ??= instance.now()
}

function noteOpened(instance: Instance, record: EncryptionKeyRecord): void {
  const { store } = instance
  store.change(undefined, () =>
    store.encryptionKeys.put({ ...record, openedDate: instance.now().toISOString() }),
  )
}

/** For a database that goes: OFFLINE, detached, dropped, restored over. */
export function closeDatabaseKey(instance: Instance, databaseId: number): void {
  instance.scans.stop(databaseId)
  instance.openKeys.close(databaseId)
}

/** ALTER DATABASE SET ONLINE: opens first; a database that does not open stays what it was. */
export async function bringOnline(
  instance: Instance,
  database: DatabaseRecord,
  session: Session,
): Promise<void> {
  try {
    await openDatabaseKey(instance, database, session)
  } catch (error) {
    if (!(error instanceof SqlError)) throw error
    throw new SqlErrors([
      error,
      new SqlError(5181, `Could not restart database "${database.name}". Reverting to the previous status.`),
      new SqlError(5069, 'ALTER DATABASE statement failed.'),
    ])
  }
}
