import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { OsError } from '../disk.ts'
import type { DatabaseFile, DatabaseRecord } from '../state/model.ts'
import type { Instance } from './instance.ts'
import { newGuid } from './guids.ts'
import { newLogChain } from './log.ts'
import { PAGE_SIZE, samplePage } from './pages.ts'

const LOG_PAGES = 8
const PAGES_AT_ONCE = 64

/** Names of a new database's files in the instance's data folder. */
export function defaultFiles(
  instance: Instance,
  name: string,
  dataBytes: number,
  filegroup?: string,
): DatabaseFile[] {
  const stem = name.replaceAll(/[<>:"/\\|?*\u0000-\u001f]/g, '_')
  return [
    {
      fileId: 1,
      logicalName: name,
      physicalName: `${instance.dataFolder}\\${stem}.mdf`,
      kind: 'ROWS',
      bytes: Math.max(1, Math.ceil(dataBytes / PAGE_SIZE)) * PAGE_SIZE,
    },
    {
      fileId: 2,
      logicalName: `${name}_log`,
      physicalName: `${instance.dataFolder}\\${stem}_log.ldf`,
      kind: 'LOG',
      bytes: LOG_PAGES * PAGE_SIZE,
    },
    ...(filegroup === undefined
      ? []
      : [
          {
            fileId: 3,
            logicalName: `${name}_${filegroup}`,
            physicalName: `${instance.dataFolder}\\${stem}_${filegroup}.ndf`,
            kind: 'ROWS' as const,
            bytes: LOG_PAGES * PAGE_SIZE,
            filegroup,
          },
        ]),
  ]
}

/** Writes the pages of a new database. Throws OsError where the disk refuses. */
export function writeDatabaseFiles(instance: Instance, name: string, files: readonly DatabaseFile[]): void {
  for (const file of files) {
    const place = instance.disk.forWriting(file.physicalName, instance.dataFolder)
    if (file.bytes > instance.disk.freeBytes(place.drive.letter)) throw new OsError(112)
    const handle = openSync(place.real, 'wx', 0o600)
    try {
      const pages = file.bytes / PAGE_SIZE
      for (let first = 0; first < pages; first += PAGES_AT_ONCE) {
        const count = Math.min(PAGES_AT_ONCE, pages - first)
        writeSync(handle, Buffer.concat(Array.from({ length: count }, (_, i) => samplePage(first + i, name))))
      }
      fsyncSync(handle)
    } finally {
      closeSync(handle)
    }
    instance.disk.own(place)
  }
}

export function databaseRecord(
  instance: Instance,
  databaseId: number,
  name: string,
  files: DatabaseFile[],
  ownerLogin: string,
): DatabaseRecord {
  return {
    id: String(databaseId),
    databaseId,
    name,
    ownerLogin,
    createDate: instance.now().toISOString(),
    state: 'ONLINE',
    recoveryModel: 'FULL',
    compatibilityLevel: instance.majorVersion * 10,
    readOnly: false,
    userAccess: 'MULTI_USER',
    familyGuid: newGuid(),
    files,
    rows: 0,
    log: newLogChain(),
    restoring: null,
  }
}
