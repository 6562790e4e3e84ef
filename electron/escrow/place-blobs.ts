import { KeyturnError } from '../../shared/errors/problem.ts'
import { packageFolderName } from '../../shared/model/escrow.ts'
import type { PackageId } from '../../shared/model/ids.ts'
import type { BlobFacts, BlobStore } from '../ports/storage.ts'
import {
  isPackagePath,
  limitOf,
  manifestPath,
  mostBytes,
  mostFiles,
  type PackageFiles,
} from './package/paths.ts'
import { shownPath, wrongFile } from './package/verify.ts'
import type { EscrowPlace } from './place.ts'

export interface BlobPlaceOptions {
  store: BlobStore
  container: string
  /** The run that writes: its blobs carry this mark, so that they are told from others after a lost answer. */
  mark: string
  signal?: AbortSignal
}

/**
 * A container: each file of a package is a blob below `keyturn-escrow-<id>/`. MANIFEST.json is written last, so that
 * what was broken off is never taken for a package. Errors of the place are those of `BlobStore`.
 */
export const blobPlace = ({ store, container, mark, signal }: BlobPlaceOptions): EscrowPlace => {
  const options = signal === undefined ? {} : { signal }
  const below = (id: PackageId): string => `${packageFolderName(id)}/`

  const removeOwn = async (blobs: readonly BlobFacts[], id: PackageId): Promise<void> => {
    try {
      for (const { name, etag } of blobs) await store.deleteBlob(container, name, etag)
    } catch (cause) {
      throw new KeyturnError('package-left-over', { name: `${container}/${below(id)}` }, { cause })
    }
  }

  /** Listings do not say the mark, so each blob is asked for its own. */
  const factsOf = async (names: readonly string[]): Promise<BlobFacts[]> => {
    const all: BlobFacts[] = []
    for (const name of names) {
      const facts = await store.blob(container, name, options)
      if (facts !== null) all.push(facts)
    }
    return all
  }
  const isOwn = (facts: BlobFacts): boolean => facts.mark === mark

  const namesBelow = async (id: PackageId): Promise<string[]> =>
    (await store.blobs(container, below(id), options)).map(({ name }) => name)

  /** Half a package of this run, whose process was killed, is taken away; anything else that is there stays. */
  const assertFree = async (id: PackageId): Promise<void> => {
    const names = await namesBelow(id)
    if (names.length === 0) return
    const whole = names.includes(below(id) + manifestPath)
    const there = whole ? [] : await factsOf(names)
    if (whole || !there.every(isOwn))
      throw new KeyturnError('package-exists', { name: `${container}/${packageFolderName(id)}` })
    await removeOwn(there, id)
  }

  /** What this run wrote; asked anew, since after a lost answer only the place knows. */
  const takeBack = async (id: PackageId, tried: readonly string[]): Promise<void> => {
    let own: BlobFacts[]
    try {
      own = (await factsOf(tried)).filter(isOwn)
    } catch (cause) {
      throw new KeyturnError('package-left-over', { name: `${container}/${below(id)}` }, { cause })
    }
    await removeOwn(own, id)
  }

  return {
    kind: 'blob-container',
    label: `${store.account}/${container}`,
    write: async (id, files) => {
      await assertFree(id)
      const tried: string[] = []
      const inOrder = [...files].sort(
        ([one], [other]) => Number(one === manifestPath) - Number(other === manifestPath),
      )
      try {
        for (const [path, bytes] of inOrder) {
          tried.push(below(id) + path)
          await store.writeNew(container, below(id) + path, bytes, mark, options)
        }
      } catch (error) {
        await takeBack(id, tried)
        throw error
      }
    },
    read: async (id) => {
      const blobs = await store.blobs(container, below(id), options)
      if (blobs.length === 0)
        throw new KeyturnError('package-not-read', { place: `${container}/${packageFolderName(id)}` })
      checkListing(blobs, below(id))
      const files = new Map<string, Uint8Array>()
      for (const { name, bytes, etag } of blobs) {
        const read = await store.read(container, name, { from: 0, length: bytes, etag }, options)
        files.set(name.slice(below(id).length), read)
      }
      return files satisfies PackageFiles
    },
    remove: async (id) => {
      try {
        const there = await factsOf(await namesBelow(id))
        // Without its manifest it is no package any more, whatever comes in between.
        const inOrder = there.sort(
          (one, other) =>
            Number(other.name === below(id) + manifestPath) - Number(one.name === below(id) + manifestPath),
        )
        for (const { name, etag } of inOrder) await store.deleteBlob(container, name, etag)
      } catch (cause) {
        throw new KeyturnError('package-not-removed', { name: `${container}/${below(id)}` }, { cause })
      }
    },
  }
}

const checkListing = (blobs: readonly BlobFacts[], below: string): void => {
  if (blobs.length > mostFiles) throw wrongFile('The package', `holds more than ${mostFiles} files`)
  for (const { name, bytes, type } of blobs) {
    const path = name.slice(below.length)
    if (!isPackagePath(path)) throw wrongFile(shownPath(path), 'is no file of a package')
    if (type !== 'block') throw wrongFile(path, 'is no block blob')
    if (bytes > limitOf(path)) throw wrongFile(path, `has more than ${limitOf(path)} bytes`)
    if (bytes === 0) throw wrongFile(path, 'is empty')
  }
  if (blobs.reduce((all, { bytes }) => all + bytes, 0) > mostBytes)
    throw wrongFile('The package', `holds more than ${mostBytes} bytes`)
}
