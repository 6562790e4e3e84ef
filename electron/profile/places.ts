import { join } from 'node:path'
import { z } from 'zod'
import { KeyturnError } from '../../shared/errors/problem.ts'
import { asPlaceId, type PlaceId } from '../../shared/model/ids.ts'
import { newIdText, systemRandom } from '../platform/random.ts'
import type { Places } from '../ports/places.ts'
import { openJsonFile } from './json-file.ts'

const file = z.object({
  format: z.literal(1),
  places: z.array(z.object({ id: z.string().transform(asPlaceId), folder: z.string() })),
})

export interface PlaceStore extends Places {
  /** Remembers a folder that a person picked; the same folder keeps its id. */
  add(folder: string): Promise<PlaceId>
  /** The id of a folder that was picked before. */
  find(label: string): PlaceId | null
}

/** The only table from ids to local paths. Ids come from pickers, never from the window. */
export const openPlaces = async (profileFolder: string): Promise<PlaceStore> => {
  const stored = await openJsonFile(join(profileFolder, 'places.json'), file, { format: 1, places: [] })
  const folderOf = (place: PlaceId): string => {
    const found = stored.content.places.find(({ id }) => id === place)
    if (!found) throw new KeyturnError('not-found', { what: 'This folder' })
    return found.folder
  }
  return {
    folderOf,
    label: folderOf,
    find: (label) => stored.content.places.find(({ folder }) => folder === label)?.id ?? null,
    add: async (folder) => {
      const known = stored.content.places.find((place) => place.folder === folder)
      if (known) return known.id
      const id = asPlaceId(`p-${newIdText(systemRandom)}`)
      await stored.update((content) => ({ ...content, places: [...content.places, { id, folder }] }))
      return id
    },
  }
}
