import { basename, dirname, join } from 'node:path'
import { KeyturnError } from '../../shared/errors/problem.ts'
import { nodeFolderIo, type FolderIo } from './folder-io.ts'
import { manifestPath, type PackageFiles } from './package/paths.ts'
import { shownPath } from './package/verify.ts'
import { readPackageFolder } from './place-folder.ts'

/** A folder can hold very many packages; a list that a person chooses from needs no more. */
const mostShown = 200

const isName = (name: string): boolean => /^keyturn-escrow-ep-[a-km-np-z2-9]{12}$/.test(name)

/** Where a package lies: in a picked folder, or as that folder itself (`folder` null). */
export interface PackageAt {
  picked: string
  folder: string | null
}

/** Folders of packages in a picked one, sorted; null: the picked folder is a package itself. `package-not-read`. */
export const packagesIn = async (picked: string, io: FolderIo = nodeFolderIo): Promise<string[] | null> => {
  try {
    const names = await io.namesIn(picked)
    if (names.some(({ name, kind }) => name === manifestPath && kind === 'file')) return null
    return names
      .filter(({ name, kind }) => kind === 'folder' && isName(name))
      .map(({ name }) => name)
      .sort()
      .slice(0, mostShown)
  } catch (error) {
    const number =
      error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
    throw new KeyturnError(
      'package-not-read',
      { place: shownPath(basename(picked)) },
      number === '' ? {} : { vendor: { system: 'os', number } },
    )
  }
}

/**
 * The package of a picked folder: that folder, the only one in it, or the one that was chosen. Errors:
 * `escrow-drill-no-package`, `escrow-drill-several-packages`, `package-not-read`.
 */
export const findPackage = async (picked: string, chosen: string): Promise<PackageAt> => {
  const found = await packagesIn(picked)
  if (found === null) return { picked, folder: null }
  const place = shownPath(basename(picked))
  const [only] = found
  if (only === undefined) throw new KeyturnError('escrow-drill-no-package', { place })
  if (found.includes(chosen)) return { picked, folder: chosen }
  if (found.length > 1)
    throw new KeyturnError('escrow-drill-several-packages', { place, count: found.length })
  return { picked, folder: only }
}

export const pathOf = ({ picked, folder }: PackageAt): string =>
  folder === null ? picked : join(picked, folder)

/** Errors: those of `readPackageFolder`. */
export const readFilesAt = (at: PackageAt): Promise<PackageFiles> => readPackageFolder(pathOf(at))

/** The folder that the package’s folder lies in, whichever of the two was picked: what a copy is called by. */
export const aroundPackage = ({ picked, folder }: PackageAt): string =>
  folder === null ? dirname(picked) : picked
