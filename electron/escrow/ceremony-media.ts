import { randomFillSync } from 'node:crypto'
import { open, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { KeyturnError } from '../../shared/errors/problem.ts'
import type { ShareMedium } from '../../shared/model/escrow.ts'
import type { ShareGroupId } from '../../shared/model/ids.ts'
import { shareFingerprint } from '../formats/slip39/index.ts'
import { leftoversOf, writeNewFile } from '../platform/atomic-file.ts'
import { filesIn, readFileCapped } from '../platform/read-file.ts'
import type { SecretBytes } from '../platform/secret-bytes.ts'
import { longestShareFile, readShareFile } from './share-file.ts'

/** One sheet on a medium: where it is. */
export interface SheetFile {
  folder: string
  name: string
}

/** The calls of the file system that a ceremony needs. Passed in, so that tests can let each one fail. */
export interface SheetMedia {
  /** A new file, flushed; refuses where one of that name is there. Errors of local files. */
  write(sheet: SheetFile, bytes: SecretBytes): Promise<void>
  /** The words in it, read anew. `share-file-missing`, `share-file-refused`, `share-…`. The caller wipes them. */
  read(sheet: SheetFile): Promise<SecretBytes>
  /** Overwritten, then taken away; false where that was not possible. A disk may keep old blocks for a while. */
  destroy(sheet: SheetFile): Promise<boolean>
  /**
   * Destroys half-written copies of this sheet, which hold its words and stay where a medium was pulled or the program
   * was killed. False: one stays, or the folder can’t be read. Never throws.
   */
  sweep(sheet: SheetFile): Promise<boolean>
}

/** Each attempt has a name of its own: a sheet that did not read back is never written over. */
export const sheetName = (
  group: ShareGroupId,
  share: { number: number; members: number; medium: ShareMedium; attempt: number },
  rehearsal: boolean,
): string =>
  `${rehearsal ? 'REHEARSAL-' : ''}keyturn-share-${group.slice(3)}-${share.number}-of-${share.members}${
    share.attempt > 1 ? `-again-${share.attempt}` : ''
  }.${share.medium === 'paper' ? 'pdf' : 'txt'}`

/** What `sheetName` gives for a file with words in it, by whatever group. */
export const shareFileName =
  /^(REHEARSAL-)?keyturn-share-[a-km-np-z2-9]{12}-\d{1,2}-of-\d{1,2}(-again-\d{1,3})?\.txt$/

export const localMedia: SheetMedia = {
  write: ({ folder, name }, bytes) => bytes.useAsync((lent) => writeNewFile(join(folder, name), lent)),
  read: ({ folder, name }) => readSheet(join(folder, name)),
  destroy: ({ folder, name }) => destroyFile(join(folder, name)),
  sweep: async ({ folder, name }) => {
    const left = await leftoversOf(join(folder, name)).catch(() => null)
    if (left === null) return false
    const gone = await Promise.all(left.map(destroyFile))
    return gone.every(Boolean)
  },
}

const destroyFile = async (path: string): Promise<boolean> => {
  try {
    const file = await open(path, 'r+')
    try {
      const { size } = await file.stat()
      await file.write(randomFillSync(Buffer.alloc(Math.min(size, mostOverwritten))), 0, undefined, 0)
      await file.sync()
    } finally {
      await file.close()
    }
    await rm(path)
    return true
  } catch {
    return false
  }
}

/** A page of paper as PDF has some 40 kB. */
const mostOverwritten = 8 * 1024 * 1024

const readSheet = async (path: string): Promise<SecretBytes> => {
  const bytes = await readFileCapped(path, longestShareFile).catch((thrown: unknown) => {
    if (!(thrown instanceof KeyturnError) || thrown.code === 'file-too-large') throw thrown
    const { vendor } = thrown.problem
    throw new KeyturnError('share-file-missing', { file: basename(path) }, vendor ? { vendor } : {})
  })
  try {
    return readShareFile(bytes)
  } finally {
    bytes.fill(0)
  }
}

/** Names of files of shares in a folder, sorted. `local-file-not-read`. */
export const shareFilesIn = async (folder: string): Promise<string[]> =>
  (await filesIn(folder)).filter((name) => shareFileName.test(name)).slice(0, 64)

/** The fingerprint of a share in a file; nothing else of it is kept. */
export const fingerprintIn = async (media: Pick<SheetMedia, 'read'>, sheet: SheetFile): Promise<string> => {
  using words = await media.read(sheet)
  return shareFingerprint(words)
}
