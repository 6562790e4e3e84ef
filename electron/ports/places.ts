import type { PlaceId } from '../../shared/model/ids.ts'

/** Local folders that a person picked. The window knows an id and a label; only main knows the path. */
export interface Places {
  /** Path of a picked folder, or `not-found`. */
  folderOf(place: PlaceId): string
  label(place: PlaceId): string
}
