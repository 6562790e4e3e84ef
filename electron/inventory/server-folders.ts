import { asServerPath, type ServerPath } from '../../shared/model/ids.ts'
import { flagOf, numberOf, textOf } from '../ports/sql-rows.ts'
import type { SqlServer } from '../ports/sql-server.ts'
import { folderEntries, folderEntriesByTree, majorVersion } from '../scripts/tsql/inventory-queries.ts'

export interface ServerFolder {
  path: ServerPath
  entries: { name: string; folder: boolean }[]
  source: string
}

const mostEntries = 2000
/** sys.dm_os_enumerate_filesystem came with 2017. */
const hasFileFunctions = 14

/**
 * What the server says is in a folder of its own disk; an empty path asks for its default backup folder. Keyturn never
 * looks at that disk itself. Permission: VIEW SERVER STATE (2017 and later), public before.
 */
export const serverFolderListing = async (server: SqlServer, asked: ServerPath): Promise<ServerFolder> => {
  const [about] = await server.query(majorVersion())
  const path = asked === '' ? asServerPath(textOf(about?.['backup_folder'])) : asked
  if (path === '') return { path, entries: [], source: `${server.ref.name}, SERVERPROPERTY` }
  const modern = (numberOf(about?.['major']) ?? 0) >= hasFileFunctions
  const rows = await server.query(modern ? folderEntries(path) : folderEntriesByTree(path), {
    maxRows: mostEntries,
  })
  return {
    path,
    source: `${server.ref.name}, ${modern ? 'sys.dm_os_enumerate_filesystem' : 'xp_dirtree'}`,
    entries: rows
      .map((row) =>
        modern
          ? { name: textOf(row['name']), folder: flagOf(row['is_directory']) === true }
          : { name: textOf(row['subdirectory']), folder: flagOf(row['file']) === false },
      )
      .filter(({ name }) => name !== '')
      .sort((a, b) => Number(b.folder) - Number(a.folder) || a.name.localeCompare(b.name)),
  }
}
