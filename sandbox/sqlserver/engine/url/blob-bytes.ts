import type { BackupBytes } from '../../files/index.ts'
import type { BlobClient } from './blob-client.ts'
import { cannotOpenUrl, cannotReadUrl } from './blob-errors.ts'
import { LENGTH_METADATA } from './page-blob.ts'

const WINDOW = 1024 * 1024

export interface OpenedBlob extends BackupBytes {
  type: 'BlockBlob' | 'PageBlob' | string
}

/** Reads a blob in windows, and only as the one that was opened: a blob that was replaced meanwhile is an error. */
export const openBlob = async (
  client: BlobClient,
  shown: string,
  signal: AbortSignal,
): Promise<OpenedBlob> => {
  const { headers } = await client.ask({ method: 'HEAD' }, signal).catch((error: unknown) => {
    client.close()
    throw cannotOpenUrl(shown, error)
  })
  const size = Number(headers[LENGTH_METADATA] ?? headers['content-length'] ?? 0)
  const match = { 'if-match': String(headers.etag) }
  let window: { at: number; bytes: Buffer } = { at: 0, bytes: Buffer.alloc(0) }
  const fetched = async (position: number, length: number): Promise<Buffer> => {
    const last = Math.min(position + Math.max(length, WINDOW), size) - 1
    try {
      const { body } = await client.ask(
        { method: 'GET', headers: { ...match, 'x-ms-range': `bytes=${position}-${last}` } },
        signal,
      )
      return body
    } catch (error) {
      throw cannotReadUrl(shown, error)
    }
  }
  return {
    type: String(headers['x-ms-blob-type']),
    size,
    read: async (position, length) => {
      const inside = position >= window.at && position + length <= window.at + window.bytes.length
      if (!inside && length > 0) window = { at: position, bytes: await fetched(position, length) }
      return Buffer.from(window.bytes.subarray(position - window.at, position - window.at + length))
    },
    close: async () => client.close(),
  }
}
