import type { Script } from '../../../shared/model/script.ts'
import { name, script, tsql } from './fragment.ts'

/** Names that this builder drops begin so: a slip elsewhere can't turn it against a real database. */
export const scratchPrefix = 'KT_scratch_'

export const createScratch = (database: string): Script =>
  script(tsql`USE [master];
CREATE DATABASE ${scratchName(database)};`)

export const dropScratch = (database: string): Script =>
  script(tsql`USE [master];
DROP DATABASE ${scratchName(database)};`)

/** Whether that is a database of a run's own, dropped by it. */
export const isScratch = (database: string): boolean => /^KT_scratch_[a-z0-9]{8}$/.test(database)

const scratchName = (database: string) => {
  if (!isScratch(database)) throw new TypeError('not the name of a scratch database')
  return name(database)
}
