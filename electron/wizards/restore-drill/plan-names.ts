import type { RestoreDrillDraft } from '../../../shared/forms/restore-drill-draft.ts'
import { linesOf } from '../../../shared/forms/restore-drill-blobs.ts'
import { inServerFolder } from '../../../shared/forms/names.ts'
import type { DatabaseFileFact } from './facts-model.ts'

/** `KT_drill_7f3ab2cd_d1_2.ndf`: one per file of the original database. */
export const restoredFile = (
  draft: Pick<RestoreDrillDraft, 'dataFolder' | 'logFolder'>,
  database: string,
  file: DatabaseFileFact,
  index: number,
): string => {
  const folder = file.kind === 'L' ? draft.logFolder : draft.dataFolder
  const ending = file.kind === 'L' ? '.ldf' : file.kind === 'D' ? (index === 0 ? '.mdf' : '.ndf') : ''
  return inServerFolder(folder, `${database}_${index + 1}${ending}`)
}

/** The last part of a recorded path, whichever system wrote it. */
export const baseName = (path: string): string => path.split(/[\\/]/).at(-1) ?? path

/** Where the drill server finds the files of one backup of the history, in the order of their stripes. */
export const seenFiles = (
  draft: Pick<RestoreDrillDraft, 'filesWhere' | 'backupFolder' | 'containerUrl' | 'blobUrls'>,
  recorded: readonly string[],
): string[] => {
  switch (draft.filesWhere) {
    case 'same':
      return [...recorded]
    case 'folder':
      return recorded.map((file) => inServerFolder(draft.backupFolder, baseName(file)))
    case 'container':
      return recorded.map((file) => `${draft.containerUrl}/${baseName(file)}`)
    case 'blobs':
      return linesOf(draft.blobUrls)
  }
}
