import type { BackupSink } from '../../files/index.ts'
import type { BlobClient } from './blob-client.ts'
import { remoteException } from './blob-errors.ts'

const PAGE = 512
/** Of a page blob while it is written; at the end it is cut to what was written. */
const LARGEST = 2 ** 40
const CHUNK = 1024 * 1024
/** How long the file in it is: pages are whole. Ours: nothing like it is known of the real layout. */
export const LENGTH_METADATA = 'x-ms-meta-ktrlength'

/**
 * Writes a page blob under a lease that does not end by itself. A backup that fails takes the blob away again; one that
 * was killed leaves it, leased.
 */
export const openPageBlob = async (
  client: BlobClient,
  shown: string,
  signal: AbortSignal,
): Promise<BackupSink> => {
  let written = 0
  let pending: Buffer[] = []
  let pendingBytes = 0
  let committed = false
  let opening = true
  const ask = async (
    order: Parameters<BlobClient['ask']>[0],
    until: AbortSignal = signal,
  ): ReturnType<BlobClient['ask']> => {
    try {
      return await client.ask(order, until)
    } catch (error) {
      throw remoteException(shown, error, opening)
    }
  }
  const lease = await begin(ask).catch((error: unknown) => {
    client.close()
    throw error
  })
  opening = false
  const leased = { 'x-ms-lease-id': lease }
  const write = async (bytes: Buffer): Promise<void> => {
    const body = Buffer.alloc(Math.ceil(bytes.length / PAGE) * PAGE)
    bytes.copy(body)
    await ask({
      method: 'PUT',
      query: { comp: 'page' },
      headers: {
        ...leased,
        'x-ms-page-write': 'update',
        'x-ms-range': `bytes=${written}-${written + body.length - 1}`,
      },
      body,
    })
    written += bytes.length
  }
  return {
    append: async (bytes) => {
      pending.push(bytes)
      pendingBytes += bytes.length
      if (pendingBytes < CHUNK) return
      const all = Buffer.concat(pending)
      const whole = all.length - (all.length % CHUNK)
      for (let at = 0; at < whole; at += CHUNK) await write(all.subarray(at, at + CHUNK))
      pending = [all.subarray(whole)]
      pendingBytes = all.length - whole
    },
    commit: async () => {
      if (pendingBytes > 0) await write(Buffer.concat(pending))
      await ask({
        method: 'PUT',
        query: { comp: 'properties' },
        headers: { ...leased, 'x-ms-blob-content-length': String(Math.ceil(written / PAGE) * PAGE) },
      })
      await ask({
        method: 'PUT',
        query: { comp: 'metadata' },
        headers: { ...leased, [LENGTH_METADATA]: String(written) },
      })
      await ask({
        method: 'PUT',
        query: { comp: 'lease' },
        headers: { ...leased, 'x-ms-lease-action': 'release' },
      })
      committed = true
    },
    close: async () => {
      // Also where the statement was stopped. Where the service does not answer, the blob stays as an orphan.
      if (!committed)
        await client
          .ask({ method: 'DELETE', headers: leased }, AbortSignal.timeout(5000))
          .catch(() => undefined)
      client.close()
    },
  }
}

const begin = async (ask: (order: Parameters<BlobClient['ask']>[0]) => ReturnType<BlobClient['ask']>) => {
  await ask({
    method: 'PUT',
    headers: { 'x-ms-blob-type': 'PageBlob', 'x-ms-blob-content-length': String(LARGEST) },
  })
  const { headers } = await ask({
    method: 'PUT',
    query: { comp: 'lease' },
    headers: { 'x-ms-lease-action': 'acquire', 'x-ms-lease-duration': '-1' },
  })
  return String(headers['x-ms-lease-id'])
}
