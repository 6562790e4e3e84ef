import type { EncryptionKeyRecord } from '../../state/encryption-model.ts'
import type { DatabaseRecord } from '../../state/model.ts'
import type { Store } from '../../state/store.ts'
import type { BackupHeader } from '../../files/index.ts'
import { protectorsOfLog } from './log-backup.ts'

/** What goes with a database into a backup, or with its files: its key under the protector, never the protector. */
export interface TravellingKey {
  record: EncryptionKeyRecord
  logProtectors: readonly string[]
  /** Changes of the key that its log holds, for 33122. Absent in what was written before they were counted along. */
  logChanges?: number | undefined
}

export function travellingKey(store: Store, database: DatabaseRecord): TravellingKey | null {
  const record = store.encryptionKeys.get(database.id)
  return record === undefined
    ? null
    : {
        record,
        logProtectors: protectorsOfLog(store, database.databaseId),
        logChanges: store.encryptionLogs.get(database.id)?.changes ?? 0,
      }
}

/** Call it inside the change that makes a database of what was restored or attached. */
export function adoptKey(store: Store, databaseId: number, travelled: TravellingKey | null): void {
  if (travelled === null) return
  const id = String(databaseId)
  store.encryptionKeys.put({ ...travelled.record, id, databaseId })
  store.encryptionLogs.put({
    id,
    databaseId,
    changes: travelled.logChanges ?? 0,
    protectors: [...travelled.logProtectors],
  })
}

/** Call it inside the change that removes a database. */
export function dropKey(store: Store, database: Pick<DatabaseRecord, 'id'>): void {
  if (store.encryptionKeys.get(database.id) !== undefined) store.encryptionKeys.delete(database.id)
  if (store.encryptionLogs.get(database.id) !== undefined) store.encryptionLogs.delete(database.id)
}

/** Encryptor type of a key in a vault, in backups and databases. */
export const SERVER_KEY = 'ASYMMETRIC KEY'

/**
 * Rows of FILELISTONLY with the thumbprint of the protector; unshown: that it belongs to a key in a vault, and on the log's
 * row all that its log needs.
 */
export function withProtectors(store: Store, database: DatabaseRecord, rows: BackupHeader[]): BackupHeader[] {
  const key = store.encryptionKeys.get(database.id)
  const log = protectorsOfLog(store, database.databaseId)
  if (log.length === 0) return rows
  return rows.map((row) => ({
    ...row,
    TDEThumbprint: key?.protector.thumbprint ?? null,
    ...(key?.protector.type === SERVER_KEY ? { ServerKey: key.protector.thumbprint } : {}),
    ...(row['Type'] === 'L' ? { LogThumbprints: log.join(' ') } : {}),
  }))
}

/** Thumbprints of every private key that the database in a backup needs, apart from the backup's own encryption. */
export function protectorsIn(fileList: readonly BackupHeader[]): string[] {
  const found = fileList.flatMap((row) => [
    ...(typeof row['TDEThumbprint'] === 'string' ? [row['TDEThumbprint']] : []),
    ...(typeof row['LogThumbprints'] === 'string' ? row['LogThumbprints'].split(' ') : []),
  ])
  return [...new Set(found)]
}

/** Those of them that are known to belong to keys in vaults. */
export const serverKeysIn = (fileList: readonly BackupHeader[]): string[] =>
  fileList.flatMap((row) => (typeof row['ServerKey'] === 'string' ? [row['ServerKey']] : []))
