import type { EncryptedBackupDraft } from '../../../shared/forms/encrypted-backup-draft.ts'
import { fileNamePart, inServerFolder } from '../../../shared/forms/names.ts'
import { runMark, type RunId } from '../../../shared/model/ids.ts'
import { pairNames, type PairNames } from '../sqlserver/plan-certificate.ts'

/**
 * Every name that a run gives. All of them hold the run's mark, so a file or database of such a name is this run's or
 * was made by somebody who copied the mark on purpose.
 */
export interface PlanNames extends PairNames {
  mark: string
  description: string
  backupSetName: string
  masterKeyFile: string
  serviceMasterKeyFile: string
  /** By position in the draft's list of databases: one file on disk, or a blob for each stripe. */
  backupFiles: readonly (readonly string[])[]
}

export const namesOf = (draft: EncryptedBackupDraft, plannedOn: string, runId: RunId): PlanNames => {
  const mark = runMark(runId)
  const tail = `${plannedOn}_${mark}`
  const inKeys = (file: string): string => inServerFolder(draft.keyFolder, file)
  return {
    mark,
    ...pairNames(draft.certificateName, draft.keyFolder, plannedOn, mark),
    description: descriptionOf(mark),
    backupSetName: `Keyturn ${tail}`,
    masterKeyFile: inKeys(`master_DMK_${tail}.key`),
    serviceMasterKeyFile: inKeys(`SMK_${tail}.key`),
    backupFiles: distinct(draft.databases.map(fileNamePart)).map((part) =>
      draft.destination === 'disk'
        ? [inServerFolder(draft.backupFolder, `${part}_${tail}.bak`)]
        : blobNames(`${part}_${tail}`, stripesOf(draft)).map((name) => `${draft.containerUrl}/${name}`),
    ),
  }
}

/** A page blob has one device. */
export const stripesOf = (draft: Pick<EncryptedBackupDraft, 'blobAccess' | 'stripes'>): number =>
  draft.blobAccess === 'access-key' ? 1 : draft.stripes

/** `Sales_20261122_k7f3ab2c_1of4.bak`: each stripe says how many there are. */
const blobNames = (stem: string, stripes: number): string[] =>
  stripes === 1
    ? [`${stem}.bak`]
    : Array.from({ length: stripes }, (_, index) => `${stem}_${index + 1}of${stripes}.bak`)

/** What a backup of this run carries in msdb and in its own header. */
export const descriptionOf = (mark: string): string => `Encrypted backup by Keyturn, keyturn:${mark}`

/** Two databases may become the same part of a file name; the later ones get a number. Case does not tell files apart. */
const distinct = (parts: readonly string[]): string[] => {
  const taken = new Set<string>()
  return parts.map((part) => {
    let free = part
    for (let number = 2; taken.has(free.toLowerCase()); number += 1) free = `${part}-${number}`
    taken.add(free.toLowerCase())
    return free
  })
}
