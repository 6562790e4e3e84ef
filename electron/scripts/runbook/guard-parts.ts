import { joined, text, tsql, type Fragment } from '../tsql/fragment.ts'

/** Questions that the runbooks of several jobs ask around their steps. */

export const databaseThere = (database: string): Fragment =>
  tsql`EXISTS (SELECT 1 FROM sys.databases WHERE name = ${text(database)})`

export const databaseOnline = (database: string): Fragment =>
  tsql`EXISTS (SELECT 1 FROM sys.databases WHERE name = ${text(database)} AND state = 0)`

/** Null: older servers have only a procedure for it; there the server's own refusal and the mark in the name have to do. */
const anyFile = (probe: string, files: readonly string[], exists: Fragment): Fragment | null =>
  probe === 'dm_os_file_exists' && files.length > 0
    ? joined(
        files.map(
          (file) =>
            tsql`${exists} (SELECT 1 FROM sys.dm_os_file_exists(${text(file)}) WHERE file_exists = 1)`,
        ),
        ' OR ',
      )
    : null

export const anyFileThere = (probe: string, files: readonly string[]): Fragment | null =>
  anyFile(probe, files, tsql`EXISTS`)
export const anyFileMissing = (probe: string, files: readonly string[]): Fragment | null =>
  anyFile(probe, files, tsql`NOT EXISTS`)
