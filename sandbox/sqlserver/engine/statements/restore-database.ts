import { open, rename, rm } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { OsError } from '../../disk.ts'
import type { ServerFile } from '../../disk.ts'
import type { DatabaseFile, DatabaseRecord } from '../../state/model.ts'
import { RequestAborted, SqlError, SqlErrors, notSimulated } from '../errors.ts'
import { PAGE_SIZE, readBootPage } from '../pages.ts'
import type { BootContents } from '../pages.ts'
import { same } from '../permissions.ts'
import type { Frame, StatementHandler } from '../script.ts'
import { Progress, speed, terminating, textOf, throttle } from './backup.ts'
import { databaseOperand, device, restoreOptions } from './backup-grammar.ts'
import type { RestoreOptions } from './backup-grammar.ts'
import { dropDatabaseRecords } from './database.ts'
import { assertKeyIsHere, backupPages, openBackup } from './restore-source.ts'
import type { OpenedBackup } from './restore-source.ts'

const restore: StatementHandler = {
  head: ['RESTORE', 'DATABASE'],
  parse(c) {
    const line = c.line
    const name = databaseOperand(c)
    if (c.takeWord('FROM') === undefined) {
      c.expectWord('WITH')
      c.expectWord('RECOVERY')
      return { run: async (frame) => (recover(frame, textOf(name, frame)), null) }
    }
    const source = device(c)
    const options = restoreOptions(c)
    if (c.isWord('STOPAT', 'STANDBY')) throw notSimulated(`RESTORE WITH ${c.peek().upper}`, line)
    return {
      async run(frame) {
        await terminating('RESTORE DATABASE', () =>
          runRestore(frame, textOf(name, frame), textOf(source, frame), options),
        )
        return null
      },
    }
  },
}

function recover(frame: Frame, name: string): void {
  const { store } = frame.session.instance
  const database = frame.session.instance.databaseNamed(name)
  if (database === undefined)
    throw new SqlError(
      3118,
      `The database "${name}" does not exist. RESTORE can only create a database when restoring either a full backup or a file backup of the primary file.`,
    )
  if (database.state !== 'RESTORING') throw new SqlError(3153, 'The database is already fully recovered.')
  frame.session.change(() => store.databases.put({ ...database, state: 'ONLINE' }))
}

interface Target {
  file: DatabaseFile
  place: ServerFile
}

async function runRestore(frame: Frame, name: string, path: string, options: RestoreOptions): Promise<void> {
  const { instance } = frame.session
  const backup = await openBackup(frame, path, options.fileNumber)
  const { header } = backup.facts
  if (header['BackupType'] !== 1) throw notSimulated('restoring anything but a full backup')
  if (Number(header['SoftwareVersionMajor']) > instance.majorVersion) throw newerBackup(frame, backup)
  const existing = instance.databaseNamed(name)
  assertReplaceable(frame, name, existing, backup, options)
  if (options.checksum && !backup.facts.checksum)
    throw new SqlError(
      3187,
      'RESTORE WITH CHECKSUM cannot be specified because the backup set does not contain checksum information.',
    )
  assertKeyIsHere(instance, backup)
  const targets = plannedFiles(frame, existing, backup, options)
  const busyKey = existing?.id ?? `new:${name.toLowerCase()}`
  if (instance.busy.has(busyKey))
    throw new SqlError(3101, 'Exclusive access could not be obtained because the database is in use.')
  instance.busy.set(busyKey, 'RESTORE DATABASE')
  const started = performance.now()
  try {
    const boot = await writeFiles(frame, name, backup, targets, options)
    for (const { place } of targets) instance.disk.own(place)
    record(frame, name, existing, boot, targets, backup, options)
  } finally {
    instance.busy.delete(busyKey)
  }
  let pages = 0
  for (const { file } of targets) {
    pages += file.bytes / PAGE_SIZE
    await frame.session.info(
      frame.sink,
      4035,
      `Processed ${file.bytes / PAGE_SIZE} pages for database '${name}', file '${file.logicalName}' on file 1.`,
    )
  }
  await frame.session.info(
    frame.sink,
    3014,
    `RESTORE DATABASE successfully processed ${pages} pages in ${speed(performance.now() - started, pages * PAGE_SIZE)}.`,
  )
}

function newerBackup(frame: Frame, { facts }: OpenedBackup): SqlError {
  const version = ['SoftwareVersionMajor', 'SoftwareVersionMinor', 'SoftwareVersionBuild']
    .map((part) => String(facts.header[part]).padStart(2, '0'))
    .join('.')
  return new SqlError(
    3169,
    `The database was backed up on a server running version ${version}. That version is incompatible with this server, which is running version ${frame.session.instance.programVersion.map((part) => String(part).padStart(2, '0')).join('.')}. Either restore the database on a server that supports the backup, or use a backup that is compatible with this server.`,
  )
}

function assertReplaceable(
  frame: Frame,
  name: string,
  existing: DatabaseRecord | undefined,
  backup: OpenedBackup,
  options: RestoreOptions,
): void {
  if (existing === undefined) return
  if (existing.databaseId <= 4) throw notSimulated('restoring a system database')
  if (
    [...frame.session.instance.sessions.values()].some(
      (session) => session.databaseId === existing.databaseId,
    )
  ) {
    throw new SqlError(3101, 'Exclusive access could not be obtained because the database is in use.')
  }
  if (options.replace || existing.state === 'RESTORING') return
  if (backup.facts.header['FamilyGUID'] !== existing.familyGuid)
    throw new SqlError(
      3154,
      `The backup set holds a backup of a database other than the existing '${name}' database.`,
    )
  if (existing.recoveryModel !== 'SIMPLE') {
    throw new SqlError(
      3159,
      `The tail of the log for the database "${name}" has not been backed up. Use BACKUP LOG WITH NORECOVERY to backup the log if it contains work you do not want to lose. Use the WITH REPLACE or WITH STOPAT clause of the RESTORE statement to just overwrite the contents of the log.`,
    )
  }
}

/** Where each file goes: MOVE, else where it was. Names of other databases' files are never overwritten. */
function plannedFiles(
  frame: Frame,
  existing: DatabaseRecord | undefined,
  backup: OpenedBackup,
  options: RestoreOptions,
): Target[] {
  const { instance } = frame.session
  const planning = new SqlError(
    3119,
    'Problems were identified while planning for the RESTORE statement. Previous messages provide details.',
  )
  const unknown = options.moves.find(
    (move) => !backup.facts.fileList.some((row) => same(String(row['LogicalName']), move.logical)),
  )
  if (unknown !== undefined)
    throw new SqlError(
      3234,
      `Logical file '${unknown.logical}' is not part of database '${String(backup.facts.header['DatabaseName'])}'. Use RESTORE FILELISTONLY to list the logical file names.`,
    )
  return backup.facts.fileList.map((row) => {
    const logicalName = String(row['LogicalName'])
    const wanted =
      options.moves.find((move) => same(move.logical, logicalName))?.path ?? String(row['PhysicalName'])
    const notThere = (first: SqlError): SqlErrors =>
      new SqlErrors([
        first,
        new SqlError(
          3156,
          `File '${logicalName}' cannot be restored to '${wanted}'. Use WITH MOVE to identify a valid location for the file.`,
        ),
        planning,
      ])
    try {
      const place = instance.disk.forWriting(wanted, instance.dataFolder)
      const owner = instance.store.databases.find((database) =>
        database.files.some((file) => same(file.physicalName, place.shown)),
      )
      if (owner !== undefined && owner.id !== existing?.id)
        throw notThere(
          new SqlError(
            1834,
            `The file '${wanted}' cannot be overwritten.  It is being used by database '${owner.name}'.`,
          ),
        )
      if (owner === undefined && place.exists && !options.replace)
        throw notThere(
          new SqlError(
            5170,
            `Cannot create file '${wanted}' because it already exists. Change the file path or the file name, and retry the operation.`,
          ),
        )
      const bytes = Number(row['Size'])
      return {
        place,
        file: {
          fileId: Number(row['FileId']),
          logicalName,
          physicalName: place.shown,
          kind: row['Type'] === 'L' ? 'LOG' : 'ROWS',
          bytes,
        } satisfies DatabaseFile,
      }
    } catch (error) {
      if (error instanceof OsError)
        throw notThere(
          new SqlError(
            5133,
            `Directory lookup for the file "${wanted}" failed with the operating system error ${error.text}.`,
          ),
        )
      throw error
    }
  })
}

const partOf = (target: Target): string => `${target.place.real}.restoring`

/** Pages go to files of their own first, so that a restore that fails leaves an existing database as it was. */
async function writeFiles(
  frame: Frame,
  name: string,
  backup: OpenedBackup,
  targets: readonly Target[],
  options: RestoreOptions,
): Promise<BootContents> {
  const { instance } = frame.session
  const needed = targets.reduce((sum, target) => sum + target.file.bytes, 0)
  const letter = targets[0]?.place.drive.letter ?? 'C'
  if (instance.disk.freeBytes(letter) < needed) {
    throw new SqlError(
      3257,
      `There is insufficient free space on disk volume '${letter}:\\' to create the database. The database requires ${needed} additional free bytes, while only ${instance.disk.freeBytes(letter)} bytes are available.`,
    )
  }
  let boot: BootContents | undefined
  const writer = new FileSequence(targets)
  const progress = new Progress(frame, options.stats)
  let done = 0
  try {
    for await (const page of backupPages(
      frame,
      backup,
      () =>
        new SqlError(
          3183,
          `RESTORE detected an error on page (1:${Math.floor(done / PAGE_SIZE)}) in database "${name}" as read from the backup set.`,
        ),
    )) {
      await throttle(frame, page.length)
      if (frame.signal.aborted) throw new RequestAborted()
      if (boot === undefined) boot = readBootPage(page)
      else await writer.write(page)
      done += page.length
      await progress.reached(done, backup.facts.sizes.bytes)
    }
    await writer.finish()
  } catch (error) {
    await writer.discard()
    throw error
  }
  if (boot === undefined) throw new SqlError(3189, 'Damage to the backup set was detected.')
  return boot
}

class FileSequence {
  private readonly targets: readonly Target[]
  private index = 0
  private written = 0
  private handle: FileHandle | undefined

  constructor(targets: readonly Target[]) {
    this.targets = targets
  }

  async write(bytes: Buffer): Promise<void> {
    const target = this.targets[this.index]
    if (target === undefined) throw new SqlError(3189, 'Damage to the backup set was detected.')
    this.handle ??= await open(partOf(target), 'w', 0o600)
    await this.handle.write(bytes)
    this.written += bytes.length
    if (this.written >= target.file.bytes) await this.next()
  }

  private async next(): Promise<void> {
    await this.handle?.sync()
    await this.handle?.close()
    this.handle = undefined
    this.written = 0
    this.index += 1
  }

  async finish(): Promise<void> {
    if (this.index !== this.targets.length) throw new SqlError(3189, 'Damage to the backup set was detected.')
    for (const target of this.targets) await rename(partOf(target), target.place.real)
  }

  async discard(): Promise<void> {
    await this.handle?.close()
    this.handle = undefined
    for (const target of this.targets) await rm(partOf(target), { force: true })
  }
}

/** Database, its master key and certificates become part of this instance in one commit. */
function record(
  frame: Frame,
  name: string,
  existing: DatabaseRecord | undefined,
  boot: BootContents,
  targets: readonly Target[],
  backup: OpenedBackup,
  options: RestoreOptions,
): void {
  const { session } = frame
  const { store } = session.instance
  session.change(() => {
    if (existing !== undefined) dropDatabaseRecords(store, existing)
    const databaseId = existing?.databaseId ?? store.nextNumber('database', 5)
    const id = String(databaseId)
    store.databases.put({
      id,
      databaseId,
      name,
      ownerLogin: session.login.name,
      createDate: session.instance.now().toISOString(),
      state: options.recovery ? 'ONLINE' : 'RESTORING',
      recoveryModel: boot.recoveryModel,
      compatibilityLevel: boot.compatibilityLevel,
      readOnly: boot.readOnly,
      hasFullBackup: false,
      familyGuid: boot.familyGuid,
      files: targets.map((target) => target.file),
      lastLsn: boot.lastLsn,
    })
    // The copy under the other server's service master key came along; master here knows nothing of it.
    if (boot.masterKey !== null)
      store.masterKeys.put({ ...boot.masterKey, id, databaseId, mirroredInMaster: false })
    for (const certificate of boot.certificates)
      store.certificates.put({ ...certificate, databaseId, id: `${databaseId}:${certificate.certificateId}` })
    for (const user of boot.users)
      store.users.put({ ...user, databaseId, id: `${databaseId}:${user.principalId}` })
    for (const permission of boot.permissions)
      store.permissions.put({
        ...permission,
        databaseId,
        id: `${databaseId}:${permission.id.replace(/^\d+:/, '')}`,
      })
    const number = store.nextNumber('restore', 1)
    const source = store.backupSets.find((set) => set.uuid === backup.facts.header['BackupSetGUID'])
    store.restores.put({
      id: String(number),
      restoreDate: session.instance.now().toISOString(),
      databaseName: name,
      userName: session.login.name,
      backupSetId: source?.backupSetId ?? 0,
    })
  })
}

export const RESTORE_DATABASE_STATEMENTS: readonly StatementHandler[] = [restore]
