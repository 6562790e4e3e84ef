import { open, readdir, type FileHandle } from 'node:fs/promises'
import { basename } from 'node:path'
import { KeyturnError } from '../../shared/errors/problem.ts'

/**
 * The whole of a local file that has at most `limit` bytes; a larger one is refused without being read further, so a
 * wrong pick can't fill the memory. Errors: `file-too-large`, `local-file-not-read`.
 */
export const readFileCapped = async (path: string, limit: number): Promise<Buffer> => {
  const file = basename(path)
  const handle = await open(path, 'r').catch((error: unknown) => {
    throw notRead(error, file)
  })
  try {
    const { size } = await handle.stat()
    if (size > limit) throw new KeyturnError('file-too-large', { file, limit })
    // One byte more than the file had: a file that grows meanwhile, or a device without a size, shows itself.
    const bytes = Buffer.alloc(size + 1)
    const length = await fill(handle, bytes)
    if (length > size) throw new KeyturnError('file-too-large', { file, limit: size })
    return bytes.subarray(0, length)
  } catch (error) {
    throw notRead(error, file)
  } finally {
    await handle.close()
  }
}

/** As `readFileCapped`. Null: there is nothing of that name. */
export const readFileIfThere = async (path: string, limit: number): Promise<Buffer | null> => {
  try {
    return await readFileCapped(path, limit)
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

/** The same for what may be a key: lends the bytes while `use` works on them, and fills them with zeros then. */
export const lendFileCapped = async <Result>(
  path: string,
  limit: number,
  use: (bytes: Buffer) => Result,
): Promise<Result> => {
  const bytes = await readFileCapped(path, limit)
  try {
    return use(bytes)
  } finally {
    bytes.fill(0)
  }
}

/**
 * Names of the plain files in a folder, sorted; what is a link, a folder or a device is left out. Errors:
 * `local-file-not-read`.
 */
export const filesIn = async (folder: string): Promise<string[]> => {
  try {
    const entries = await readdir(folder, { withFileTypes: true })
    return entries
      .filter((entry) => entry.isFile())
      .map(({ name }) => name)
      .sort()
  } catch (error) {
    throw notRead(error, basename(folder))
  }
}

/** True only for "there is nothing of that name"; a file that may not be read is there. */
export const isMissing = (error: unknown): boolean =>
  error instanceof KeyturnError &&
  error.problem.vendor?.system === 'os' &&
  error.problem.vendor.number === 'ENOENT'

const fill = async (handle: FileHandle, bytes: Buffer): Promise<number> => {
  let length = 0
  while (length < bytes.length) {
    const { bytesRead } = await handle.read(bytes, length, bytes.length - length, length)
    if (bytesRead === 0) break
    length += bytesRead
  }
  return length
}

const notRead = (error: unknown, file: string): KeyturnError => {
  if (error instanceof KeyturnError) return error
  const number = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
  return new KeyturnError(
    'local-file-not-read',
    { file },
    number === '' ? {} : { vendor: { system: 'os', number } },
  )
}
