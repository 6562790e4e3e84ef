import { isScratch } from '../../../shared/forms/names.ts'
import type { Script } from '../../../shared/model/script.ts'
import { name, script, tsql } from './fragment.ts'

export const createScratch = (database: string): Script =>
  script(tsql`USE [master];
CREATE DATABASE ${scratchName(database)};`)

export const dropScratch = (database: string): Script =>
  script(tsql`USE [master];
DROP DATABASE ${scratchName(database)};`)

const scratchName = (database: string) => {
  if (!isScratch(database)) throw new TypeError('not the name of a scratch database')
  return name(database)
}
