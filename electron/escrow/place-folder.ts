import { randomBytes } from 'node:crypto'
import { basename, join } from 'node:path'
import type { ErrorCode } from '../../shared/errors/catalogue.ts'
import { KeyturnError } from '../../shared/errors/problem.ts'
import { packageFolderName, type PlaceKind } from '../../shared/model/escrow.ts'
import type { PackageId } from '../../shared/model/ids.ts'
import { codeOf, nodeFolderIo, type FolderIo } from './folder-io.ts'
import {
  isPackagePath,
  limitOf,
  mostBytes,
  mostFiles,
  packageFolders,
  type PackageFiles,
} from './package/paths.ts'
import { shownPath, wrongFile } from './package/verify.ts'
import type { EscrowPlace } from './place.ts'

export interface FolderPlaceOptions {
  /** Picked by a person; may itself be reached through links. */
  folder: string
  kind: Exclude<PlaceKind, 'blob-container'>
  label: string
  io?: FolderIo
}

const marker = '.keyturn-part-'

/** A local folder, a network share or a USB medium. Folders are made with mode 0700, files with 0600. */
export const folderPlace = ({ folder, kind, label, io = nodeFolderIo }: FolderPlaceOptions): EscrowPlace => ({
  kind,
  label,
  write: (id, files) => writeFolder(io, folder, id, files),
  read: (id) => readPackageFolder(join(folder, packageFolderName(id)), io),
  remove: (id) => removeFolder(io, folder, id),
})

/** A killed removal leaves a part of another name, which is no package and goes with the next try. */
const removeFolder = async (io: FolderIo, folder: string, id: PackageId): Promise<void> => {
  const target = join(folder, packageFolderName(id))
  try {
    if ((await io.kindOf(target)) !== null) {
      await io.rename(target, join(folder, `${marker}${id}-${randomBytes(6).toString('hex')}`))
      await io.flushFolder(folder)
    }
    await removeParts(io, folder, id)
  } catch (error) {
    throw new KeyturnError('package-not-removed', { name: basename(target) }, vendorOf(error))
  }
}

const writeFolder = async (
  io: FolderIo,
  folder: string,
  id: PackageId,
  files: PackageFiles,
): Promise<void> => {
  const target = join(folder, packageFolderName(id))
  const part = join(folder, `${marker}${id}-${randomBytes(6).toString('hex')}`)
  try {
    if ((await io.kindOf(target)) !== null) throw exists(target)
    await removeParts(io, folder, id)
    await io.makeFolder(part)
    await fill(io, part, files)
    // Onto a folder that came meanwhile this fails, unless that one is empty.
    await io.rename(part, target)
  } catch (error) {
    await taking(io, part, folder)
    throw placeError(error, target)
  }
  try {
    await io.flushFolder(folder)
  } catch (error) {
    await taking(io, target, folder)
    throw placeError(error, target)
  }
}

const fill = async (io: FolderIo, part: string, files: PackageFiles): Promise<void> => {
  const folders = packageFolders.filter((name) =>
    [...files.keys()].some((path) => path.startsWith(`${name}/`)),
  )
  for (const name of folders) await io.makeFolder(join(part, name))
  for (const [path, bytes] of files) await io.writeFile(join(part, ...path.split('/')), bytes)
  for (const name of folders) await io.flushFolder(join(part, name))
  await io.flushFolder(part)
}

/** Of this package alone: another one can be in the middle of being written by another program. */
const removeParts = async (io: FolderIo, folder: string, id: PackageId): Promise<void> => {
  for (const { name, kind } of await io.namesIn(folder))
    if (kind === 'folder' && name.startsWith(`${marker}${id}-`)) await io.remove(join(folder, name))
}

/** Takes away what was begun. Where even that fails, and something may be left, that is the answer. */
const taking = async (io: FolderIo, path: string, folder: string): Promise<void> => {
  try {
    await io.remove(path)
  } catch (error) {
    if ((await io.kindOf(folder).catch(() => null)) === null) return
    throw new KeyturnError('package-left-over', { name: basename(path) }, vendorOf(error))
  }
}

const placeErrors: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'package-place-full',
  EDQUOT: 'package-place-full',
  EFBIG: 'package-place-full',
  EACCES: 'package-place-read-only',
  EPERM: 'package-place-read-only',
  EROFS: 'package-place-read-only',
  ENOENT: 'package-place-gone',
  ENOTDIR: 'package-place-gone',
  ENODEV: 'package-place-gone',
  ENXIO: 'package-place-gone',
  ESTALE: 'package-place-gone',
  ENOTCONN: 'package-place-gone',
  EHOSTDOWN: 'package-place-gone',
  EEXIST: 'package-exists',
  ENOTEMPTY: 'package-exists',
}

const exists = (target: string): KeyturnError =>
  new KeyturnError('package-exists', { name: basename(target) })

const placeError = (error: unknown, target: string): KeyturnError =>
  error instanceof KeyturnError
    ? error
    : new KeyturnError(
        placeErrors[codeOf(error)] ?? 'package-place-refused',
        { name: basename(target) },
        vendorOf(error),
      )

const vendorOf = (error: unknown): { vendor?: { system: 'os'; number: string } } => {
  const number = codeOf(error)
  return number === '' ? {} : { vendor: { system: 'os', number } }
}

/**
 * The files of a package that lies in a folder, by their paths. Only names that a package can have are opened, none of
 * them through a link; what is not a plain file, or larger than its kind can be, is refused without being read.
 * `package-not-read`, `package-files`.
 */
export const readPackageFolder = async (
  folder: string,
  io: FolderIo = nodeFolderIo,
): Promise<PackageFiles> => {
  try {
    const kind = await io.kindOf(folder)
    if (kind === null) throw notRead(folder, 'ENOENT')
    if (kind !== 'folder') throw wrongFile('The folder', kind === 'link' ? 'is a link' : 'is no folder')
    const paths = await listed(io, folder)
    if (paths.length > mostFiles) throw wrongFile('The folder', `holds more than ${mostFiles} files`)
    const files = new Map<string, Uint8Array>()
    let all = 0
    // A few at a time: a share answers each slowly, and files of a package are small.
    for (let at = 0; at < paths.length; at += 8) {
      const some = paths.slice(at, at + 8)
      const read = await Promise.all(some.map((path) => readOne(io, folder, path)))
      for (const [index, bytes] of read.entries()) {
        all += bytes.length
        files.set(some[index] ?? '', bytes)
      }
      if (all > mostBytes) throw wrongFile('The folder', `holds more than ${mostBytes} bytes`)
    }
    return files
  } catch (error) {
    throw error instanceof KeyturnError ? error : notRead(folder, codeOf(error))
  }
}

const readOne = async (io: FolderIo, folder: string, path: string): Promise<Uint8Array> => {
  const limit = limitOf(path)
  try {
    const bytes = await io.readFile(join(folder, ...path.split('/')), limit)
    if (bytes.length > limit) throw wrongFile(path, `has more than ${limit} bytes`)
    return bytes
  } catch (error) {
    if (['ELOOP', 'EMLINK'].includes(codeOf(error))) throw wrongFile(path, 'is a link')
    throw error
  }
}

const listed = async (io: FolderIo, folder: string): Promise<string[]> => {
  const paths: string[] = []
  for (const { name, kind } of await namesIn(io, folder)) {
    if (kind === 'folder' && packageFolders.includes(name)) {
      for (const inner of await namesIn(io, join(folder, name)))
        paths.push(packagePath(`${name}/${inner.name}`, inner.kind))
    } else paths.push(packagePath(name, kind))
  }
  return paths.sort()
}

const namesIn = async (io: FolderIo, folder: string): Promise<Awaited<ReturnType<FolderIo['namesIn']>>> => {
  const names = await io.namesIn(folder)
  if (names.length > mostFiles + packageFolders.length)
    throw wrongFile('The folder', `holds more than ${mostFiles} files`)
  return names
}

const packagePath = (path: string, kind: string): string => {
  if (kind === 'link') throw wrongFile(shownPath(path), 'is a link')
  if (kind !== 'file' || !isPackagePath(path)) throw wrongFile(shownPath(path), 'is no file of a package')
  return path
}

const notRead = (folder: string, number: string): KeyturnError =>
  new KeyturnError(
    'package-not-read',
    { place: shownPath(basename(folder)) },
    number === '' ? {} : { vendor: { system: 'os', number } },
  )
