import type { BlobServiceClient } from '@azure/storage-blob'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import { blobNameProblem, containerNameProblem } from '../../../shared/model/azure.ts'
import type { TargetRef } from '../../../shared/model/target.ts'
import {
  mostDelegatedDays,
  mostReadBytes,
  mostWrittenBytes,
  type BlobFacts,
  type BlobStore,
  type ContainerSignature,
} from '../../ports/storage.ts'
import type { AzureCallOptions } from '../../ports/azure-control.ts'
import { ask, type Asked, type AskOptions } from '../azure/call.ts'
import type { SignedIn } from '../azure/sign-ins.ts'
import { allOf, dateOrNull, numberOrNull, orNull, textOf } from '../azure/values.ts'
import { signedByDelegation, signedByKey } from './sign.ts'

const mostListed = 5_000
const pageSize = 1_000
/** Metadata names are words without hyphens. */
export const markName = 'keyturnrun'

export interface OpenedStore {
  client: BlobServiceClient
  ref: TargetRef
  account: string
  host: string
  signedIn: SignedIn
}

/** Blobs of one account through the vendor's client. */
export const storeOf = ({ client, ref, account, host, signedIn }: OpenedStore): BlobStore => {
  const target = ref.name
  const named = (problem: string | null): void => {
    if (problem !== null) throw new KeyturnError('azure-name', { target, what: problem })
  }
  const place = (container: string, name?: string): string => {
    named(containerNameProblem(container))
    if (name === undefined) return container
    named(blobNameProblem(name))
    return `${container}/${name}`
  }
  const run = <Answer>(
    asked: Pick<Asked, 'what' | 'permission'> & Partial<Asked>,
    options: AskOptions | undefined,
    send: (given: { abortSignal: AbortSignal }) => Promise<Answer>,
  ): Promise<Answer> =>
    ask(
      {
        service: 'storage',
        target,
        host,
        principal: signedIn.who,
        repeatable: true,
        ...asked,
        permission: `Microsoft.Storage/storageAccounts/blobServices/${asked.permission}`,
      },
      signedIn.means,
      options ?? {},
      (abortSignal) => send({ abortSignal }),
    )
  const blobOf = (container: string, name: string) => client.getContainerClient(container).getBlobClient(name)

  const blob: BlobStore['blob'] = async (container, name, options) => {
    const key = place(container, name)
    const asked = { what: `reading ${key}`, permission: 'containers/blobs/read', key }
    const found = await orNull(
      run(asked, options, (given) => blobOf(container, name).getProperties(given)),
      ['storage-blob-unknown', 'storage-container-unknown'],
    )
    if (found === null) return null
    return {
      name,
      bytes: numberOrNull(found.contentLength) ?? 0,
      type: typeOf(found.blobType),
      etag: textOf(found.etag),
      changed: dateOrNull(found.lastModified),
      lease: leaseOf(found.leaseState),
      mark: found.metadata?.[markName] ?? null,
    }
  }

  /** Of a blob that is not there a service may say that the condition fails, or that it is not there. */
  const changedOrGone = async <Answer>(
    container: string,
    name: string,
    options: AzureCallOptions | undefined,
    work: Promise<Answer>,
  ): Promise<Answer> => {
    try {
      return await work
    } catch (thrown) {
      const isChanged = thrown instanceof KeyturnError && thrown.code === 'storage-blob-changed'
      if (!isChanged || (await blob(container, name, options)) !== null) throw thrown
      const gone = { target, blob: `${container}/${name}` }
      throw new KeyturnError('storage-blob-unknown', gone, { cause: thrown })
    }
  }

  return {
    ref,
    principal: signedIn.principal,
    account,
    host,
    blob,
    containers: async (options) => {
      const asked = { what: 'listing containers', permission: 'containers/read' }
      const found = await run(asked, options, (given) =>
        allOf(
          pagesOf(client.listContainers(given), ({ containerItems }) => containerItems),
          mostListed,
          target,
          given,
        ),
      )
      return found.map(({ name }) => textOf(name))
    },
    createContainer: async (name, options) => {
      const key = place(name)
      const asked = { what: `creating the container ${name}`, permission: 'containers/write', key }
      const { succeeded } = await run(asked, options, (given) =>
        client.getContainerClient(name).createIfNotExists(given),
      )
      return succeeded
    },
    blobs: async (container, prefix, options) => {
      const key = place(container)
      if (prefix !== '') named(blobNameProblem(prefix.replace(/\/$/, '')))
      const asked = { what: `listing ${container}`, permission: 'containers/blobs/read', key }
      const found = await run(asked, options, (given) => {
        const listing = client.getContainerClient(container).listBlobsFlat({ ...given, prefix })
        return allOf(
          pagesOf(listing, ({ segment }) => segment.blobItems),
          mostListed,
          target,
          given,
        )
      })
      return found.map(({ name, properties }): BlobFacts => ({
        name: textOf(name),
        bytes: numberOrNull(properties.contentLength) ?? 0,
        type: typeOf(properties.blobType),
        etag: quoted(textOf(properties.etag)),
        changed: dateOrNull(properties.lastModified),
        lease: leaseOf(properties.leaseState),
        mark: null,
      }))
    },
    read: async (container, name, { from, length, etag }, options) => {
      const key = place(container, name)
      const sound = Number.isSafeInteger(from) && from >= 0 && length > 0 && length <= mostReadBytes
      if (!sound || !Number.isSafeInteger(length)) throw new KeyturnError('internal')
      const asked = { what: `reading ${key}`, permission: 'containers/blobs/read', key }
      const reading = run(asked, options, async (given) => {
        const answer = await blobOf(container, name).download(from, length, {
          ...given,
          conditions: { ifMatch: etag },
          maxRetryRequests: 0,
        })
        return wholeOf(answer.readableStreamBody, length, target)
      })
      return changedOrGone(container, name, options, reading)
    },
    writeNew: async (container, name, bytes, mark, options) => {
      const key = place(container, name)
      if (bytes.length > mostWrittenBytes) throw new KeyturnError('internal')
      const asked = {
        what: `writing ${key}`,
        permission: 'containers/blobs/write',
        key,
        repeatable: false,
      }
      const sent = await run(asked, options, (given) =>
        client
          .getContainerClient(container)
          .getBlockBlobClient(name)
          .upload(Buffer.from(bytes), bytes.length, {
            ...given,
            conditions: { ifNoneMatch: '*' },
            metadata: { [markName]: mark },
          }),
      ).catch((thrown: unknown) => {
        // Only one condition was sent, so this is what it means here.
        if (thrown instanceof KeyturnError && thrown.code === 'storage-blob-changed')
          throw new KeyturnError('storage-blob-exists', { blob: key, target }, { cause: thrown })
        throw thrown
      })
      return {
        name,
        bytes: bytes.length,
        type: 'block',
        etag: textOf(sent.etag),
        changed: dateOrNull(sent.lastModified),
        lease: 'free',
        mark,
      }
    },
    deleteBlob: async (container, name, etag, options) => {
      const key = place(container, name)
      const asked = { what: `deleting ${key}`, permission: 'containers/blobs/delete', key }
      const deleting = run(asked, options, (given) =>
        blobOf(container, name).delete({ ...given, conditions: { ifMatch: etag } }),
      )
      await orNull(changedOrGone(container, name, options, deleting), [
        'storage-blob-unknown',
        'storage-container-unknown',
      ])
    },
    signContainer: async (request, options) => {
      place(request.container)
      if (request.rights.length === 0 || !(Date.parse(request.starts) < Date.parse(request.expires)))
        throw new KeyturnError('azure-name', {
          target,
          what: 'a signature needs a right, and an end behind its begin. Change them',
        })
      if (request.by.kind === 'key') return signedByKey(account, request, request.by.key)
      assertShort(request)
      const asked = {
        what: 'asking for a key to sign with',
        permission: 'generateUserDelegationKey/action',
        quotable: false,
      }
      const key = await run(asked, options, (given) =>
        client.getUserDelegationKey(new Date(request.starts), new Date(request.expires), given),
      )
      return signedByDelegation(account, request, key)
    },
  }
}

const dayMs = 86_400_000

const assertShort = ({ expires }: ContainerSignature): void => {
  if (Date.parse(expires) - Date.now() > mostDelegatedDays * dayMs)
    throw new KeyturnError('storage-signature-too-long', { days: mostDelegatedDays })
}

/** The library's listings answer whole replies; pages of entries are what is wanted. */
const pagesOf = <Answer, One>(
  listing: { byPage(settings: { maxPageSize: number }): AsyncIterable<Answer> },
  entries: (answer: Answer) => readonly One[],
): { byPage(): AsyncIterable<readonly One[]> } => ({
  byPage: async function* () {
    for await (const answer of listing.byPage({ maxPageSize: pageSize })) yield entries(answer)
  },
})

const typeOf = (said: unknown): BlobFacts['type'] => {
  if (said === 'BlockBlob') return 'block'
  if (said === 'PageBlob') return 'page'
  return said === 'AppendBlob' ? 'append' : 'not-read'
}

const leaseOf = (state: unknown): BlobFacts['lease'] => {
  if (state === undefined || state === null) return null
  return state === 'leased' || state === 'breaking' ? 'leased' : 'free'
}

/** Listings leave the quotation marks out that conditions need. */
const quoted = (etag: string): string => (etag === '' || etag.startsWith('"') ? etag : `"${etag}"`)

/** At most what was asked for: a service may send on and on. */
const wholeOf = async (
  stream: NodeJS.ReadableStream | undefined,
  most: number,
  target: string,
): Promise<Uint8Array> => {
  if (stream === undefined) throw new KeyturnError('azure-answer', { target, what: 'a blob without bytes' })
  const parts: Buffer[] = []
  let length = 0
  for await (const part of stream) {
    const bytes = Buffer.from(part as Uint8Array)
    length += bytes.length
    if (length > most)
      throw new KeyturnError('azure-answer', { target, what: 'more bytes than were asked for' })
    parts.push(bytes)
  }
  return Buffer.concat(parts)
}
