import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { problemOf } from '../../shared/errors/problem.ts'
import type { SecretBytes } from '../../electron/platform/secret-bytes.ts'
import { mostReadBytes, type BlobStore } from '../../electron/ports/storage.ts'

export interface StorageBackend {
  store: BlobStore
  stop(): Promise<void>
}

export const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work
  } catch (thrown) {
    return problemOf(thrown).code
  }
  return 'it did not fail'
}

const fresh = (): string => `kt-${randomBytes(6).toString('hex')}`
const bytes = Buffer.from('0123456789')
const mark = 'abcd2345'

/** What any blob store behind the port must do. It makes a container of its own; a real account keeps it, empty. */
export const storagePortSuite = (name: string, start: () => Promise<StorageBackend>): void => {
  describe(`Storage port: ${name}`, () => {
    let backend: StorageBackend
    let store: BlobStore
    const container = fresh()

    beforeAll(async () => {
      backend = await start()
      store = backend.store
      expect(await store.createContainer(container)).toBe(true)
    })
    afterAll(() => backend.stop(), 30_000)

    it('says which account answers and as whom', () => {
      expect(store.host).toMatch(/^[a-z0-9]{3,24}\.blob\./)
      expect(store.host.startsWith(`${store.account}.`)).toBe(true)
      expect(store.principal.objectId).toMatch(/^[0-9a-f-]{36}$/)
    })

    it('makes a container once', async () => {
      expect(await store.createContainer(container)).toBe(false)
      expect(await store.containers()).toContain(container)
    })

    it('writes a new blob with its mark, finds, lists and reads it, also in parts', async () => {
      const blob = `a/${fresh()}.bin`
      const written = await store.writeNew(container, blob, bytes, mark)
      expect(written).toMatchObject({ name: blob, bytes: 10, type: 'block', mark })
      const found = await store.blob(container, blob)
      expect(found).toMatchObject({ name: blob, bytes: 10, etag: written.etag, mark, lease: 'free' })
      const [listed] = await store.blobs(container, blob)
      expect(listed).toMatchObject({ name: blob, bytes: 10, etag: written.etag })
      const { etag } = written
      expect(Buffer.from(await store.read(container, blob, { from: 0, length: 10, etag }))).toEqual(bytes)
      expect(Buffer.from(await store.read(container, blob, { from: 8, length: 10, etag }))).toEqual(
        bytes.subarray(8),
      )
    })

    it('never writes over a blob', async () => {
      const blob = fresh()
      await store.writeNew(container, blob, bytes, mark)
      expect(await codeOf(store.writeNew(container, blob, Buffer.from('other'), mark))).toBe(
        'storage-blob-exists',
      )
      expect((await store.blob(container, blob))?.bytes).toBe(10)
    })

    it('reads and deletes only the version that was seen', async () => {
      const blob = fresh()
      const { etag } = await store.writeNew(container, blob, bytes, mark)
      const other = '"0x8D00000000000000"'
      expect(await codeOf(store.read(container, blob, { from: 0, length: 4, etag: other }))).toBe(
        'storage-blob-changed',
      )
      expect(await codeOf(store.deleteBlob(container, blob, other))).toBe('storage-blob-changed')
      await store.deleteBlob(container, blob, etag)
      expect(await store.blob(container, blob)).toBeNull()
      await store.deleteBlob(container, blob, etag)
      expect(await codeOf(store.read(container, blob, { from: 0, length: 4, etag }))).toBe(
        'storage-blob-unknown',
      )
    })

    it('answers null or says so for what is not there', async () => {
      const nowhere = fresh()
      expect(await store.blob(container, nowhere)).toBeNull()
      expect(await store.blob(nowhere, nowhere)).toBeNull()
      expect(await codeOf(store.blobs(nowhere, ''))).toBe('storage-container-unknown')
      expect(await codeOf(store.writeNew(nowhere, nowhere, bytes, mark))).toBe('storage-container-unknown')
    })

    it.each(['', 'ab', 'Upper', 'two--hyphens', '-begins', 'ends-', 'under_score', '../x', 'a'.repeat(64)])(
      'sends nothing for the container %j',
      async (bad) => {
        expect(await codeOf(store.createContainer(bad))).toBe('azure-name')
        expect(await codeOf(store.blobs(bad, ''))).toBe('azure-name')
      },
    )

    it.each(['', 'a//b', '../x', 'ends.', 'a?b', 'a#b', 'a\\b', 'a\u0000b', 'x'.repeat(1025)])(
      'sends nothing for the blob %j',
      async (bad) => {
        expect(await codeOf(store.writeNew(container, bad, bytes, mark))).toBe('azure-name')
        expect(await codeOf(store.blob(container, bad))).toBe('azure-name')
      },
    )

    it('takes no more bytes at once than it says', async () => {
      const blob = fresh()
      const { etag } = await store.writeNew(container, blob, bytes, mark)
      const part = { from: 0, length: mostReadBytes + 1, etag }
      expect(await codeOf(store.read(container, blob, part))).toBe('internal')
    })

    it('signs for a container, for seven days at most, and shows the text to nobody', async () => {
      const now = Date.now()
      const request = {
        container,
        rights: ['read', 'write', 'list'] as const,
        starts: new Date(now - 60_000).toISOString(),
        expires: new Date(now + 3_600_000).toISOString(),
        by: { kind: 'sign-in' } as const,
      }
      using signature: SecretBytes = await store.signContainer(request)
      expect(signature.use((text) => text.toString('utf8'))).toMatch(/^(?!\?)\S*sig=/)
      expect(String(signature)).not.toContain('sig=')
      const days = new Date(now + 8 * 86_400_000).toISOString()
      expect(await codeOf(store.signContainer({ ...request, expires: days }))).toBe(
        'storage-signature-too-long',
      )
      expect(await codeOf(store.signContainer({ ...request, expires: request.starts }))).toBe('azure-name')
    })
  })
}
