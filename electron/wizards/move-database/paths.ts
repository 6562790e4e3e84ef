import { inServerFolder } from '../../../shared/forms/names.ts'

/** Paths as servers write them; Windows and Linux. */
export const fileNameOf = (path: string): string => path.slice(separatorAt(path) + 1)

/** Without its last separator, but with that of a drive (`D:\`). */
export const folderOf = (path: string): string => {
  const at = separatorAt(path)
  return at <= 0
    ? path.slice(0, at + 1)
    : /^[A-Za-z]:$/.test(path.slice(0, at))
      ? path.slice(0, at + 1)
      : path.slice(0, at)
}

const separatorAt = (path: string): number => Math.max(path.lastIndexOf('\\'), path.lastIndexOf('/'))

/** The same file name in another folder, with a mark before its ending; a name that is taken gets a number. */
export const markedIn = (folder: string, path: string, mark: string, taken: readonly string[]): string => {
  const name = fileNameOf(path)
  const dot = name.lastIndexOf('.')
  const [stem, ending] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, '']
  const named = (number: number): string =>
    inServerFolder(folder, `${stem.slice(0, 60)}_${mark}${number === 1 ? '' : `_${number}`}${ending}`)
  let number = 1
  while (taken.some((one) => one.toLowerCase() === named(number).toLowerCase())) number += 1
  return named(number)
}

/** How another machine reaches a path on a drive of this one: `\\machine\D$\folder`. */
export const adminShare = (machine: string, path: string): string =>
  /^[A-Za-z]:/.test(path) ? `\\\\${machine}\\${path[0] ?? ''}$${path.slice(2)}` : path
