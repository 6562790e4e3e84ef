import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import type { DatabaseRecord, RestoreProgress } from '../../state/model.ts'
import { SqlError } from '../errors.ts'
import { unpackLog } from '../log-pages.ts'
import type { LoggedRow } from '../log-pages.ts'
import { compareLsn } from '../log.ts'
import { PAGE_SIZE, pageIsWhole, readBootPage } from '../pages.ts'
import type { BootContents } from '../pages.ts'
import { same } from '../permissions.ts'
import { pageOfRow, writeRow } from '../rows.ts'
import type { Frame } from '../script.ts'
import type { Session } from '../session.ts'
import { openPage } from '../tde/page-crypto.ts'
import { changesKeys, redoEncryption } from '../tde/redo.ts'
import type { KeyChange } from '../tde/redo.ts'
import { Progress, exclusiveAccess, sendEnd, throttle } from './backup-common.ts'
import { LOG_FILE, PAGE_ADDRESS } from './backup-contents.ts'
import type { RestoreOptions } from './backup-grammar.ts'
import { adoptBoot, recordRestore } from './restore-record.ts'
import { assertKeyIsHere, backupPages, bytesOf } from './restore-source.ts'
import type { OpenedBackup } from './restore-source.ts'
import { noSuchDatabase, openRestored, recovered } from './restore-state.ts'
import type { StopPoint } from './restore-stop.ts'

export interface RollForward {
  statement: 'RESTORE DATABASE' | 'RESTORE LOG'
  name: string
  backup: OpenedBackup
  type: 'I' | 'L'
  options: RestoreOptions
  stop: StopPoint | undefined
}

/** Applies a differential or log backup to a database that is being restored. */
export async function rollForward(frame: Frame, order: RollForward): Promise<void> {
  const { instance } = frame.session
  const { statement, name, backup, stop } = order
  const database = instance.databaseNamed(name)
  if (database === undefined) throw noSuchDatabase(name)
  const at = assertApplies(database, order)
  await assertKeyIsHere(frame.session, backup)
  if (instance.busy.has(database.id)) throw exclusiveAccess()
  instance.busy.set(database.id, statement)
  const started = performance.now()
  let pages: number
  try {
    // Twice: a damaged backup must be found before its first page is applied.
    const boot = await eachPage(frame, order, 0, async () => undefined)
    pages =
      order.type === 'I'
        ? await applyDifferential(frame, database, order)
        : await applyLog(frame, database, order, at, boot)
    await openRestored(frame.session, name)
  } finally {
    instance.busy.delete(database.id)
  }
  await stop?.sayMoreIsNeeded(frame)
  const file = database.files.find((one) => (one.kind === 'LOG') === (order.type === 'L'))
  await sendEnd(
    frame,
    statement,
    name,
    [{ name: file?.logicalName ?? name, pages }],
    performance.now() - started,
    PAGE_SIZE,
  )
}

/** The database is in the state that this backup continues; its progress when it is. */
function assertApplies(database: DatabaseRecord, order: RollForward): RestoreProgress {
  const { backup, type, options, stop } = order
  const { header } = backup.facts
  const at = database.restoring
  if (database.state !== 'RESTORING' || at === null)
    throw new SqlError(
      3117,
      'The log or differential backup cannot be restored because no files are ready to rollforward.',
    )
  if (header['FamilyGUID'] !== database.familyGuid)
    throw new SqlError(
      3154,
      `The backup set holds a backup of a database other than the existing '${database.name}' database.`,
    )
  const moved = options.moves.find(
    ({ logical, path }) =>
      !database.files.some((file) => same(file.logicalName, logical) && same(file.physicalName, path)),
  )
  if (moved !== undefined)
    throw new SqlError(3174, `The file '${moved.logical}' cannot be moved by this RESTORE operation.`)
  if (![header['FirstRecoveryForkID'], header['RecoveryForkID']].includes(database.log.fork))
    throw new SqlError(
      4330,
      'This backup set cannot be applied because it is on a recovery path that is inconsistent with the database. The recovery path is the sequence of data and log backups that have brought the database to a particular recovery point. Find a compatible backup to restore, or restore the rest of the database to match a recovery point within this backup set, which will restore the database to a different point in time. For more information about recovery paths, see SQL Server Books Online.',
    )
  if (type === 'I') assertBase(at, order)
  else assertContinues(at, order)
  if (stop !== undefined && stop.time < at.redoTime)
    throw new SqlError(
      4335,
      'The specified STOPAT time is too early. All or part of the database is already rolled forward beyond that point.',
    )
  return at
}

function assertBase(at: RestoreProgress, { backup }: RollForward): void {
  const { header } = backup.facts
  if (at.base?.lsn !== header['DifferentialBaseLSN'] || at.base?.guid !== header['DifferentialBaseGUID'])
    throw new SqlError(
      3136,
      'This differential backup cannot be restored because the database has not been restored to the correct earlier state.',
    )
  if (compareLsn(String(header['LastLSN']), at.redoLsn) < 0)
    throw new SqlError(
      3120,
      'This backup set will not be restored because all data has already been restored to a point beyond the time covered by this backup set.',
    )
}

function assertContinues(at: RestoreProgress, { backup }: RollForward): void {
  const [first, last] = [String(backup.facts.header['FirstLSN']), String(backup.facts.header['LastLSN'])]
  if (compareLsn(first, at.redoLsn) > 0)
    throw new SqlError(
      4305,
      `The log in this backup set begins at LSN ${first}, which is too recent to apply to the database. An earlier log backup that includes LSN ${at.redoLsn} can be restored.`,
    )
  if (compareLsn(last, at.redoLsn) < 0)
    throw new SqlError(
      4326,
      `The log in this backup set terminates at LSN ${last}, which is too early to apply to the database. A more recent log backup that includes LSN ${at.redoLsn} can be restored.`,
    )
}

const damagedSet = (): SqlError => new SqlError(3189, 'Damage to the backup set was detected.')

/** Reads the backup once; resolves with what it holds of the database besides pages. `half`: which of the two passes. */
async function eachPage(
  frame: Frame,
  { backup, options }: RollForward,
  half: 0 | 1,
  use: (page: Buffer) => Promise<void> | undefined,
): Promise<BootContents> {
  const progress = new Progress(frame, half === 0 ? 0 : options.stats)
  const total = bytesOf(backup)
  let boot: Buffer | undefined
  let done = 0
  for await (const page of backupPages(frame, backup, damagedSet)) {
    await throttle(frame, page.length)
    if (boot === undefined) boot = page
    else await use(page)
    done += page.length
    if (half === 1) await progress.reached(done, total)
  }
  if (boot === undefined) throw damagedSet()
  // Only now is every byte of it known to be what was written.
  return readBootPage(boot)
}

async function applyDifferential(
  frame: Frame,
  database: DatabaseRecord,
  order: RollForward,
): Promise<number> {
  const { instance } = frame.session
  const handles = new Map<number, FileHandle>()
  let pages = 0
  try {
    for (const file of database.files)
      handles.set(
        file.fileId,
        await open(instance.disk.resolve(file.physicalName, instance.dataFolder).real, 'r+'),
      )
    const boot = await eachPage(frame, order, 1, async (addressed) => {
      if (addressed.length !== PAGE_ADDRESS + PAGE_SIZE) throw damagedSet()
      const handle = handles.get(addressed.readUInt32LE(0))
      if (handle === undefined) throw damagedSet()
      await handle.write(addressed, PAGE_ADDRESS, PAGE_SIZE, addressed.readUInt32LE(4) * PAGE_SIZE)
      pages += 1
    })
    for (const handle of handles.values()) await handle.sync()
    record(frame, order, boot, {
      ...database,
      rows: boot.rows,
      recoveryModel: boot.recoveryModel,
      readOnly: boot.readOnly,
      log: { ...boot.log, base: database.log.base, lastFullLsn: database.log.lastFullLsn },
    })
  } finally {
    for (const handle of handles.values()) await handle.close()
  }
  return pages
}

async function applyLog(
  frame: Frame,
  database: DatabaseRecord,
  order: RollForward,
  at: RestoreProgress,
  boot: BootContents,
): Promise<number> {
  const { instance } = frame.session
  const { stop } = order
  const keys = await keyChange(frame.session, database, boot)
  const records: LoggedRow[] = []
  let pages = 0
  await eachPage(frame, order, 1, async (page) => {
    records.push(...unpackLog(clearLogPage(page, pages, keys)))
    pages += 1
  })
  const ahead = records.filter((one) => compareLsn(one.lsn, at.redoLsn) >= 0)
  const applied = ahead.filter((one) => stop === undefined || one.time <= stop.time)
  const left = ahead[applied.length]
  // What is not in records belongs to the end of the log; at a point before it, it stays as it was.
  const whole = stop?.place !== 'within'
  instance.openKeys.set(database.databaseId, keys.before)
  try {
    for (const { row } of applied) writeRow(instance, database, row)
    if (whole && changesKeys(keys)) redoEncryption(instance, database, keys)
  } finally {
    instance.openKeys.close(database.databaseId)
  }
  record(
    frame,
    order,
    whole ? boot : undefined,
    rolledOn(database, applied, whole ? boot : undefined),
    left?.lsn,
  )
  return pages
}

async function keyChange(session: Session, database: DatabaseRecord, boot: BootContents): Promise<KeyChange> {
  const { instance } = session
  const kept = instance.store.encryptionKeys.get(database.id) ?? null
  const coming = boot.encryptionKey?.record ?? null
  return {
    was: kept,
    before: kept === null ? [] : await instance.openKeys.unwrap(kept, session),
    record: coming,
    after: coming === null ? [] : await instance.openKeys.unwrap(coming, session),
  }
}

/** A page of the log under the key at its end, or under the one before. */
function clearLogPage(page: Buffer, number: number, { before, after }: KeyChange): Buffer {
  for (const keys of [after, before]) {
    const clear = openPage(Buffer.from(page), LOG_FILE, number, keys)
    if (clear !== undefined && pageIsWhole(clear, number)) return clear
  }
  throw damagedSet()
}

function rolledOn(
  database: DatabaseRecord,
  applied: readonly LoggedRow[],
  boot: BootContents | undefined,
): DatabaseRecord {
  const changed = new Set([...database.log.changedPages, ...applied.map(({ row }) => pageOfRow(row.rowId))])
  return {
    ...database,
    rows: Math.max(database.rows, ...applied.map(({ row }) => row.rowId)),
    ...(boot === undefined ? {} : { recoveryModel: boot.recoveryModel, readOnly: boot.readOnly }),
    log: {
      ...database.log,
      fork: boot?.log.fork ?? database.log.fork,
      allChanged: database.log.allChanged || (boot?.log.allChanged ?? false),
      changedPages: [...changed].sort((a, b) => a - b),
    },
  }
}

/** What was applied, and how far that is, in one commit. */
function record(
  frame: Frame,
  order: RollForward,
  boot: BootContents | undefined,
  database: DatabaseRecord,
  stoppedAt?: string,
): void {
  const { session } = frame
  const { store } = session.instance
  const { backup, stop, options } = order
  const { header } = backup.facts
  const finished = `${String(header['BackupFinishDate'])}Z`
  const reached = stop === undefined || stop.place === 'within'
  const rolled: DatabaseRecord = {
    ...database,
    restoring: {
      redoLsn: stoppedAt ?? String(header['LastLSN']),
      redoTime: stop?.place === 'within' ? stop.time : finished,
      base: database.restoring?.base ?? null,
    },
  }
  session.change(() => {
    store.databases.put(options.recovery && reached ? recovered(rolled) : rolled)
    if (boot !== undefined) adoptBoot(store, database.databaseId, boot)
    recordRestore(session, backup, {
      databaseName: database.name,
      type: order.type,
      replace: options.replace,
      recovery: options.recovery && reached,
      stopAt: stop?.time ?? null,
      files: database.files,
    })
  })
}
