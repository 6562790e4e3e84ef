import type { EncryptedBackupDraft } from '../../../shared/forms/encrypted-backup-draft.ts'
import { blockBlobBytes, mostStripes, pageBlobBytes } from '../../../shared/model/storage.ts'
import type { Blocker } from '../../../shared/model/plan.ts'
import { storageBlockers, tokenEndBlockers } from '../sqlserver/storage-rules.ts'
import { bytesText } from '../sqlserver/words.ts'
import type { Facts } from './facts-model.ts'
import { sizeOf } from './space.ts'

/** A block blob has 50,000 blocks, each of at most the transfer size. */
export const stripeBytes = (draft: Pick<EncryptedBackupDraft, 'blobAccess' | 'transferSize'>): number =>
  draft.blobAccess === 'access-key' ? pageBlobBytes : Math.min(blockBlobBytes, 50_000 * draft.transferSize)

/** How many stripes hold so many bytes, with a fifth left free. */
export const stripesFor = (bytes: number, ofOne: number): number =>
  Math.max(1, Math.ceil(bytes / (ofOne * 0.8)))

/** What one backup of the draft can be at most. */
export const roomOf = (draft: EncryptedBackupDraft): number =>
  stripeBytes(draft) * (draft.blobAccess === 'access-key' ? 1 : draft.stripes)

export const destinationBlockers = (draft: EncryptedBackupDraft, facts: Facts): Blocker[] =>
  draft.destination === 'disk'
    ? []
    : [
        ...storageBlockers(draft, facts, facts.credentials, 'destination'),
        ...tokenEndBlockers(draft, facts.secrets, facts.readAt, 'destination'),
        ...sizeBlockers(draft, facts),
      ]

/** What would hold so many bytes: more stripes only where there are as many. */
const wayOut = (draft: EncryptedBackupDraft, bytes: number): string => {
  if (draft.blobAccess === 'access-key') return ': a page blob. Use a shared access signature and stripes'
  const stripes = stripesFor(bytes, stripeBytes(draft))
  return stripes > mostStripes
    ? `. Use a larger transfer size, or compress; ${mostStripes} stripes are the most`
    : `. Use ${stripes} stripes, or a larger transfer size`
}

/** Only what is measured blocks: an earlier backup before compression that the stripes would not hold. */
const sizeBlockers = (draft: EncryptedBackupDraft, facts: Facts): Blocker[] => {
  if (draft.compression) return []
  const room = roomOf(draft)
  return draft.databases.flatMap((name) => {
    const { bytes, fromBackup } = sizeOf(name, facts)
    return bytes === null || !fromBackup || bytes <= room
      ? []
      : [
          {
            what: `The backup of ${name} does not fit into its blobs`,
            measured: `${bytesText(bytes)} by its last full backup`,
            limit: `${bytesText(room)}${wayOut(draft, bytes)}`,
            screen: 'destination',
          },
        ]
  })
}
