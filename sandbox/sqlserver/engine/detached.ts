import { createHash } from 'node:crypto'
import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs'
import type { DatabaseRecord } from '../state/model.ts'
import type { Instance } from './instance.ts'
import { primaryFile } from './page-io.ts'
import { PAGE_SIZE, bootPage, readBootPage } from './pages.ts'
import type { BootContents } from './pages.ts'
import { DATABASE_VERSIONS } from './versions.ts'

/**
 * The end of a data file while no server has it open: everything of the database that is not on its pages, so that the
 * files alone can be attached. Pages ∥ JSON, padded to pages ∥ one page: mark, u32 length, u32 version, SHA-256 of the
 * JSON. Our own layout; the real engine keeps this in pages of its own.
 */
const MARK = Buffer.from('KTBT', 'latin1')
const SUM_AT = 12
const MAX_BOOT = 16 * 1024 * 1024

/** Writes it behind the pages, in place of an earlier one. */
export function sealDatabase(instance: Instance, database: DatabaseRecord): void {
  const file = primaryFile(database)
  const boot = bootPage(instance.store, database)
  const body = Buffer.alloc(Math.ceil(boot.length / PAGE_SIZE) * PAGE_SIZE)
  boot.copy(body)
  const end = Buffer.alloc(PAGE_SIZE)
  MARK.copy(end)
  end.writeUInt32LE(boot.length, 4)
  end.writeUInt32LE(DATABASE_VERSIONS[instance.majorVersion] ?? 0, 8)
  createHash('sha256').update(boot).digest().copy(end, SUM_AT)
  const handle = openSync(instance.disk.resolve(file.physicalName, instance.dataFolder).real, 'r+')
  try {
    ftruncateSync(handle, file.bytes)
    writeSync(handle, Buffer.concat([body, end]), 0, body.length + PAGE_SIZE, file.bytes)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

export interface DetachedDatabase {
  version: number
  boot: BootContents
}

/** undefined when the file is not the primary file of a database that was closed as a whole. */
export function readDetached(real: string): DetachedDatabase | undefined {
  const handle = openSync(real, 'r')
  try {
    const { size } = fstatSync(handle)
    if (size < 2 * PAGE_SIZE || size % PAGE_SIZE !== 0) return undefined
    const end = bytesAt(handle, size - PAGE_SIZE, PAGE_SIZE)
    const length = end.readUInt32LE(4)
    const start = size - PAGE_SIZE - Math.ceil(length / PAGE_SIZE) * PAGE_SIZE
    if (!end.subarray(0, 4).equals(MARK) || length > MAX_BOOT || start < 0) return undefined
    const boot = bytesAt(handle, start, length)
    if (
      !createHash('sha256')
        .update(boot)
        .digest()
        .equals(end.subarray(SUM_AT, SUM_AT + 32))
    )
      return undefined
    const contents = readBootPage(boot)
    const primary = contents.files.find((file) => file.kind === 'ROWS')
    return primary?.bytes === start ? { version: end.readUInt32LE(8), boot: contents } : undefined
  } finally {
    closeSync(handle)
  }
}

function bytesAt(handle: number, at: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  return bytes.subarray(0, readSync(handle, bytes, 0, length, at))
}
