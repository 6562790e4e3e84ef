import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import type { DatabaseFile, DatabaseRecord } from '../state/model.ts'
import type { Instance } from './instance.ts'
import { newGuid } from './instance.ts'
import { PAGE_SIZE, samplePage } from './pages.ts'

const LOG_PAGES = 8

/** Names of a new database's files in the instance's data folder. */
export function defaultFiles(instance: Instance, name: string, dataBytes: number): DatabaseFile[] {
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
  ]
}

/** Writes the pages of a new database. Throws OsError where the disk refuses. */
export function writeDatabaseFiles(instance: Instance, name: string, files: readonly DatabaseFile[]): void {
  for (const file of files) {
    const place = instance.disk.forWriting(file.physicalName, instance.dataFolder)
    const handle = openSync(place.real, 'wx', 0o600)
    try {
      for (let number = 0; number * PAGE_SIZE < file.bytes; number += 1)
        writeSync(handle, samplePage(number, name))
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
    hasFullBackup: false,
    familyGuid: newGuid(),
    files,
    lastLsn: 34000000012800001,
  }
}
