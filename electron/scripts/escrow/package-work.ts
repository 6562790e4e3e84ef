import type { Script } from '../../../shared/model/script.ts'

/**
 * What Keyturn does with the files of a package, as the review shows it. Nothing is sent anywhere: the steps do exactly
 * this. Names of the person’s folders are left out, as in every plan; the review notes them.
 */
export interface PackageFile {
  path: string
  what: string
}

export const placeWords = { folder: 'folder', 'network-share': 'network share', usb: 'USB medium' } as const

const file = (...lines: string[]): Script => ({ language: 'file', parts: [lines.join('\n')] })

/** Who opens a package together; blanks where no group is chosen yet. */
export const groupText = (group: {
  name: string
  id: string
  threshold: number
  members: readonly unknown[]
}): string =>
  `public key and sealed private key of ${group.name} (${group.id}): any ${group.threshold || '‹needed›'} of ${group.members.length || '‹holders›'} shares open it`

/** Names come from servers and files: one line each. */
export const oneLine = (text: string): string => text.replace(/\p{Cc}|[\u2028\u2029]/gu, ' ')

export const listedFiles = (files: readonly PackageFile[]): string[] =>
  files.map(({ path, what }) => `  ${path.padEnd(24)} ${oneLine(what)}`)

export const writePackageWork = (folder: string, place: string, files: readonly PackageFile[]): Script =>
  file(
    `WRITE ${folder} into the ${place}`,
    ...listedFiles(files),
    'First under a name that begins with .keyturn-part-, flushed, then renamed: a broken-off package has no name of one.',
  )

export const copyPackageWork = (folder: string, from: string, place: string): Script =>
  file(
    `COPY ${folder} from the ${from} into the ${place}`,
    'Read and checked first; the same bytes of each file are written, read back and compared.',
  )

export const registerPackageWork = (folder: string, places: readonly string[]): Script =>
  file(
    ...places.map((place) => `READ ${folder} in the ${place}: every file, its hash, the signature`),
    'REGISTER it as escrowed in those places',
  )
