import { closeSync, openSync, readSync } from 'node:fs'
import type { EncryptionKeyRecord } from '../../state/encryption-model.ts'
import type { DatabaseFile, DatabaseRecord } from '../../state/model.ts'
import { SqlError } from '../errors.ts'
import type { Instance } from '../instance.ts'
import { PAGE_SIZE, pageGeneration } from '../pages.ts'
import { writeTwice } from './double-write.ts'
import { openPage, sealPage } from './page-crypto.ts'
import type { PageKey } from './page-crypto.ts'

const PAGES_AT_ONCE = 64

/** The encryption of a database before and after a log: `record` is what the log ends with. */
export interface KeyChange {
  was: EncryptionKeyRecord | null
  before: readonly PageKey[]
  record: EncryptionKeyRecord | null
  after: readonly PageKey[]
}

/** Whether pages have to be brought to another key, or to none, for what the log says. */
export const changesKeys = ({ was, before, record, after }: KeyChange): boolean =>
  targetOf(record) !== 'as it is' &&
  (targetOf(was) !== targetOf(record) ||
    before.length !== after.length ||
    !before.every((key) => after.some((other) => sameKey(key, other))))

const sameKey = (a: PageKey, b: PageKey): boolean => a.generation === b.generation && a.key.equals(b.key)

/** The generation that every page has when nothing is under way; a scan that is under way brings them there itself. */
function targetOf(record: EncryptionKeyRecord | null): number | 'as it is' {
  if (record === null || record.state === 1) return 0
  return record.state === 3 || record.state === 6 ? record.current.generation : 'as it is'
}

/**
 * What rolling a log forward does to the pages when the encryption changed in it: the real engine replays the scan, here
 * its end is made at once. Doing it again changes nothing.
 */
export function redoEncryption(instance: Instance, database: DatabaseRecord, change: KeyChange): void {
  const target = targetOf(change.record)
  const key = change.after.find((one) => one.generation === target)
  for (const file of database.files) redoFile(instance, database, file, change, key)
}

function redoFile(
  instance: Instance,
  database: DatabaseRecord,
  file: DatabaseFile,
  { before, after }: KeyChange,
  target: PageKey | undefined,
): void {
  const { real } = instance.disk.resolve(file.physicalName, instance.dataFolder)
  const total = Math.ceil(file.bytes / PAGE_SIZE)
  for (let first = 0; first < total; first += PAGES_AT_ONCE) {
    const pages = pagesAt(real, first, Math.min(PAGES_AT_ONCE, total - first))
    for (let at = 0; at < pages.length; at += PAGE_SIZE) {
      const page = pages.subarray(at, at + PAGE_SIZE)
      const number = first + at / PAGE_SIZE
      const known = [...before, ...after].filter((one) => one.generation === pageGeneration(page)).slice(0, 1)
      if (openPage(page, file.fileId, number, known) === undefined)
        throw new SqlError(
          3183,
          `RESTORE detected an error on page (${file.fileId}:${number}) in database "${database.name}" as read from the backup set.`,
        )
      if (target !== undefined) sealPage(page, file.fileId, number, target)
    }
    writeTwice(instance.options.dataDir, `redo-${database.id}`, real, first * PAGE_SIZE, pages)
  }
}

function pagesAt(real: string, first: number, count: number): Buffer {
  const pages = Buffer.alloc(count * PAGE_SIZE)
  const handle = openSync(real, 'r')
  try {
    return pages.subarray(0, readSync(handle, pages, 0, pages.length, first * PAGE_SIZE))
  } finally {
    closeSync(handle)
  }
}
