import { KeyturnError } from '../../shared/errors/problem.ts'
import { escrowPatterns, packageFolderName } from '../../shared/model/escrow.ts'
import { asPackageId, type PackageId } from '../../shared/model/ids.ts'
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

  /** Half a package of this run: no manifest is there, and nothing that others wrote. */
  const isOwnPart = async (id: PackageId, names: readonly string[]): Promise<boolean> => {
    if (names.length === 0 || names.includes(below(id) + manifestPath)) return false
    return (await factsOf(names)).every(isOwn)
  }

  const removeMarked = async (id: PackageId): Promise<{ removed: number; left: number }> => {
    const own = (await factsOf(await namesBelow(id))).filter(isOwn)
    // The manifest first: what is half taken away is no package any more.
    const inOrder = own.sort(
      (one, other) => Number(isManifest(other.name, id)) - Number(isManifest(one.name, id)),
    )
    for (const { name, etag } of inOrder) await store.deleteBlob(container, name, etag)
    const left = await factsOf(await namesBelow(id))
    if (left.some(isOwn)) throw new KeyturnError('package-left-over', { name: `${container}/${below(id)}` })
    return { removed: own.length, left: left.length }
  }

  return {
    kind: 'blob-container',
    label: containerLabel(store.host, container),
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
      if (blobs.length === 0) return null
      const names = blobs.map(({ name }) => name)
      return (await isOwnPart(id, names)) ? null : readBlobs({ store, container, options }, blobs, below(id))
    },
    marked: {
      hasPart: async (id) => isOwnPart(id, await namesBelow(id)),
      remove: removeMarked,
    },
    remove: async (id) => {
      await removeMarked(id)
    },
  }
}

/** How a container is called in lists and as evidence. */
export const containerLabel = (host: string, container: string): string => `https://${host}/${container}`

const below = (id: PackageId): string => `${packageFolderName(id)}/`
const isManifest = (name: string, id: PackageId): boolean => name === below(id) + manifestPath

interface Container {
  store: BlobStore
  container: string
  options?: { signal?: AbortSignal }
}

/** Of a package that anybody wrote there. `package-not-read`: nothing of that name is there. */
export const readPackageBlobs = async (place: Container, id: PackageId): Promise<PackageFiles> => {
  const { store, container, options = {} } = place
  const blobs = await store.blobs(container, below(id), options)
  if (blobs.length === 0)
    throw new KeyturnError('package-not-read', {
      place: `${containerLabel(store.host, container)}/${packageFolderName(id)}`,
    })
  return readBlobs(place, blobs, below(id))
}

/** Ids of packages in a container, sorted. At most 5,000 blobs are looked through (`azure-too-much`). */
export const packagesInContainer = async ({
  store,
  container,
  options = {},
}: Container): Promise<PackageId[]> => {
  const blobs = await store.blobs(container, packagePrefix, options)
  const ids = blobs.map(({ name }) => name.slice(packagePrefix.length).split('/')[0] ?? '')
  return [...new Set(ids)]
    .filter((id) => escrowPatterns.package.test(id))
    .sort()
    .map(asPackageId)
}

const packagePrefix = 'keyturn-escrow-'

const readBlobs = async (
  { store, container, options = {} }: Container,
  blobs: readonly BlobFacts[],
  prefix: string,
): Promise<PackageFiles> => {
  checkListing(blobs, prefix)
  const files = new Map<string, Uint8Array>()
  for (const { name, bytes, etag } of blobs) {
    const read = await store.read(container, name, { from: 0, length: bytes, etag }, options)
    files.set(name.slice(prefix.length), read)
  }
  return files
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
