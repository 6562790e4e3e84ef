import { closeSync, openSync, readSync } from 'node:fs'
import type { DatabaseFile, DatabaseRecord } from '../state/model.ts'
import { SqlError } from './errors.ts'
import type { Instance } from './instance.ts'
import { PAGE_SIZE, pageGeneration, pageIsWhole } from './pages.ts'
import { writeTwice } from './tde/double-write.ts'
import { openPage, sealPage } from './tde/page-crypto.ts'

export const primaryFile = (database: DatabaseRecord): DatabaseFile => {
  const file = database.files.find((candidate) => candidate.kind === 'ROWS')
  if (file === undefined) throw new Error(`${database.name} has no data file`)
  return file
}

/** Reads a page and gives it in clear; 824, which ends the connection, when it is damaged. */
export function readPage(
  instance: Instance,
  database: DatabaseRecord,
  file: DatabaseFile,
  number: number,
): Buffer {
  const page = rawPage(instance, file, number)
  const clear =
    page.length === PAGE_SIZE
      ? openPage(page, file.fileId, number, instance.openKeys.of(database.databaseId))
      : undefined
  if (clear === undefined || !pageIsWhole(clear, number)) throw damagedPage(database, file, number)
  return clear
}

/** Puts a page in clear in the place of another, under the key that the other is under. Durable, and never torn. */
export function writePage(
  instance: Instance,
  database: DatabaseRecord,
  file: DatabaseFile,
  number: number,
  page: Buffer,
): void {
  const generation = pageGeneration(rawPage(instance, file, number))
  if (generation !== 0) {
    const key = instance.openKeys.of(database.databaseId).find((one) => one.generation === generation)
    if (key === undefined) throw damagedPage(database, file, number)
    sealPage(page, file.fileId, number, key)
  }
  const { real } = instance.disk.resolve(file.physicalName, instance.dataFolder)
  writeTwice(instance.options.dataDir, `page-${database.id}`, real, number * PAGE_SIZE, page)
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
