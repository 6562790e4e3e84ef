import { KeyturnError } from '../../../shared/errors/problem.ts'
import { packageFolderName } from '../../../shared/model/escrow.ts'
import type { TargetId } from '../../../shared/model/ids.ts'
import { containerOf, containerUrlProblem } from '../../../shared/model/storage.ts'
import { assertSamePackage } from '../../escrow/package/compare.ts'
import type { PackageFiles } from '../../escrow/package/paths.ts'
import { verifyPackage } from '../../escrow/package/verify.ts'
import { containerLabel, packagesInContainer, readPackageBlobs } from '../../escrow/place-blobs.ts'
import { folderPlace } from '../../escrow/place-folder.ts'
import type { Places } from '../../ports/places.ts'
import type { BlobStore, Storages } from '../../ports/storage.ts'
import { azureRef } from '../../wizards/azure/read-azure.ts'
import type { Handlers } from '../router.ts'
import { lookAt, type LookParts } from './escrow-look.ts'

export interface ContainerParts extends LookParts {
  places: Places
  storage: Storages
}

interface At {
  azure: TargetId
  container: string
}

interface Opened {
  store: BlobStore
  container: string
}

/** Packages that lie in containers: listed, verified there, and brought into a folder, where all else can be done. */
export const escrowContainerHandlers = (parts: ContainerParts) => {
  const { storage, places } = parts
  const open = async ({ azure, container: url }: At): Promise<Opened> => {
    const wrong = containerUrlProblem(url.trim())
    const place = containerOf(url.trim())
    if (wrong !== null || place === null)
      throw new KeyturnError(
        'answers-incomplete',
        { count: 1 },
        { fields: [{ field: 'container', message: wrong ?? '' }] },
      )
    return { store: await storage.at(azureRef(azure), place.host), container: place.container }
  }
  const labelOf = ({ store, container }: Opened): string => containerLabel(store.host, container)
  return {
    'escrow.packagesAt': async (at) => {
      const opened = await open(at)
      return { container: labelOf(opened), packages: await packagesInContainer(opened) }
    },
    'escrow.verifyAt': async (at) => {
      const opened = await open(at)
      return lookAt(parts, labelOf(opened), async () => ({
        files: await readPackageBlobs(opened, at.package),
        folder: packageFolderName(at.package),
      }))
    },
    /** What does not verify is not brought: a copy would look like a package. */
    'escrow.fetchPackage': async (at) => {
      const opened = await open(at)
      const label = places.label(at.place)
      const folder = folderPlace({ folder: places.folderOf(at.place), kind: 'folder', label })
      const files = await readPackageBlobs(opened, at.package)
      verifyPackage(files, { kind: 'known', fingerprints: parts.escrow.knownSigners() })
      await folder.write(at.package, files)
      return lookAt(parts, label, async () => {
        const there: PackageFiles = (await folder.read(at.package)) ?? new Map()
        assertSamePackage(files, there)
        return { files: there, folder: packageFolderName(at.package) }
      })
    },
  } satisfies Partial<Handlers>
}
