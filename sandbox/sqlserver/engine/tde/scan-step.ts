import { closeSync, openSync, readSync } from 'node:fs'
import type { EncryptionKeyRecord, EncryptionState } from '../../state/encryption-model.ts'
import type { DatabaseFile, DatabaseRecord } from '../../state/model.ts'
import type { Instance } from '../instance.ts'
import { PAGE_SIZE, pageGeneration } from '../pages.ts'
import { writeTwice } from './double-write.ts'
import { openPage, sealPage } from './page-crypto.ts'

/** Pages of all files, in the order in which a scan takes them. */
export const pagesOfDatabase = (database: DatabaseRecord): number =>
  database.files.reduce((sum, file) => sum + pagesOfFile(file), 0)
const pagesOfFile = (file: DatabaseFile): number => Math.ceil(file.bytes / PAGE_SIZE)

const AFTER: Record<2 | 4 | 5 | 6, EncryptionState> = { 2: 3, 4: 3, 5: 1, 6: 3 }

export const isTransition = (state: EncryptionState): state is 2 | 4 | 5 | 6 => state !== 1 && state !== 3

/** Brings up to `limit` pages to what the state asks for; durable when it returns. Gives the record as it is then. */
export function scanStep(
  instance: Instance,
  record: EncryptionKeyRecord,
  limit: number,
): EncryptionKeyRecord {
  const database = instance.store.databases.get(record.id)
  if (database === undefined || !isTransition(record.state)) return record
  const done = record.scanPosition < record.scanPages ? convert(instance, record, database, limit) : 0
  const position = record.scanPosition + done
  const modified = { ...record, scanPosition: position, scanModifyDate: instance.now().toISOString() }
  const next: EncryptionKeyRecord =
    position < record.scanPages
      ? modified
      : { ...modified, state: AFTER[record.state], scanState: 4, previous: null }
  instance.store.change(undefined, () => instance.store.encryptionKeys.put(next))
  if (next.scanState === 4) {
    const kept = instance.openKeys.of(record.databaseId)
    instance.openKeys.set(
      record.databaseId,
      kept.filter((key) => key.generation === next.current.generation),
    )
    instance.log(`33113 Database encryption scan for database '${database.name}' is complete.`)
  }
  return next
}

/** One piece of one file; says how many pages it had. */
function convert(
  instance: Instance,
  record: EncryptionKeyRecord,
  database: DatabaseRecord,
  limit: number,
): number {
  const { file, first } = fileAt(database, record.scanPosition)
  const count = Math.min(limit, pagesOfFile(file) - first)
  const place = instance.disk.resolve(file.physicalName, instance.dataFolder)
  const pages = Buffer.alloc(count * PAGE_SIZE)
  const handle = openSync(place.real, 'r')
  try {
    if (readSync(handle, pages, 0, pages.length, first * PAGE_SIZE) !== pages.length)
      throw new Error(`${file.physicalName} is shorter than the database says`)
  } finally {
    closeSync(handle)
  }
  const keys = instance.openKeys.of(record.databaseId)
  const target = record.state === 5 ? undefined : keys.find((k) => k.generation === record.current.generation)
  if (record.state !== 5 && target === undefined) throw new Error('the database encryption key is not open')
  let changed = false
  for (let at = 0; at < pages.length; at += PAGE_SIZE) {
    const page = pages.subarray(at, at + PAGE_SIZE)
    if (pageGeneration(page) === (target?.generation ?? 0)) continue
    const number = first + at / PAGE_SIZE
    if (openPage(page, file.fileId, number, keys) === undefined)
      throw new Error(`page (${file.fileId}:${number}) is under a key that is not open`)
    if (target !== undefined) sealPage(page, file.fileId, number, target)
    changed = true
  }
  if (changed) markAllChanged(instance, database)
  if (changed) writeTwice(instance.options.dataDir, `scan-${record.id}`, place.real, first * PAGE_SIZE, pages)
  return count
}

/** The next differential backup has to hold every page: a page knows only the key that it is under. */
function markAllChanged({ store }: Instance, { id, log }: DatabaseRecord): void {
  if (log.allChanged) return
  const current = store.databases.get(id) as DatabaseRecord
  store.change(undefined, () =>
    store.databases.put({ ...current, log: { ...current.log, allChanged: true } }),
  )
}

function fileAt(database: DatabaseRecord, position: number): { file: DatabaseFile; first: number } {
  let before = 0
  for (const file of database.files) {
    if (position < before + pagesOfFile(file)) return { file, first: position - before }
    before += pagesOfFile(file)
  }
  throw new RangeError('the scan is behind the last page')
}
