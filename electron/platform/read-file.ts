import { open } from 'node:fs/promises'
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
    const bytes = Buffer.alloc(limit + 1)
    let length = 0
    for (;;) {
      const { bytesRead } = await handle.read(bytes, length, bytes.length - length, length)
      length += bytesRead
      if (length > limit) throw new KeyturnError('file-too-large', { file, limit })
      if (bytesRead === 0) break
    }
    const content = Buffer.from(bytes.subarray(0, length))
    bytes.fill(0)
    return content
  } catch (error) {
    throw notRead(error, file)
  } finally {
    await handle.close()
  }
}

/** True only for "there is nothing of that name"; a file that may not be read is there. */
export const isMissing = (error: unknown): boolean =>
  error instanceof KeyturnError &&
  error.problem.vendor?.system === 'os' &&
  error.problem.vendor.number === 'ENOENT'

const notRead = (error: unknown, file: string): KeyturnError => {
  if (error instanceof KeyturnError) return error
  const number = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
  return new KeyturnError(
    'local-file-not-read',
    { file },
    number === '' ? {} : { vendor: { system: 'os', number } },
  )
}
