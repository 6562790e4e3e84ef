import type { BackupSink } from '../../files/index.ts'
import { BlobFailure, type BlobClient } from './blob-client.ts'
import { cannotOpenUrl, cannotWriteUrl } from './blob-errors.ts'

/** More, and the service takes no further one. */
const MOST_BLOCKS = 50_000

const blockId = (number: number): string => Buffer.from(String(number).padStart(8, '0')).toString('base64')

/**
 * Writes a block blob of blocks of `blockSize`, which become a blob at `commit`: what was there until then stays as it is.
 * Blocks of a backup that ended early are left to the service, which drops them after a week.
 */
export const openBlockBlob = async (
  client: BlobClient,
  shown: string,
  blockSize: number,
  signal: AbortSignal,
): Promise<BackupSink> => {
  let blocks = 0
  let pending: Buffer[] = []
  let pendingBytes = 0
  const put = async (id: string, body: Buffer): Promise<void> => {
    await client.ask({ method: 'PUT', query: { comp: 'block', blockid: id }, body }, signal)
  }
  const send = async (bytes: Buffer): Promise<void> => {
    try {
      if (blocks === MOST_BLOCKS) throw new BlobFailure(409, 'BlockCountExceedsLimit')
      await put(blockId(blocks), bytes)
      blocks += 1
    } catch (error) {
      throw cannotWriteUrl(shown, error)
    }
  }
  try {
    // Whether it may write is known before the first page is read. This block is in no list.
    await put(blockId(99_999_999), Buffer.from('open'))
  } catch (error) {
    client.close()
    throw cannotOpenUrl(shown, error)
  }
  return {
    append: async (bytes) => {
      pending.push(bytes)
      pendingBytes += bytes.length
      if (pendingBytes < blockSize) return
      const all = Buffer.concat(pending)
      const whole = all.length - (all.length % blockSize)
      for (let at = 0; at < whole; at += blockSize) await send(all.subarray(at, at + blockSize))
      pending = [all.subarray(whole)]
      pendingBytes = all.length - whole
    },
    commit: async () => {
      if (pendingBytes > 0) await send(Buffer.concat(pending))
      const list = Array.from({ length: blocks }, (_, number) => `<Latest>${blockId(number)}</Latest>`)
      const body = Buffer.from(
        `<?xml version="1.0" encoding="utf-8"?><BlockList>${list.join('')}</BlockList>`,
      )
      try {
        await client.ask(
          {
            method: 'PUT',
            query: { comp: 'blocklist' },
            headers: { 'content-type': 'application/xml' },
            body,
          },
          signal,
        )
      } catch (error) {
        throw cannotWriteUrl(shown, error)
      }
    },
    close: async () => client.close(),
  }
}
