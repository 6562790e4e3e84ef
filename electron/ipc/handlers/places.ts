import { serverFolderListing } from '../../inventory/server-folders.ts'
import { problemOf } from '../../../shared/errors/problem.ts'
import type { Clock } from '../../ports/clock.ts'
import type { SqlServers } from '../../ports/sql-server.ts'
import type { Connections } from '../../profile/connections.ts'
import type { FolderPicker } from '../../profile/folder-picker.ts'
import type { PlaceStore } from '../../profile/places.ts'
import { refOf } from '../../profile/target-ref.ts'
import type { Handlers } from '../router.ts'

export interface PlacesParts {
  places: PlaceStore
  picker: FolderPicker
  /** Null where the shell has no native dialog. */
  pickNatively: () => (() => Promise<string | null>) | null
  servers: SqlServers
  connections: Connections
  clock: Clock
}

export const placesHandlers = ({
  places,
  picker,
  pickNatively,
  servers,
  connections,
  clock,
}: PlacesParts) => {
  const remember = async (folder: string) => {
    const id = await places.add(folder)
    return { id, label: places.label(id) }
  }
  return {
    'places.pick': async () => {
      const native = pickNatively()
      if (!native) return { place: null, picker: picker.open() }
      const folder = await native()
      return { place: folder === null ? null : await remember(folder), picker: null }
    },
    'places.browse': async ({ picker: id, entry }) => picker.browse(id, entry),
    'places.choose': async ({ picker: id, entry }) => remember(picker.choose(id, entry)),
    'places.label': async ({ place }) => {
      try {
        return { label: places.label(place) }
      } catch {
        return { label: null }
      }
    },
    'serverFiles.list': async ({ target, path }) => {
      const at = clock.now().toISOString()
      try {
        const server = await servers.open(refOf(connections.sqlServer(target)))
        return { ...(await serverFolderListing(server, path)), at, problem: null }
      } catch (thrown) {
        return { path, entries: [], source: '', at, problem: problemOf(thrown) }
      }
    },
  } satisfies Partial<Handlers>
}
