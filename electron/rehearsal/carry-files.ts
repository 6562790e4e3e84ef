import { problemOf } from '../../shared/errors/problem.ts'
import { asServerPath } from '../../shared/model/ids.ts'
import { inServerFolder } from '../../shared/forms/names.ts'
import { serverFolderListing } from '../inventory/server-folders.ts'
import { textOf } from '../ports/sql-rows.ts'
import type { SqlServer } from '../ports/sql-server.ts'
import { serviceAccount } from '../scripts/tsql/drill-queries.ts'
import type { Rehearsal } from './rehearsal.ts'

/** Folders that every simulated server has; an empty path is its default backup folder. */
const ownFolders = ['', 'D:\\Backup', 'D:\\Keys']
/** All simulated servers reach it; only the right to read is missing there. */
const sharedFolder = '\\\\ktr-files\\backup'

export interface Carried {
  files: number
  account: string
}

/**
 * What an administrator does outside of SQL Server before a drill: backups and key files of one simulated server go to
 * the same folders of another, and its service account may read them. A file that is there already stays as it is.
 */
export const carryFiles = async (
  rehearsal: Pick<Rehearsal, 'copyFile' | 'grantRead'>,
  source: SqlServer,
  target: SqlServer,
): Promise<Carried> => {
  const account = textOf((await target.query(serviceAccount()))[0]?.['account'])
  const from = source.ref.name
  const to = target.ref.name
  let files = 0
  for (const folder of [...ownFolders, sharedFolder]) {
    const listing = await serverFolderListing(source, asServerPath(folder))
    for (const { name } of listing.entries.filter((entry) => !entry.folder)) {
      const path = inServerFolder(listing.path, name)
      if (folder !== sharedFolder && (await isThere(target, listing.path, name))) continue
      if (folder !== sharedFolder) await rehearsal.copyFile(from, path, to)
      await rehearsal.grantRead(to, path, account)
      files += 1
    }
  }
  return { files, account }
}

const isThere = async (target: SqlServer, folder: string, name: string): Promise<boolean> => {
  try {
    const { entries } = await serverFolderListing(target, asServerPath(folder))
    return entries.some((entry) => entry.name.toLowerCase() === name.toLowerCase())
  } catch (error) {
    if (problemOf(error).kind !== 'refused') throw error
    return false
  }
}
