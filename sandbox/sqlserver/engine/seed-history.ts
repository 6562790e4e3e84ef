import type { Instance } from './instance.ts'
import { newGuid } from './guids.ts'
import { lsnAfter } from './log.ts'

const DAY = 86_400_000
const BACKUP_TAKES = 95_000
/** Blocks of the log that a day of work fills. */
const BLOCKS_A_DAY = 40

/**
 * Nightly full backups that msdb remembers and whose files are gone. The chain of the database is what they left: the
 * last one is the base of differentials, and its log can be backed up. Call it inside a change.
 */
export function seedHistory(instance: Instance, id: string, days: number): void {
  const midnight = new Date(instance.now())
  midnight.setUTCHours(1, 0, 0, 0)
  for (let day = days; day > 0; day -= 1) nightly(instance, id, new Date(midnight.getTime() - day * DAY))
}

function nightly(instance: Instance, id: string, started: Date): void {
  const { store } = instance
  const database = store.databases.get(id)
  if (database === undefined) return
  const { log } = database
  const number = store.nextNumber('backup-set', 1)
  const bytes = database.files.reduce((sum, file) => sum + file.bytes, 0)
  const finished = new Date(started.getTime() + BACKUP_TAKES).toISOString()
  const uuid = newGuid()
  const last = lsnAfter(log.nextLsn, 3)
  store.backupSets.put({
    id: String(number),
    backupSetId: number,
    uuid,
    mediaSetId: number,
    mediaUuid: newGuid(),
    databaseName: database.name,
    type: 'D',
    position: 1,
    name: 'Nightly',
    description: null,
    userName: 'sa',
    startDate: started.toISOString(),
    finishDate: finished,
    firstLsn: log.nextLsn,
    lastLsn: last,
    checkpointLsn: log.nextLsn,
    databaseBackupLsn: log.lastFullLsn,
    differentialBase: null,
    beginsLogChain: false,
    forkPointLsn: null,
    firstForkGuid: log.fork,
    lastForkGuid: log.fork,
    softwareMajorVersion: instance.majorVersion,
    serverName: instance.serverName,
    files: database.files.map((file) => ({ ...file, backedUp: file.bytes })),
    backupSize: bytes,
    compressedSize: bytes,
    copyOnly: false,
    checksums: false,
    compressed: false,
    recoveryModel: database.recoveryModel,
    keyAlgorithm: null,
    encryptorThumbprint: null,
    encryptorType: null,
    physicalNames: [
      `D:\\Backup\\${database.name}_${started.toISOString().slice(0, 10).replaceAll('-', '')}.bak`,
    ],
    familyGuid: database.familyGuid,
    databaseCreationDate: database.createDate,
    lastValidRestoreTime: finished,
  })
  store.databases.put({
    ...database,
    log: {
      ...log,
      nextLsn: lsnAfter(last, BLOCKS_A_DAY),
      backupFrom: log.backupFrom ?? (database.recoveryModel === 'SIMPLE' ? null : log.nextLsn),
      lastFullLsn: log.nextLsn,
      base: { lsn: log.nextLsn, guid: uuid, date: started.toISOString() },
    },
  })
}
