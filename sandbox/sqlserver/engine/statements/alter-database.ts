import { assertMayAlter, groupOf, isSecondary } from '../../availability/rules.ts'
import { OsError } from '../../disk.ts'
import { delay } from '../../faults.ts'
import type { Cursor } from '../../sql/cursor.ts'
import type { DatabaseRecord, RecoveryModel, UserAccess } from '../../state/model.ts'
import { sealDatabase } from '../detached.ts'
import {
  RequestAborted,
  SqlError,
  SqlErrors,
  beingRecovered,
  noPermissionForAction,
  notSimulated,
} from '../errors.ts'
import { truncateLog } from '../log.ts'
import type { Frame, StatementHandler } from '../script.ts'
import type { Session } from '../session.ts'

import { bringOnline, closeDatabaseKey } from '../tde/recovery.ts'
import { assertNoTransition, changeFilegroup, filegroupChange } from './filegroup.ts'
import type { FilegroupChange } from './filegroup.ts'
import { encryptionOrder, setEncryption } from './set-encryption.ts'

type EncryptionOrder = ReturnType<typeof encryptionOrder>

/** What becomes of others that are in the database: they are waited for, ended, or a reason to refuse. */
type Termination = 'wait' | 'immediate' | 'no-wait'

type Change =
  | { kind: 'name'; name: string }
  | { kind: 'recovery'; model: RecoveryModel }
  | { kind: 'state'; state: 'ONLINE' | 'OFFLINE' }
  | { kind: 'access'; access: UserAccess }
  | { kind: 'encryption'; order: EncryptionOrder }
  | { kind: 'filegroup'; change: FilegroupChange }
  | { kind: 'movement'; suspended: boolean }
  | { kind: 'trustworthy'; on: boolean }
  | { kind: 'broker'; on: boolean }
  | { kind: 'facts'; facts: Partial<Pick<DatabaseRecord, 'readOnly' | 'compatibilityLevel'>> }

const MODELS = ['FULL', 'SIMPLE', 'BULK_LOGGED'] as const

export const alterDatabase: StatementHandler = {
  head: ['ALTER', 'DATABASE'],
  parse(c) {
    const line = c.line
    if (c.isWord('ENCRYPTION', 'SCOPED', 'AUDIT'))
      throw notSimulated(`ALTER DATABASE ${c.peek().upper}`, line)
    const name = c.takeWord('CURRENT') === undefined ? c.expectName() : undefined
    const change = changeOf(c, line)
    const termination = terminationOf(c)
    return {
      async run(frame) {
        const { session } = frame
        const database = alteredDatabase(session, name)
        await runChange(frame, database, change, termination)
        return null
      },
    }
  },
}

function changeOf(c: Cursor, line: number): Change {
  if (c.takeWords('SET', 'ENCRYPTION')) return { kind: 'encryption', order: encryptionOrder(c) }
  if (c.takeWords('MODIFY', 'FILEGROUP')) return { kind: 'filegroup', change: filegroupChange(c) }
  if (c.takeWord('MODIFY') !== undefined) {
    c.expectWord('NAME')
    c.expectSymbol('=')
    return { kind: 'name', name: c.expectName() }
  }
  c.expectWord('SET')
  const option = c.expectAnyWord()
  switch (option) {
    case 'HADR':
      return { kind: 'movement', suspended: hadrOrder(c) === 'SUSPEND' }
    case 'RECOVERY':
      return { kind: 'recovery', model: c.expectWord(...MODELS) as RecoveryModel }
    case 'ONLINE':
    case 'OFFLINE':
      return { kind: 'state', state: option }
    case 'SINGLE_USER':
    case 'MULTI_USER':
      return { kind: 'access', access: option }
    case 'READ_ONLY':
    case 'READ_WRITE':
      return { kind: 'facts', facts: { readOnly: option === 'READ_ONLY' } }
    case 'TRUSTWORTHY':
      return { kind: 'trustworthy', on: c.expectWord('ON', 'OFF') === 'ON' }
    case 'ENABLE_BROKER':
    case 'DISABLE_BROKER':
      return { kind: 'broker', on: option === 'ENABLE_BROKER' }
    case 'COMPATIBILITY_LEVEL':
      c.expectSymbol('=')
      return { kind: 'facts', facts: { compatibilityLevel: c.expectInteger() } }
    default:
      throw notSimulated(`ALTER DATABASE SET ${option}`, line)
  }
}

/** A group is made and joined by the owner of the servers, not by statement. */
function hadrOrder(c: Cursor): string {
  if (!c.isWord('SUSPEND', 'RESUME')) throw notSimulated(`SET HADR ${c.peek().upper}`, c.line)
  return c.expectWord('SUSPEND', 'RESUME')
}

function terminationOf(c: Cursor): Termination {
  if (c.takeWords('WITH', 'ROLLBACK', 'IMMEDIATE')) return 'immediate'
  if (c.takeWords('WITH', 'NO_WAIT')) return 'no-wait'
  if (!c.takeWords('WITH', 'ROLLBACK', 'AFTER')) return 'wait'
  c.expectInteger()
  c.takeWord('SECONDS')
  // Sessions of a rehearsal have nothing that a few seconds more would finish.
  return 'immediate'
}

function alteredDatabase(session: Session, name: string | undefined): DatabaseRecord {
  const { instance } = session
  const database = name === undefined ? session.database : instance.databaseNamed(name)
  if (database === undefined || !instance.permissions.database(session.login, database, 'ALTER'))
    throw new SqlError(
      5011,
      `User does not have permission to alter database '${name ?? session.database.name}', the database does not exist, or the database is not in a state that allows access checks.`,
      { severity: 14 },
    )
  return database
}

async function runChange(
  frame: Frame,
  database: DatabaseRecord,
  change: Change,
  termination: Termination,
): Promise<void> {
  const { session } = frame
  const { store } = session.instance
  const put = (facts: Partial<DatabaseRecord>): void => {
    const current = store.databases.get(database.id) as DatabaseRecord
    session.change(() => store.databases.put({ ...current, ...facts }))
  }
  if (isHeldByGroup(change)) assertMayAlter(database)
  switch (change.kind) {
    case 'movement':
      return setMovement(session, database, change.suspended)
    case 'name':
      assertNewName(session, database, change.name)
      return put({ name: change.name })
    case 'recovery':
      return setRecoveryModel(session, database, change.model)
    case 'access':
      if (change.access === 'SINGLE_USER') await becomeOnlyUser(frame, database, termination, change.access)
      return put({ userAccess: change.access })
    case 'state':
      return setState(frame, database, change.state, termination)
    case 'encryption':
      return setEncryption(session, database, change.order)
    case 'filegroup':
      return changeFilegroup(session, database, change.change)
    case 'trustworthy':
      if (!session.canServer('CONTROL SERVER')) throw noPermissionForAction()
      return put({ trustworthy: change.on })
    case 'broker':
      await becomeOnlyUser(frame, database, termination, change.on ? 'ENABLE_BROKER' : 'DISABLE_BROKER')
      return put({ broker: change.on })
    case 'facts':
      if (change.facts.readOnly !== undefined) assertNoTransition(session, database)
      return put(change.facts)
  }
}

/** What a database of an availability group keeps while it is in it. */
const isHeldByGroup = (change: Change): boolean =>
  ['name', 'recovery', 'access', 'state'].includes(change.kind) ||
  (change.kind === 'facts' && change.facts.readOnly !== undefined)

function setMovement({ instance }: Session, database: DatabaseRecord, suspended: boolean): void {
  const group = groupOf(instance, database)
  if (group === undefined || !isSecondary(database))
    throw notSimulated('SET HADR for a database that is no secondary')
  group.setMovement(instance, database, suspended)
}

function assertNewName(session: Session, database: DatabaseRecord, name: string): void {
  if ((session.instance.databaseNamed(name) ?? database).id !== database.id)
    throw new SqlError(1801, `Database '${name}' already exists. Choose a different database name.`)
}

/** Leaving a model that keeps the log ends the chain; only the next data backup begins one again. */
function setRecoveryModel(session: Session, database: DatabaseRecord, model: RecoveryModel): void {
  const { store } = session.instance
  session.change(() => {
    if (model === 'SIMPLE') truncateLog(store, database.databaseId)
    store.databases.put({
      ...database,
      recoveryModel: model,
      log: model === 'SIMPLE' ? { ...database.log, backupFrom: null, begins: true } : database.log,
    })
  })
}

async function setState(
  frame: Frame,
  database: DatabaseRecord,
  state: 'ONLINE' | 'OFFLINE',
  termination: Termination,
): Promise<void> {
  const { session } = frame
  const { instance } = session
  if (database.state === state) return
  if (database.state === 'RESTORING')
    throw new SqlErrors([
      new SqlError(5052, `ALTER DATABASE is not permitted while a database is in the Restoring state.`),
      failed(),
    ])
  if (database.state === 'RECOVERING') throw new SqlErrors([beingRecovered(database.name), failed()])
  if (state === 'OFFLINE') {
    await becomeOnlyUser(frame, database, termination, state)
    const current = instance.store.databases.get(database.id) as DatabaseRecord
    closeDatabaseKey(instance, database.databaseId)
    sealDatabase(instance, current)
    session.change(() => instance.store.databases.put({ ...current, state }))
    return
  }
  assertFilesOpen(session, database)
  await bringOnline(instance, database, session)
  const current = instance.store.databases.get(database.id) as DatabaseRecord
  session.change(() => instance.store.databases.put({ ...current, state }))
  instance.scans.start(database.databaseId)
}

/** A database whose files can't be opened stays what it was. */
function assertFilesOpen({ instance }: Session, database: DatabaseRecord): void {
  for (const file of database.files) {
    try {
      instance.disk.forOpening(file.physicalName, instance.dataFolder)
    } catch (error) {
      if (!(error instanceof OsError)) throw error
      throw new SqlErrors([
        cannotOpenFile(file.physicalName, error),
        new SqlError(
          5181,
          `Could not restart database "${database.name}". Reverting to the previous status.`,
        ),
        failed(),
      ])
    }
  }
}

export const cannotOpenFile = (path: string, { code, text }: OsError): SqlError =>
  new SqlError(5120, `Unable to open the physical file "${path}". Operating system error ${code}: "${text}".`)

const failed = (): SqlError => new SqlError(5069, 'ALTER DATABASE statement failed.')

/** Nobody else is in the database, and nothing works on it, when this resolves. */
export async function becomeOnlyUser(
  frame: Frame,
  database: DatabaseRecord,
  termination: Termination,
  option: string,
): Promise<void> {
  const { session } = frame
  const { instance } = session
  if (database.databaseId <= 4)
    throw new SqlErrors([
      new SqlError(5058, `Option '${option}' cannot be set in database '${database.name}'.`),
      failed(),
    ])
  const others = (): Session[] =>
    [...instance.sessions.values()].filter(
      (other) => other !== session && other.databaseId === database.databaseId,
    )
  if (termination === 'immediate' && others().length > 0) {
    for (const other of others()) {
      other.end()
      instance.dropConnection(other.spid)
      other.closed()
    }
    await session.info(
      frame.sink,
      5060,
      'Nonqualified transactions are being rolled back. Estimated rollback completion: 100%.',
      10,
    )
  }
  while (others().length > 0 || instance.busy.has(database.id)) {
    if (termination === 'no-wait')
      throw new SqlErrors([
        new SqlError(
          5070,
          `Database state cannot be changed while other users are using the database '${database.name}'`,
        ),
        failed(),
      ])
    await delay(20, frame.signal)
    if (frame.signal.aborted) throw new RequestAborted()
  }
}
