import { lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { constants } from 'node:fs'

/** The calls of the file system that a folder of packages needs. Passed in, so that tests can let each one fail. */
export interface FolderIo {
  /** Null: there is nothing of that name. Of a link it tells of the link. */
  kindOf(path: string): Promise<'file' | 'folder' | 'link' | 'other' | null>
  namesIn(folder: string): Promise<{ name: string; kind: 'file' | 'folder' | 'link' | 'other' }[]>
  makeFolder(path: string): Promise<void>
  /** A new file, flushed. */
  writeFile(path: string, bytes: Uint8Array): Promise<void>
  /** At most `limit` bytes and one more, so that a file that has more shows itself; never through a link, never waiting. */
  readFile(path: string, limit: number): Promise<Uint8Array>
  flushFolder(path: string): Promise<void>
  rename(from: string, to: string): Promise<void>
  /** With everything in it; links in it are taken away, not followed. Nothing there is no error. */
  remove(path: string): Promise<void>
}

interface Kinds {
  isFile(): boolean
  isDirectory(): boolean
  isSymbolicLink(): boolean
}

const kindOf = (entry: Kinds): 'file' | 'folder' | 'link' | 'other' => {
  if (entry.isSymbolicLink()) return 'link'
  return entry.isFile() ? 'file' : entry.isDirectory() ? 'folder' : 'other'
}

export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''

/** Windows has neither flag; there the listing alone tells links and devices. */
const readFlags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

export const nodeFolderIo: FolderIo = {
  kindOf: async (path) => {
    try {
      return kindOf(await lstat(path))
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return null
      throw error
    }
  },
  namesIn: async (folder) =>
    (await readdir(folder, { withFileTypes: true })).map((entry) => ({
      name: entry.name,
      kind: kindOf(entry),
    })),
  makeFolder: async (path) => void (await mkdir(path, { mode: 0o700 })),
  writeFile: async (path, bytes) => {
    const file = await open(path, 'wx', 0o600)
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
  },
  readFile: async (path, limit) => {
    const file = await open(path, readFlags)
    try {
      const { size } = await file.stat()
      const bytes = Buffer.alloc(Math.min(size, limit) + 1)
      let length = 0
      while (length < bytes.length) {
        const { bytesRead } = await file.read(bytes, length, bytes.length - length, length)
        if (bytesRead === 0) break
        length += bytesRead
      }
      return bytes.subarray(0, length)
    } finally {
      await file.close()
    }
  },
  flushFolder: async (path) => {
    if (process.platform === 'win32') return
    const folder = await open(path, 'r')
    try {
      await folder.sync()
    } catch (error) {
      if (!['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(codeOf(error))) throw error
    } finally {
      await folder.close()
    }
  },
  rename,
  remove: (path) => rm(path, { recursive: true, force: true }),
}
