import type { DatabaseFile, DatabaseRecord } from '../../state/model.ts'
import type { Instance } from '../instance.ts'
import { packLog } from '../log-pages.ts'
import { recordsBetween } from '../log.ts'
import { primaryFile, rawPage } from '../page-io.ts'
import { PAGE_SIZE, bootPage, filePages } from '../pages.ts'
import type { Frame } from '../script.ts'
import type { Packing } from '../tde/packed-pages.ts'
import { sealPage } from '../tde/page-crypto.ts'
import { throttle } from './backup-common.ts'
import type { BackupKind } from './backup-write.ts'

export interface BackupFilePart {
  file: DatabaseFile
  /** Pages of it that the backup holds. */
  pages: number
}

export interface Contents {
  parts: BackupFilePart[]
  /** The boot page first; the rest depends on the kind of backup. */
  pages: AsyncGenerator<Buffer, void, undefined>
  totalBytes: number
}

/** Number of the file that pages of a log backup are sealed for. */
export const LOG_FILE = 2

/** File and number before each page of a differential backup. */
export const PAGE_ADDRESS = 8

/**
 * What a backup holds behind the boot page: every page of every file, the pages that changed since the base with their
 * addresses, or the log records as pages. Pages go as they are on disk: what is encrypted there stays so.
 */
export function backupContents(
  frame: Frame,
  kind: BackupKind,
  database: DatabaseRecord,
  span: { first: string; last: string },
  packing: Packing | null,
): Contents {
  const { instance } = frame.session
  if (kind === 'full') {
    const parts = database.files.map((file) => ({ file, pages: Math.ceil(file.bytes / PAGE_SIZE) }))
    return contents(frame, database, parts, wholeFiles(frame, database, packing))
  }
  if (kind === 'differential') {
    const changes = changedSince(database)
    const parts = changes.map(({ file, numbers }) => ({ file, pages: numbers.length }))
    return contents(frame, database, parts, changedPages(frame, changes, packing))
  }
  const pages = sealedLog(
    instance,
    database,
    packLog(recordsBetween(instance.store, database.databaseId, span.first, span.last)),
  )
  const parts = database.files
    .filter((file) => file.kind === 'LOG')
    .slice(0, 1)
    .map((file) => ({ file, pages: pages.length }))
  return contents(frame, database, parts, listed(frame, pages))
}

function contents(
  frame: Frame,
  database: DatabaseRecord,
  parts: BackupFilePart[],
  pages: AsyncIterable<Buffer>,
): Contents {
  const boot = bootPage(frame.session.instance.store, database)
  const totalBytes = boot.length + parts.reduce((sum, part) => sum + part.pages * PAGE_SIZE, 0)
  return { parts, pages: withBoot(boot, pages), totalBytes }
}

async function* withBoot(
  boot: Buffer,
  pages: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer, void, undefined> {
  yield boot
  yield* pages
}

const NO_PREFIX = Buffer.alloc(0)

async function* wholeFiles(
  frame: Frame,
  database: DatabaseRecord,
  packing: Packing | null,
): AsyncGenerator<Buffer, void, undefined> {
  const { instance } = frame.session
  for (const file of database.files) {
    const { real } = instance.disk.resolve(file.physicalName, instance.dataFolder)
    let first = 0
    for await (const pages of filePages(real, file.bytes)) {
      await throttle(frame, pages.length)
      yield packing?.pack(NO_PREFIX, pages, file.fileId, first) ?? pages
      first += pages.length / PAGE_SIZE
    }
  }
}

interface ChangedPages {
  file: DatabaseFile
  numbers: readonly number[]
}

function changedSince(database: DatabaseRecord): ChangedPages[] {
  if (!database.log.allChanged) return [{ file: primaryFile(database), numbers: database.log.changedPages }]
  return database.files.map((file) => ({
    file,
    numbers: Array.from({ length: Math.ceil(file.bytes / PAGE_SIZE) }, (_, number) => number),
  }))
}

async function* changedPages(
  frame: Frame,
  changes: readonly ChangedPages[],
  packing: Packing | null,
): AsyncGenerator<Buffer, void, undefined> {
  for (const { file, numbers } of changes) {
    for (const number of numbers) {
      await throttle(frame, PAGE_SIZE)
      const address = Buffer.alloc(PAGE_ADDRESS)
      address.writeUInt32LE(file.fileId, 0)
      address.writeUInt32LE(number, 4)
      const page = rawPage(frame.session.instance, file, number)
      yield packing?.pack(address, page, file.fileId, number) ?? Buffer.concat([address, page])
    }
  }
}

/** Log of an encrypted database is never in clear outside of the server. */
function sealedLog(instance: Instance, database: DatabaseRecord, pages: Buffer[]): Buffer[] {
  const record = instance.store.encryptionKeys.get(database.id)
  if (record === undefined || record.state === 1) return pages
  const key = instance.openKeys
    .of(database.databaseId)
    .find((one) => one.generation === record.current.generation)
  if (key === undefined) throw new Error('the database encryption key is not open')
  pages.forEach((page, number) => sealPage(page, LOG_FILE, number, key))
  return pages
}

async function* listed(frame: Frame, pages: readonly Buffer[]): AsyncGenerator<Buffer, void, undefined> {
  for (const page of pages) {
    await throttle(frame, page.length)
    yield page
  }
}
