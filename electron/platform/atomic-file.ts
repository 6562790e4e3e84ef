import { randomBytes } from 'node:crypto'
import { link, open, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { KeyturnError } from '../../shared/errors/problem.ts'
import type { ErrorCode } from '../../shared/errors/catalogue.ts'

const marker = '.keyturn-part-'

export interface WriteOptions {
  /** Permission bits of the new file; default 0600. Windows ignores them and inherits the folder's. */
  mode?: number
}

/**
 * Replaces a file as a whole: after a crash at any instant the old or the new content is there, never a mixture. Both
 * the file and its folder are flushed before this returns. Repeating it with the same bytes changes nothing.
 * Errors: `local-disk-full`, `local-folder-read-only`, `local-folder-missing`, `local-file-not-written`.
 */
export const writeFileAtomic = (path: string, bytes: Uint8Array, options: WriteOptions = {}): Promise<void> =>
  asLocalError(path, async () => {
    const part = await writePart(path, bytes, options)
    await removingOnFailure(part, () => rename(part, path))
    await flushFolder(dirname(path))
  })

/**
 * Like `writeFileAtomic`, but refuses (`local-file-exists`) where something of that name is already there. The check
 * and the naming are one operation of the file system (a hard link, or an exclusive create where links are missing).
 */
export const writeNewFile = (path: string, bytes: Uint8Array, options: WriteOptions = {}): Promise<void> =>
  asLocalError(path, async () => {
    const part = await writePart(path, bytes, options)
    await removingOnFailure(part, async () => {
      try {
        await link(part, path)
      } catch (error) {
        if (!linksAreMissing(error)) throw error
        await writeExclusive(path, bytes, options)
      }
    })
    await rm(part, { force: true })
    await flushFolder(dirname(path))
  })

/** Removes what a killed process left half written beside this file. Call it where no other process can be writing. */
export const removeLeftovers = async (path: string): Promise<number> => {
  const left = await leftoversOf(path).catch(() => [])
  for (const one of left) await rm(one, { force: true })
  return left.length
}

/** Paths of what is half written beside this file. Throws the file system’s error where its folder can’t be read. */
export const leftoversOf = async (path: string): Promise<string[]> => {
  const folder = dirname(path)
  const prefix = leftoverPrefix(basename(path))
  return (await readdir(folder)).filter((name) => name.startsWith(prefix)).map((name) => join(folder, name))
}

/** How the names of what is half written of a file begin. */
export const leftoverPrefix = (name: string): string => `.${name}${marker}`

const writePart = async (path: string, bytes: Uint8Array, options: WriteOptions): Promise<string> => {
  const part = join(dirname(path), `${leftoverPrefix(basename(path))}${randomBytes(6).toString('hex')}`)
  await writeExclusive(part, bytes, options)
  return part
}

const writeExclusive = async (path: string, bytes: Uint8Array, options: WriteOptions): Promise<void> => {
  const file = await open(path, 'wx', options.mode ?? 0o600)
  await removingOnFailure(path, async () => {
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
  })
}

const removingOnFailure = async (path: string, work: () => Promise<void>): Promise<void> => {
  try {
    await work()
  } catch (error) {
    await rm(path, { force: true }).catch(() => undefined)
    throw error
  }
}

/** Without this the new name itself may be lost in a power cut. Windows has no such call and needs none. */
const flushFolder = async (folder: string): Promise<void> => {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } catch (error) {
    if (!folderFlushIsMissing(error)) throw error
  } finally {
    await handle.close()
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''

/**
 * `EISDIR`: what an exFAT volume answers under Windows, though no folder is there (nodejs/node issue 65817). Where one
 * is there, the exclusive create that follows refuses it as it refuses any taken name.
 */
const linksAreMissing = (error: unknown): boolean =>
  ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EINVAL', 'EISDIR'].includes(codeOf(error))

const folderFlushIsMissing = (error: unknown): boolean =>
  ['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(codeOf(error))

const localErrors: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'local-disk-full',
  EDQUOT: 'local-disk-full',
  EFBIG: 'local-disk-full',
  EACCES: 'local-folder-read-only',
  EPERM: 'local-folder-read-only',
  EROFS: 'local-folder-read-only',
  ENOENT: 'local-folder-missing',
  ENOTDIR: 'local-folder-missing',
  EEXIST: 'local-file-exists',
}

/** The reading of a file system's answer about this file. The answer's own text is not kept: it may hold other paths. */
export const localFileError = (error: unknown, path: string): KeyturnError => {
  if (error instanceof KeyturnError) return error
  const number = codeOf(error)
  return new KeyturnError(
    localErrors[number] ?? 'local-file-not-written',
    { file: basename(path) },
    number === '' ? {} : { vendor: { system: 'os', number } },
  )
}

const asLocalError = async (path: string, work: () => Promise<void>): Promise<void> => {
  try {
    await work()
  } catch (error) {
    throw localFileError(error, path)
  }
}
