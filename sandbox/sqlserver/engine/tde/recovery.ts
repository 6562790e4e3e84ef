import type { EncryptionKeyRecord } from '../../state/encryption-model.ts'
import type { DatabaseRecord, DatabaseState } from '../../state/model.ts'
import { RequestAborted, SqlError, SqlErrors } from '../errors.ts'
import type { Instance } from '../instance.ts'
import type { Session } from '../session.ts'
import { assertTde } from './features.ts'

const AT_START: readonly DatabaseState[] = ['ONLINE', 'RECOVERY_PENDING', 'RECOVERING']

/**
 * What a start does with each database that has an encryption key: its protector is opened without any session. Where
 * that fails the database stays on disk as it is and is RECOVERY_PENDING. One whose protector is in a key vault is
 * RECOVERING until the vault has answered; `instance.recovered` waits for all of them.
 */
export function recoverDatabases(instance: Instance): void {
  const { store } = instance
  instance.ekm.start()
  const remote: DatabaseRecord[] = []
  for (const record of store.encryptionKeys.all()) {
    const database = store.databases.get(record.id)
    if (database === undefined || !AT_START.includes(database.state)) continue
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

/** Says why a database did not open, and where it goes. */
function settle(instance: Instance, database: DatabaseRecord, failure: SqlError | undefined): void {
  if (failure !== undefined) instance.log(`${failure.number} database '${database.name}': ${failure.message}`)
  setState(instance, database, failure === undefined ? 'ONLINE' : 'RECOVERY_PENDING')
}

function setState({ store }: Instance, database: DatabaseRecord, state: DatabaseState): void {
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
  let failure: SqlError | undefined
  try {
    const record = store.encryptionKeys.get(id)
    assertTde(instance)
    const keys = record === undefined ? [] : await instance.openKeys.unwrap(record, undefined)
    if (ended.aborted) return
    instance.openKeys.set(Number(id), keys)
    if (record !== undefined) noteOpened(instance, record)
  } catch (error) {
    // The service stopped meanwhile: its next start asks again.
    if (ended.aborted || error instanceof RequestAborted) return
    if (!(error instanceof SqlError)) throw error
    failure = error
  }
  const database = store.databases.get(id)
  if (database?.state !== 'RECOVERING') return
  settle(instance, database, failure)
  if (failure === undefined) instance.scans.start(database.databaseId)
}

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
  instance.openKeys.set(database.databaseId, await instance.openKeys.unwrap(record, session))
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
