import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { problemOf } from '../../../shared/errors/problem.ts'
import { escrowLimits } from '../../../shared/model/escrow.ts'
import { asPlaceId } from '../../../shared/model/ids.ts'
import type { FactReader } from '../../engine/contract.ts'
import { readPlace } from '../sqlserver/read-server.ts'

/** A folder that a package is to be written to. */
export interface NewPlace {
  id: string
  /** Null: not among the picked folders any more. */
  label: string | null
  /** Why nothing can be written there now; null: nothing speaks against it. */
  problem: string | null
}

export const readNewPlace = async (id: string, reader: FactReader): Promise<NewPlace> => {
  const label = readPlace(id, reader)
  const problem =
    label === null ? null : (unlisted(label) ?? (await whyNotWritable(reader.places.folderOf(asPlaceId(id)))))
  return { id, label, problem }
}

/** Before anything is sealed: a package that can't be listed there would count as never written. */
const unlisted = (label: string): string | null =>
  label.length > escrowLimits.longestText
    ? `its path has ${label.length} characters, and the list of packages holds ${escrowLimits.longestText}`
    : null

/** What is known before anything is written: rights and space show fully only when it is tried. */
const whyNotWritable = async (folder: string): Promise<string | null> => {
  try {
    if (!(await stat(folder)).isDirectory()) return 'it is no folder'
    await access(folder, constants.W_OK)
    return null
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : problemOf(error).title
    return code === 'ENOENT' ? 'it is not there' : `the operating system says ${code}`
  }
}
