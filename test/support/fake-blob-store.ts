import { randomBytes } from 'node:crypto'
import { KeyturnError } from '../../shared/errors/problem.ts'
import {
  blobNameProblem,
  containerNameProblem,
  storagePlaceOf,
  type AzurePrincipal,
} from '../../shared/model/azure.ts'
import type { TargetRef } from '../../shared/model/target.ts'
import { SecretBytes } from '../../electron/platform/secret-bytes.ts'
import {
  mostDelegatedDays,
  mostReadBytes,
  mostWrittenBytes,
  type BlobFacts,
  type BlobStore,
} from '../../electron/ports/storage.ts'

/** What a fake account holds; tests look into it and change it. By container, then by blob. */
export type FakeBlobs = Map<string, Map<string, { facts: BlobFacts; bytes: Uint8Array }>>

export interface FakeBlobOptions {
  ref: TargetRef
  host: string
  principal: AzurePrincipal
  /** Asked before each call: an error that it gives is thrown instead. `after`: the effect is there, the answer lost. */
  fail?: (call: { name: string; key: string; when: 'before' | 'after' }) => KeyturnError | null
}

/** A storage account over plain maps: names, ETags and conditions; signatures are random text. */
export const fakeBlobStore = (options: FakeBlobOptions): { store: BlobStore; blobs: FakeBlobs } => {
  const { ref, host, principal } = options
  const target = ref.name
  const blobs: FakeBlobs = new Map()
  const named = (problem: string | null): void => {
    if (problem !== null) throw new KeyturnError('azure-name', { target, what: problem })
  }
  const call = async <Answer>(name: string, about: string | null, work: () => Answer): Promise<Answer> => {
    const key = about ?? ''
    const [container = '', ...blob] = key.split('/')
    if (about !== null) named(containerNameProblem(container))
    if (blob.length > 0) named(blobNameProblem(blob.join('/')))
    const before = options.fail?.({ name, key, when: 'before' })
    if (before) throw before
    const answer = work()
    const after = options.fail?.({ name, key, when: 'after' })
    if (after) throw after
    return answer
  }
  const inside = (container: string): Map<string, { facts: BlobFacts; bytes: Uint8Array }> => {
    const found = blobs.get(container)
    if (found === undefined) throw new KeyturnError('storage-container-unknown', { target, container })
    return found
  }
  const atVersion = (container: string, name: string, etag: string) => {
    const found = inside(container).get(name)
    const blob = `${container}/${name}`
    if (found === undefined) throw new KeyturnError('storage-blob-unknown', { target, blob })
    if (found.facts.etag !== etag) throw new KeyturnError('storage-blob-changed', { target, blob })
    return found
  }
  const store: BlobStore = {
    ref,
    principal,
    account: storagePlaceOf(host)?.account ?? '',
    host,
    containers: () => call('containers', null, () => [...blobs.keys()].sort()),
    createContainer: (name) =>
      call('createContainer', name, () => {
        if (blobs.has(name)) return false
        blobs.set(name, new Map())
        return true
      }),
    blobs: (container, prefix) =>
      call('blobs', container, () =>
        [...inside(container).values()]
          .filter(({ facts }) => facts.name.startsWith(prefix))
          .map(({ facts }) => ({ ...facts, mark: null })),
      ),
    blob: (container, name) =>
      call('blob', `${container}/${name}`, () => blobs.get(container)?.get(name)?.facts ?? null),
    read: (container, name, { from, length, etag }) =>
      call('read', `${container}/${name}`, () => {
        if (length > mostReadBytes) throw new KeyturnError('internal')
        return atVersion(container, name, etag).bytes.slice(from, from + length)
      }),
    writeNew: (container, name, bytes, mark) =>
      call('writeNew', `${container}/${name}`, () => {
        if (bytes.length > mostWrittenBytes) throw new KeyturnError('internal')
        const there = inside(container)
        if (there.has(name))
          throw new KeyturnError('storage-blob-exists', { target, blob: `${container}/${name}` })
        const facts: BlobFacts = {
          name,
          bytes: bytes.length,
          type: 'block',
          etag: `"0x${randomBytes(8).toString('hex').toUpperCase()}"`,
          changed: new Date().toISOString(),
          lease: 'free',
          mark,
        }
        there.set(name, { facts, bytes: Uint8Array.from(bytes) })
        return facts
      }),
    deleteBlob: (container, name, etag) =>
      call('deleteBlob', `${container}/${name}`, () => {
        if (blobs.get(container)?.has(name) !== true) return
        atVersion(container, name, etag)
        blobs.get(container)?.delete(name)
      }),
    signContainer: (request) =>
      call('signContainer', request.container, () => {
        const { rights, starts, expires, by } = request
        if (rights.length === 0 || !(Date.parse(starts) < Date.parse(expires)))
          throw new KeyturnError('azure-name', { target, what: 'a signature needs a right and an end' })
        if (by.kind === 'sign-in' && Date.parse(expires) - Date.now() > mostDelegatedDays * 86_400_000)
          throw new KeyturnError('storage-signature-too-long', { days: mostDelegatedDays })
        return SecretBytes.fromText(`sv=fake&sig=${randomBytes(24).toString('base64url')}`)
      }),
  }
  return { store, blobs }
}
