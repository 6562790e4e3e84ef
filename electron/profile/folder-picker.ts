import { readdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { KeyturnError, problemOf } from '../../shared/errors/problem.ts'
import type { FolderListing } from '../../shared/ipc/schemas.ts'
import { newIdText, systemRandom } from '../platform/random.ts'
import { localFileError } from '../platform/atomic-file.ts'

/**
 * Picking a folder where the shell has no native dialog. Main lists folders and gives each an id that means nothing
 * outside this picker; the window sends ids back, never a path. Where files are to be picked, those are listed too.
 */
export interface FolderPicker {
  open(): string
  browse(picker: string, entry: string | null): Promise<FolderListing>
  /** The path of the chosen folder or file; the picker is closed. */
  choose(picker: string, entry: string): string
}

const mostEntries = 2000
const mostPickers = 8

/** `isFile`: which files are listed, by name; default: none. */
export const createFolderPicker = (
  start: string = homedir(),
  isFile: (name: string) => boolean = () => false,
): FolderPicker => {
  const pickers = new Map<string, Map<string, string>>()
  const idFor = (known: Map<string, string>, folder: string): string => {
    for (const [id, path] of known) if (path === folder) return id
    const id = newIdText(systemRandom)
    known.set(id, folder)
    return id
  }
  const entriesOf = (picker: string): Map<string, string> => {
    const known = pickers.get(picker)
    if (!known) throw new KeyturnError('not-found', { what: 'This folder picker' })
    return known
  }
  const pathOf = (known: Map<string, string>, entry: string): string => {
    const path = known.get(entry)
    if (path === undefined) throw new KeyturnError('not-found', { what: 'This folder' })
    return path
  }
  return {
    open: () => {
      const oldest = pickers.keys().next()
      if (pickers.size >= mostPickers && !oldest.done) pickers.delete(oldest.value)
      const picker = newIdText(systemRandom)
      pickers.set(picker, new Map())
      return picker
    },
    browse: async (picker, entry) => {
      const known = entriesOf(picker)
      const folder = entry === null ? start : pathOf(known, entry)
      const parent = dirname(folder)
      const listing: FolderListing = {
        label: folder,
        current: idFor(known, folder),
        parent: parent === folder ? null : idFor(known, parent),
        entries: [],
        files: [],
        problem: null,
      }
      try {
        const found = await readdir(folder, { withFileTypes: true })
        const listed = (fits: (one: (typeof found)[number]) => boolean): FolderListing['entries'] =>
          found
            .filter((one) => fits(one) && !one.name.startsWith('.'))
            .sort((a, b) => a.name.localeCompare(b.name))
            .slice(0, mostEntries)
            .map(({ name }) => ({ id: idFor(known, join(folder, name)), name }))
        listing.entries = listed((one) => one.isDirectory())
        listing.files = listed((one) => !one.isDirectory() && isFile(one.name))
      } catch (error) {
        listing.problem = problemOf(localFileError(error, folder))
      }
      return listing
    },
    choose: (picker, entry) => {
      const path = pathOf(entriesOf(picker), entry)
      pickers.delete(picker)
      return path
    },
  }
}
