import type { EncryptedBackupDraft } from '../../../shared/forms/encrypted-backup-draft.ts'
import type { VolumeFact } from '../sqlserver/facts-model.ts'
import { volumeOf } from '../sqlserver/volumes.ts'
import type { Facts } from './facts-model.ts'

export interface SpaceEstimate {
  /** Bytes of all chosen databases; null: at least one size is not known. */
  neededBytes: number | null
  /** True where every size comes from a full backup on record; data files alone are an upper limit. */
  fromBackups: boolean
  /** The volume of the backup folder; null: it holds no database file, so the server does not report it. */
  volume: VolumeFact | null
}

export const spaceFor = (
  draft: Pick<EncryptedBackupDraft, 'databases' | 'backupFolder'>,
  facts: Facts,
): SpaceEstimate => {
  const chosen = facts.databases.read
    ? draft.databases.map(
        (name) => facts.databases.read && facts.databases.value.find((d) => d.name === name),
      )
    : []
  const sizes = chosen.map((database) => (database ? (database.lastBackupBytes ?? database.dataBytes) : null))
  const complete = sizes.length > 0 && sizes.every((size) => size !== null)
  return {
    neededBytes: complete ? sizes.reduce((sum, size) => sum + size, 0) : null,
    fromBackups: chosen.every((database) => database && database.lastBackupBytes !== null),
    volume: facts.volumes.read ? volumeOf(draft.backupFolder, facts.volumes.value) : null,
  }
}
