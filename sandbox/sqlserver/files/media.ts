/** What a backup is written to and read from: a file of this machine, or something that keeps bytes elsewhere. */
import { open, type FileHandle } from 'node:fs/promises'

export interface BackupSink {
  append(bytes: Buffer): Promise<void>
  /** Everything that was appended is there for good when this resolves. */
  commit(): Promise<void>
  /** After `commit`, or instead of it: what was appended so far is given up. */
  close(): Promise<void>
}

export interface BackupBytes {
  readonly size: number
  /** Exactly these bytes, or fewer where the end came earlier than `size` said. */
  read(position: number, length: number): Promise<Buffer>
  close(): Promise<void>
}

/** A path on this machine, or how to open what is elsewhere. */
export type BackupPlace = string | (() => Promise<BackupSink>)
export type BackupOrigin = string | (() => Promise<BackupBytes>)

export const openSink = async (place: BackupPlace): Promise<BackupSink> =>
  typeof place === 'string' ? sinkOf(await open(place, 'wx', 0o600)) : place()

export const openBytes = async (origin: BackupOrigin): Promise<BackupBytes> => {
  if (typeof origin !== 'string') return origin()
  const handle = await open(origin, 'r')
  try {
    return bytesOf(handle, (await handle.stat()).size)
  } catch (error) {
    await handle.close()
    throw error
  }
}

const sinkOf = (handle: FileHandle): BackupSink => ({
  append: async (bytes) => handle.appendFile(bytes),
  commit: async () => handle.sync(),
  close: async () => handle.close(),
})

const bytesOf = (handle: FileHandle, size: number): BackupBytes => ({
  size,
  read: async (position, length) => {
    const bytes = Buffer.alloc(length)
    let done = 0
    while (done < length) {
      const { bytesRead } = await handle.read(bytes, done, length - done, position + done)
      if (bytesRead === 0) break
      done += bytesRead
    }
    return bytes.subarray(0, done)
  },
  close: async () => handle.close(),
})
