import { closeSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs'
import type { DatabaseFile, DatabaseRecord } from '../state/model.ts'
import { SqlError } from './errors.ts'
import type { Instance } from './instance.ts'
import { PAGE_SIZE, pageIsWhole } from './pages.ts'
import { openPage, sealPage } from './tde/page-crypto.ts'
import { writingKey } from './tde/open-keys.ts'

export const primaryFile = (database: DatabaseRecord): DatabaseFile => {
  const file = database.files.find((candidate) => candidate.kind === 'ROWS')
  if (file === undefined) throw new Error(`${database.name} has no data file`)
  return file
}

/** Reads a page, decrypts it by its own mark and checks it; 824, which ends the connection, when it is damaged. */
export function readPage(
  instance: Instance,
  database: DatabaseRecord,
  file: DatabaseFile,
  number: number,
): Buffer {
  const stored = rawPage(instance, file, number)
  const page =
    stored.length === PAGE_SIZE
      ? openPage(stored, file.fileId, number, instance.openKeys.of(database.databaseId))
      : undefined
  if (page === undefined || !pageIsWhole(page, number)) throw damagedPage(database, file, number)
  return page
}

/** Writes a page that is given in clear, flushed: under the database's key where that is on, or being turned on. */
export function writePage(
  instance: Instance,
  database: DatabaseRecord,
  file: DatabaseFile,
  number: number,
  page: Buffer,
): void {
  const under = writingKey(instance, database)
  if (under !== undefined) sealPage(page, file.fileId, number, under)
  const handle = openSync(instance.disk.resolve(file.physicalName, instance.dataFolder).real, 'r+')
  try {
    writeSync(handle, page, 0, PAGE_SIZE, number * PAGE_SIZE)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** As it is on disk. Shorter than a page behind the end of the file. */
export function rawPage(instance: Instance, file: DatabaseFile, number: number): Buffer {
  const page = Buffer.alloc(PAGE_SIZE)
  const handle = openSync(instance.disk.resolve(file.physicalName, instance.dataFolder).real, 'r')
  try {
    return page.subarray(0, readSync(handle, page, 0, PAGE_SIZE, number * PAGE_SIZE))
  } finally {
    closeSync(handle)
  }
}

const damagedPage = (database: DatabaseRecord, file: DatabaseFile, number: number): SqlError =>
  new SqlError(
    824,
    `SQL Server detected a logical consistency-based I/O error: incorrect checksum. It occurred during a read of page (${file.fileId}:${number}) in database ID ${database.databaseId} at offset 0x${(number * PAGE_SIZE).toString(16).padStart(16, '0')} in file '${file.physicalName}'.`,
    { severity: 24, endsBatch: true },
  )
