import type { EncryptedBackupDraft } from '../../../shared/forms/encrypted-backup-draft.ts'
import type { Warning } from '../../../shared/model/plan.ts'
import { loginOfKey } from '../sqlserver/ekm-links.ts'
import { tokenEndWarnings } from '../sqlserver/storage-rules.ts'
import { bytesText } from '../sqlserver/words.ts'
import { roomOf } from './blockers-storage.ts'
import type { Facts } from './facts-model.ts'
import { sizeOf } from './space.ts'

export const vaultKeyWarnings = (draft: EncryptedBackupDraft, facts: Facts): Warning[] => {
  const { ekm } = facts
  if (draft.encryptor !== 'asymmetric-key' || ekm === null) return []
  return [
    {
      what: `This run makes no copy of ${draft.asymmetricKeyName}: its copies are those of its vault`,
      why: 'A backup is lost with the key: soft delete, purge protection and a key backup of the vault are its copies. Job Vault checks and makes them',
      screen: null,
    },
    ...(loginOfKey(ekm, draft.asymmetricKeyName) === null
      ? [
          {
            what: `No login is known to be made from ${draft.asymmetricKeyName}`,
            why: 'The engine uses a key by the login that was made from it and that login’s credential (SQL 33121 without). Which login belongs to which key the catalog does not say',
            screen: 'keys',
          },
        ]
      : []),
  ]
}

export const storageWarnings = (draft: EncryptedBackupDraft, facts: Facts): Warning[] =>
  draft.destination === 'disk'
    ? []
    : [
        ...tokenEndWarnings(draft, facts.secrets, facts.readAt, 'destination'),
        ...(draft.blobAccess === 'access-key'
          ? [
              {
                what: 'An access key opens the whole storage account',
                why: 'It is in the credential, and stays good until it is made anew. A shared access signature opens one container until a day, and takes larger backups',
                screen: 'destination',
              },
            ]
          : []),
        ...(draft.blobAccess !== 'access-key' && draft.stripes > 1
          ? [
              {
                what: `Each backup is in ${draft.stripes} blobs`,
                why: 'A restore needs all of them: one that is deleted loses the whole backup',
                screen: 'destination',
              },
            ]
          : []),
        ...sizeWarnings(draft, facts),
      ]

/** By data files, which are an upper limit, or before compression: what does not fit for sure blocks instead. */
const sizeWarnings = (draft: EncryptedBackupDraft, facts: Facts): Warning[] => {
  const room = roomOf(draft)
  return draft.databases.flatMap((name) => {
    const { bytes, fromBackup } = sizeOf(name, facts)
    return bytes === null || bytes <= room || (fromBackup && !draft.compression)
      ? []
      : [
          {
            what: `The backup of ${name} may not fit into its blobs`,
            why: `Up to ${bytesText(bytes)} before compression; they hold ${bytesText(room)}`,
            screen: 'destination',
          },
        ]
  })
}
