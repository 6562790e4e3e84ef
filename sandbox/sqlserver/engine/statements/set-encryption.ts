import type { Cursor } from '../../sql/cursor.ts'
import type { EncryptionKeyRecord } from '../../state/encryption-model.ts'
import type { DatabaseRecord } from '../../state/model.ts'
import { SqlError, SqlErrors, syntaxError } from '../errors.ts'
import type { Session } from '../session.ts'
import { assertOnline } from '../session.ts'
import { noteKeyChange } from '../tde/log-backup.ts'
import { pagesOfDatabase } from '../tde/scan-step.ts'
import { assertWritable, beganScan, encryptionTarget } from './encryption-key.ts'

export type EncryptionOrder = 'ON' | 'OFF' | 'SUSPEND' | 'RESUME'

/** Behind SET ENCRYPTION. */
export const encryptionOrder = (c: Cursor): EncryptionOrder =>
  c.expectWord('ON', 'OFF', 'SUSPEND', 'RESUME') as EncryptionOrder

/** ALTER DATABASE db SET ENCRYPTION ...; the right to alter the database was checked. */
export function setEncryption(session: Session, database: DatabaseRecord, order: EncryptionOrder): void {
  const since2019 = order === 'SUSPEND' || order === 'RESUME'
  if (since2019 && session.instance.majorVersion < 15) throw syntaxError(order, 1)
  if (session.transaction !== undefined)
    throw new SqlError(226, 'ALTER DATABASE statement not allowed within multi-statement transaction.')
  try {
    run(session, encryptionTarget(session, database), order)
  } catch (error) {
    if (error instanceof SqlError && error.number !== 5069) throw new SqlErrors([error, failed()])
    throw error
  }
}

const failed = (): SqlError => new SqlError(5069, 'ALTER DATABASE statement failed.')

function run(session: Session, database: DatabaseRecord, order: EncryptionOrder): void {
  assertOnline(database)
  assertWritable(database)
  const record = session.instance.store.encryptionKeys.get(database.id)
  if (record === undefined)
    throw new SqlError(
      33106,
      'Cannot change database encryption state because no database encryption key is set.',
    )
  if (order === 'SUSPEND' || order === 'RESUME') pause(session, record, order)
  else turn(session, database, record, order === 'ON')
}

function turn(session: Session, database: DatabaseRecord, record: EncryptionKeyRecord, on: boolean): void {
  const { instance } = session
  const now = instance.now().toISOString()
  // A scan that ended half-way goes on when its order is given again.
  if (record.scanState === 3 && record.on === on && record.state !== 1 && record.state !== 3) {
    put(session, { ...record, scanState: 1, scanModifyDate: now })
    return
  }
  if (record.state !== 1 && record.state !== 3)
    throw new SqlError(
      33109,
      `Cannot ${on ? 'enable' : 'disable'} database encryption while an encryption, decryption, or key change scan is in progress.`,
    )
  if (on && record.state === 3)
    throw new SqlError(33107, 'Cannot enable database encryption because it is already enabled.')
  if (!on && record.state === 1)
    throw new SqlError(33108, 'Cannot disable database encryption because it is already disabled.')
  instance.log(`33112 Beginning database encryption scan for database '${database.name}'.`)
  put(session, {
    ...record,
    on,
    setDate: on ? now : record.setDate,
    ...beganScan(on ? 2 : 5, pagesOfDatabase(database), now),
  })
  if (on) instance.tempdbEncryptedSince ??= instance.now()
}

function pause(session: Session, record: EncryptionKeyRecord, order: 'SUSPEND' | 'RESUME'): void {
  const [from, to] = order === 'SUSPEND' ? ([1, 2] as const) : ([2, 1] as const)
  if (record.scanState !== from) throw failed()
  put(session, { ...record, scanState: to, scanModifyDate: session.instance.now().toISOString() })
}

function put(session: Session, record: EncryptionKeyRecord): void {
  const { store, scans } = session.instance
  session.change(() => {
    store.encryptionKeys.put(record)
    noteKeyChange(store, record.databaseId, [record.protector.thumbprint], false)
  })
  scans.start(record.databaseId)
}
