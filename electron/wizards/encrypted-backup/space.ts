import type { EncryptedBackupDraft } from '../../../shared/forms/encrypted-backup-draft.ts'
import type { VolumeFact } from '../sqlserver/facts-model.ts'
import { volumeOf } from '../sqlserver/volumes.ts'
import type { Facts } from './facts-model.ts'

export interface SpaceEstimate {
  /** Bytes of all chosen databases; null: at least one size is not known. */
  neededBytes: number | null
  /** True where every size comes from a full backup on record; data files alone are an upper limit. */
  fromBackups: boolean
  /** The volume of the backup folder; null: it holds no database file, so the server does not report it, or there is none. */
  volume: VolumeFact | null
}

/** Bytes of one database before compression, and whether a full backup on record says it. */
export const sizeOf = (name: string, facts: Facts): { bytes: number | null; fromBackup: boolean } => {
  const database = facts.databases.read ? facts.databases.value.find((one) => one.name === name) : undefined
  return {
    bytes: database?.lastBackupBytes ?? database?.dataBytes ?? null,
    fromBackup: database !== undefined && database.lastBackupBytes !== null,
  }
}

export const spaceFor = (
  draft: Pick<EncryptedBackupDraft, 'databases' | 'backupFolder' | 'destination'>,
  facts: Facts,
): SpaceEstimate => {
  const chosen = facts.databases.read ? draft.databases.map((name) => sizeOf(name, facts)) : []
  const sizes = chosen.map(({ bytes }) => bytes)
  const complete = sizes.length > 0 && sizes.every((size) => size !== null)
  return {
    neededBytes: complete ? sizes.reduce((sum, size) => sum + size, 0) : null,
    fromBackups: chosen.every(({ fromBackup }) => fromBackup),
    volume:
      facts.volumes.read && draft.destination === 'disk'
        ? volumeOf(draft.backupFolder, facts.volumes.value)
        : null,
  }
}
