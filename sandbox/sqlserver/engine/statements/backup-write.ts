import { createBackupFiles } from '../../files/index.ts'
import type { BackupEncryption, BackupSizes } from '../../files/index.ts'
import type { BackupSetRecord, DatabaseRecord, LogChain } from '../../state/model.ts'
import { newGuid } from '../guids.ts'
import type { Instance } from '../instance.ts'
import { lsnAfter, truncateLog } from '../log.ts'
import { PAGE_SIZE } from '../pages.ts'
import type { Frame } from '../script.ts'
import { noteLogBackup } from '../tde/log-backup.ts'
import { packingOf } from '../tde/packed-pages.ts'
import { closeDatabaseKey } from '../tde/recovery.ts'
import { withProtectors } from '../tde/travel.ts'
import { Progress, deviceError, sendEnd, textOf } from './backup-common.ts'
import { backupContents } from './backup-contents.ts'
import type { BackupFilePart } from './backup-contents.ts'
import type { BackupOptions } from './backup-grammar.ts'
import { PACKED, fileListRow, headerRow } from './backup-header.ts'
import { placeOf } from './backup-media.ts'
import type { Device } from './backup-media.ts'

export type BackupKind = 'full' | 'differential' | 'log'

export interface BackupOrder {
  kind: BackupKind
  statement: 'BACKUP DATABASE' | 'BACKUP LOG'
  devices: readonly Device[]
  encryption: BackupEncryption | null
  options: BackupOptions
}

/** LSNs of a backup: blocks of the log that a data backup spans while it runs. */
const BLOCKS_OF_DATA_BACKUP = 3

interface Span {
  first: string
  last: string
  checkpoint: string
}

function spanOf(kind: BackupKind, log: LogChain): Span {
  if (kind === 'log')
    return {
      first: log.backupFrom ?? log.nextLsn,
      last: lsnAfter(log.nextLsn, 1),
      checkpoint: log.lastFullLsn,
    }
  return { first: log.nextLsn, last: lsnAfter(log.nextLsn, BLOCKS_OF_DATA_BACKUP), checkpoint: log.nextLsn }
}

export async function writeBackup(frame: Frame, order: BackupOrder, database: DatabaseRecord): Promise<void> {
  const { session } = frame
  const { instance } = session
  const { kind, devices, options } = order
  const clockStart = performance.now()
  const span = spanOf(kind, database.log)
  const compressed = compressedBy(frame, options)
  const packing =
    kind === 'log'
      ? null
      : packingOf(instance, database, { compressed, maxTransferSize: options.maxTransferSize })
  const { parts, pages, totalBytes } = backupContents(frame, kind, database, span, packing)
  const set = backupSet(frame, order, database, span, parts)
  const progress = new Progress(frame, options.stats)
  const fileList = withProtectors(instance.store, database, database.files.map(fileListRow))
  const sizes = await createBackupFiles(
    devices.map((device, i) => ({
      path: placeOf(device, options.maxTransferSize, frame.signal),
      contents: {
        header: {
          ...headerRow(instance, database, set, i + 1),
          ...(packing === null ? {} : { [PACKED]: true }),
        },
        fileList,
      },
      ...roomFor(instance, devices, device),
    })),
    pages,
    order.encryption,
    {
      checksum: set.checksums,
      compression: set.compressed,
      totalBytes,
      signal: frame.signal,
      // Packed pages are fewer bytes than they stand for: what they come to is known at the end only.
      onBytes: (done, total) =>
        packing === null ? progress.reached(done, total) : Promise.resolve(frame.signal.throwIfAborted()),
      finish: ({ bytes, compressedBytes }) => ({
        BackupFinishDate: instance.now().toISOString().slice(0, 23),
        BackupSize: String(packing === null ? bytes : totalBytes),
        CompressedBackupSize: compressedBytes,
      }),
    },
  ).catch((error: unknown) => {
    throw deviceError(error, devices[0]?.shown ?? '')
  })
  recordBackup(frame, order, database, set, span, packing === null ? sizes : { ...sizes, bytes: totalBytes })
  if (options.noRecovery) closeDatabaseKey(instance, database.databaseId)
  await progress.reached(totalBytes, totalBytes)
  await sendEnd(
    frame,
    order.statement,
    database.name,
    parts.map(({ file, pages: count }) => ({ name: file.logicalName, pages: count })),
    performance.now() - clockStart,
    PAGE_SIZE,
  )
}

/** Files on one drive share what is left of it. */
function roomFor(instance: Instance, devices: readonly Device[], device: Device): { limitBytes?: number } {
  if (device.kind === 'url') return {}
  const { letter } = device.place.drive
  const here = devices.filter((one) => one.kind === 'disk' && one.place.drive.letter === letter).length
  return { limitBytes: Math.floor(instance.disk.freeBytes(letter) / here) }
}

const configured = (frame: Frame, name: string): boolean =>
  frame.session.instance.store.configurations.get(name)?.valueInUse === 1

const compressedBy = (frame: Frame, options: BackupOptions): boolean =>
  options.compression ?? configured(frame, 'backup compression default')

function backupSet(
  frame: Frame,
  order: BackupOrder,
  database: DatabaseRecord,
  span: Span,
  parts: readonly BackupFilePart[],
): BackupSetRecord {
  const { session } = frame
  const { instance } = session
  const { kind, options, encryption } = order
  const { log } = database
  const started = instance.now().toISOString()
  const compressed = compressedBy(frame, options)
  return {
    id: '',
    backupSetId: 0,
    uuid: newGuid(),
    mediaSetId: 0,
    mediaUuid: newGuid(),
    databaseName: database.name,
    type: kind === 'log' ? 'L' : kind === 'differential' ? 'I' : 'D',
    position: 1,
    name: options.name === undefined ? null : textOf(options.name, frame).slice(0, 128),
    description: options.description === undefined ? null : textOf(options.description, frame).slice(0, 255),
    userName: session.login.name,
    startDate: started,
    finishDate: started,
    firstLsn: span.first,
    lastLsn: span.last,
    checkpointLsn: span.checkpoint,
    databaseBackupLsn: log.lastFullLsn,
    differentialBase: kind === 'differential' ? log.base : null,
    beginsLogChain: kind === 'log' && log.begins,
    forkPointLsn: kind === 'log' ? log.forkPoint : null,
    firstForkGuid: kind === 'log' ? log.firstFork : log.fork,
    lastForkGuid: log.fork,
    softwareMajorVersion: instance.majorVersion,
    serverName: instance.serverName,
    files: parts.map(({ file, pages }) => ({ ...file, backedUp: pages * PAGE_SIZE })),
    backupSize: 0,
    compressedSize: 0,
    // A differential is always one of its base; COPY_ONLY says nothing about it.
    copyOnly: options.copyOnly && kind !== 'differential',
    checksums: options.checksum ?? (compressed || configured(frame, 'backup checksum default')),
    compressed,
    recoveryModel: database.recoveryModel,
    keyAlgorithm: encryption?.algorithm.toLowerCase() ?? null,
    encryptorThumbprint: encryption?.thumbprint.toString('hex').toUpperCase() ?? null,
    encryptorType: encryption?.encryptorType ?? null,
    physicalNames: order.devices.map(({ shown }) => shown),
    familyGuid: database.familyGuid,
    databaseCreationDate: database.createDate,
    lastValidRestoreTime: null,
  }
}

/** History, and what the backup changes in the database, in one commit. */
function recordBackup(
  frame: Frame,
  order: BackupOrder,
  database: DatabaseRecord,
  set: BackupSetRecord,
  span: Span,
  sizes: BackupSizes,
): void {
  const { session } = frame
  const { store } = session.instance
  const finished = session.instance.now().toISOString()
  session.change(() => {
    const number = store.nextNumber('backup-set', 1)
    store.backupSets.put({
      ...set,
      id: String(number),
      backupSetId: number,
      mediaSetId: number,
      finishDate: finished,
      backupSize: sizes.bytes,
      compressedSize: sizes.compressedBytes,
      lastValidRestoreTime: finished,
    })
    const current = store.databases.get(database.id) as DatabaseRecord
    const log = logAfter(current, set, span)
    if (set.type === 'L' && !set.copyOnly) {
      truncateLog(store, database.databaseId, span.last)
      noteLogBackup(store, database.databaseId)
    }
    store.databases.put({
      ...current,
      log,
      ...(order.options.noRecovery
        ? {
            state: 'RESTORING' as const,
            restoring: { redoLsn: span.last, redoTime: finished, base: log.base },
          }
        : {}),
    })
  })
}

/** A copy-only backup changes nothing that other backups go by. */
function logAfter(database: DatabaseRecord, set: BackupSetRecord, span: Span): LogChain {
  const log = { ...database.log, nextLsn: span.last }
  const begun =
    log.backupFrom === null && database.recoveryModel !== 'SIMPLE'
      ? { backupFrom: span.first, begins: true, firstFork: log.fork, forkPoint: null }
      : {}
  if (set.type === 'I') return { ...log, ...begun }
  if (set.copyOnly) return log
  if (set.type === 'L')
    return { ...log, backupFrom: span.last, begins: false, firstFork: log.fork, forkPoint: null }
  return {
    ...log,
    ...begun,
    lastFullLsn: span.checkpoint,
    base: { lsn: span.checkpoint, guid: set.uuid, date: set.startDate },
    changedPages: [],
    allChanged: false,
  }
}
