import { assertInNoGroup } from '../../availability/rules.ts'
import { OsError } from '../../disk.ts'
import type { ServerFile } from '../../disk.ts'
import type { DatabaseFile } from '../../state/model.ts'
import { sealDatabase, readDetached } from '../detached.ts'
import type { DetachedDatabase } from '../detached.ts'
import { writeDatabaseFiles } from '../database-files.ts'
import { SqlError, SqlErrors } from '../errors.ts'
import { same } from '../permissions.ts'
import type { Frame } from '../script.ts'
import type { Session } from '../session.ts'
import { assertTde } from '../tde/features.ts'
import { closeDatabaseKey } from '../tde/recovery.ts'
import { DATABASE_VERSIONS } from '../versions.ts'
import { cannotOpenFile } from './alter-database.ts'
import { assertMayCreate } from './create-database.ts'
import { dropDatabaseRecords } from './database.ts'
import type { FileSpecification } from './file-specification.ts'
import { adoptBoot } from './restore-record.ts'
import { assertProtectorIsHere } from './restore-source.ts'
import { openRestored } from './restore-state.ts'

const fileName = (path: string): string => path.slice(path.lastIndexOf('\\') + 1)
const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('\\'))

/** CREATE DATABASE ... FOR ATTACH: the files are opened where they are; nothing is copied. */
export async function attach(
  frame: Frame,
  name: string,
  specifications: readonly FileSpecification[],
  rebuildLog: boolean,
): Promise<void> {
  const { session } = frame
  const { instance } = session
  assertMayCreate(frame, name)
  const [primary] = specifications
  if (primary === undefined)
    throw new SqlError(1829, 'The FOR ATTACH option requires that at least the primary file be specified.')
  const place = opened(frame, primary.path)
  const detached = readDetached(place.real)
  if (detached === undefined)
    throw new SqlErrors([new SqlError(5171, `${place.shown} is not a primary database file.`), aborted(name)])
  assertVersion(frame, name, detached)
  await assertProtector(session, name, detached)
  const files = detached.boot.files.map((file) =>
    file.kind === 'ROWS'
      ? { ...file, physicalName: place.shown }
      : logFile(frame, name, file, place, specifications, rebuildLog),
  )
  session.change(() => {
    const databaseId = instance.store.nextNumber('database', 5)
    const { boot } = detached
    instance.store.databases.put({
      id: String(databaseId),
      databaseId,
      name,
      ownerLogin: session.login.name,
      createDate: instance.now().toISOString(),
      state: 'ONLINE',
      recoveryModel: boot.recoveryModel,
      compatibilityLevel: boot.compatibilityLevel,
      readOnly: boot.readOnly,
      userAccess: 'MULTI_USER',
      familyGuid: boot.familyGuid,
      files,
      rows: boot.rows,
      // A log that was made anew can't continue the chain.
      log: rebuildLog ? { ...boot.log, backupFrom: null, begins: true } : boot.log,
      ...(boot.readOnlyFilegroups === undefined ? {} : { readOnlyFilegroups: boot.readOnlyFilegroups }),
      restoring: null,
    })
    adoptBoot(instance.store, databaseId, boot)
  })
  await openRestored(session, name)
  for (const file of files) instance.disk.own(instance.disk.resolve(file.physicalName, instance.dataFolder))
}

const aborted = (name: string): SqlError =>
  new SqlError(1813, `Could not open new database '${name}'. CREATE DATABASE is aborted.`)

function opened({ session }: Frame, path: string): ServerFile {
  const { instance } = session
  try {
    const place = instance.disk.forOpening(path, instance.dataFolder)
    if (instance.holdsOpen(place.shown)) throw new OsError(32)
    return place
  } catch (error) {
    if (error instanceof OsError) throw cannotOpenFile(path, error)
    throw error
  }
}

/** 33111 and its kin, before anything of the database is known here. */
async function assertProtector(session: Session, name: string, { boot }: DetachedDatabase): Promise<void> {
  if (boot.encryptionKey === null || boot.encryptionKey === undefined) return
  try {
    assertTde(session.instance)
    const { thumbprint, type } = boot.encryptionKey.record.protector
    await assertProtectorIsHere(session, thumbprint, type === 'ASYMMETRIC KEY')
  } catch (error) {
    throw error instanceof SqlError ? new SqlErrors([error, aborted(name)]) : error
  }
}

function assertVersion({ session }: Frame, name: string, { version }: DetachedDatabase): void {
  const ours = DATABASE_VERSIONS[session.instance.majorVersion] ?? 0
  if (version > ours)
    throw new SqlErrors([
      new SqlError(
        948,
        `The database '${name}' cannot be opened because it is version ${version}. This server supports version ${ours} and earlier. A downgrade path is not supported.`,
        { severity: 20 },
      ),
      aborted(name),
    ])
}

/** The log is where the statement says, else where it was, else beside the data file. */
function logFile(
  frame: Frame,
  name: string,
  file: DatabaseFile,
  primary: ServerFile,
  specifications: readonly FileSpecification[],
  rebuildLog: boolean,
): DatabaseFile {
  const { instance } = frame.session
  const beside = `${folderOf(primary.shown)}\\${fileName(file.physicalName)}`
  if (rebuildLog) {
    const made = { ...file, physicalName: beside }
    const place = instance.disk.resolve(beside, instance.dataFolder)
    if (place.exists) instance.disk.remove(place)
    writeDatabaseFiles(instance, name, [made])
    return made
  }
  const listed = specifications.slice(1).find(({ path }) => same(fileName(path), fileName(file.physicalName)))
  const given = listed ?? specifications[1]
  const candidates = given === undefined ? [file.physicalName, beside] : [given.path]
  const found = candidates.find((path) => instance.disk.kindOf(path) === 'file') ?? (candidates[0] as string)
  try {
    return { ...file, physicalName: opened(frame, found).shown }
  } catch (error) {
    throw error instanceof SqlError ? new SqlErrors([error, aborted(name)]) : error
  }
}

/** sp_detach_db: the files stay, closed as a whole; the server forgets the database. */
export async function detach(frame: Frame, name: string): Promise<void> {
  const { session } = frame
  const { instance } = session
  const database = instance.databaseNamed(name)
  if (database === undefined)
    throw new SqlError(
      15010,
      `The database '${name}' does not exist. Supply a valid database name. To see available databases, use sys.databases.`,
    )
  if (database.databaseId <= 4)
    throw new SqlError(7940, 'System databases master, model, msdb, and tempdb cannot be detached.')
  if (!instance.permissions.database(session.login, database, 'CONTROL'))
    throw new SqlError(15247, 'User does not have permission to perform this action.')
  assertInNoGroup(database)
  const used = [...instance.sessions.values()].some((other) => other.databaseId === database.databaseId)
  if (used || instance.busy.has(database.id))
    throw new SqlError(3703, `Cannot detach the database '${database.name}' because it is currently in use.`)
  if (database.state !== 'ONLINE' && database.state !== 'OFFLINE')
    throw new SqlError(
      3707,
      `Cannot detach a suspect or recovery pending database. It must be repaired or dropped.`,
    )
  closeDatabaseKey(instance, database.databaseId)
  if (database.state === 'ONLINE') sealDatabase(instance, database)
  session.change(() => dropDatabaseRecords(instance.store, database))
}
