import type { Script } from '../../../shared/model/script.ts'
import { keyWork, type OpenedWith } from './drill-work.ts'
import { listedFiles, oneLine, type PackageFile } from './package-work.ts'

/** What Keyturn does when it wraps a package anew, as the review shows it. Nothing of it is sent anywhere. */

export interface Rewrapped {
  old: string
  folder: string
  place: string
  opened: OpenedWith
  /** Names of the group and the certificates that the new package is for. */
  openers: readonly string[]
  files: readonly PackageFile[]
}

export const rewrapPackageWork = ({ old, folder, place, opened, openers, files }: Rewrapped): Script => ({
  language: 'file',
  parts: [
    `READ ${old}: every file, its length and SHA-256, the signature\n`,
    ...keyWork(opened),
    '\n  each item: open its content key with it, decipher the content to check it and wipe it unread,',
    `\n    wrap the content key for ${openers.map(oneLine).join(', ')}`,
    '\n  wipe the group’s key',
    `\nWRITE ${folder} into the ${place}\n`,
    listedFiles(files).join('\n'),
    '\nFirst under a name that begins with .keyturn-part-, flushed, then renamed: a broken-off package has no name of one.',
    '\nREAD it back and compare every byte',
  ],
})

export const removePackageWork = (folder: string, place: string): Script => ({
  language: 'file',
  parts: [
    `READ ${folder} in the ${place}: only the package of this run is taken away, and only while the old one is there\nREMOVE it, and its line in the list of packages`,
  ],
})

export const replacePackageWork = (old: string, by: string): Script => ({
  language: 'file',
  parts: [`REGISTER ${old} as replaced by ${by}\n  its folders stay as they are`],
})

export const keepPackageWork = (old: string): Script => ({
  language: 'file',
  parts: [`REGISTER ${old} as not replaced`],
})

export const listRemainsWork = (group: string): Script => ({
  language: 'file',
  parts: [
    `READ the list of packages\n  old folders of the replaced packages, by their places\n  packages that still are for ${oneLine(group)}, and so still need its shares`,
  ],
})
