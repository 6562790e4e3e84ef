import type { DatabaseRecord } from '../../state/model.ts'
import type { Store } from '../../state/store.ts'
import { SqlError } from '../errors.ts'

/** Two key changes fit into one log; the third needs a log backup first. */
const MAX_CHANGES = 2

/**
 * Call it inside the change that records a log backup which truncates the log (not a copy-only one), and for CHECKPOINT
 * in the simple recovery model: key changes count from zero again, and only today's protector is needed from here on.
 */
export function noteLogBackup(store: Store, databaseId: number): void {
  const id = String(databaseId)
  const key = store.encryptionKeys.get(id)
  if (key === undefined) {
    if (store.encryptionLogs.get(id) !== undefined) store.encryptionLogs.delete(id)
    return
  }
  store.encryptionLogs.put({ id, databaseId, changes: 0, protectors: [key.protector.thumbprint] })
}

/** Thumbprints whose private keys a log backup needs that is taken now: after a rotation that is more than one. */
export function protectorsOfLog(store: Store, databaseId: number): readonly string[] {
  const key = store.encryptionKeys.get(String(databaseId))
  const kept = store.encryptionLogs.get(String(databaseId))?.protectors ?? []
  return [...new Set([...kept, ...(key === undefined ? [] : [key.protector.thumbprint])])]
}

/** The same without the protector of a key that was never used: what the log is really under. */
export function protectorsOfEncryptedLog(store: Store, databaseId: number): readonly string[] {
  const unused = store.encryptionKeys.get(String(databaseId))?.state === 1
  return unused
    ? (store.encryptionLogs.get(String(databaseId))?.protectors ?? [])
    : protectorsOfLog(store, databaseId)
}

/** A protector that the log needs from now on; `change`: this was a change of the key that 33122 counts. */
export function noteKeyChange(
  store: Store,
  databaseId: number,
  thumbprints: readonly string[],
  change: boolean,
): void {
  const id = String(databaseId)
  const kept = store.encryptionLogs.get(id)
  store.encryptionLogs.put({
    id,
    databaseId,
    changes: (kept?.changes ?? 0) + (change ? 1 : 0),
    protectors: [...new Set([...(kept?.protectors ?? []), ...thumbprints])],
  })
}

export function assertLogTakesChange(store: Store, database: DatabaseRecord): void {
  if ((store.encryptionLogs.get(database.id)?.changes ?? 0) >= MAX_CHANGES)
    throw new SqlError(
      33122,
      `This command requires a database encryption scan on database '${database.name}'. However, the database has changes from previous encryption scans that are pending log backup. Take a log backup and retry the command.`,
    )
}
