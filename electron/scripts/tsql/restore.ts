import type { Script } from '../../../shared/model/script.ts'
import { readFrom, readOptions, withOptions, type RestoreDevice } from './device.ts'
import { joined, queryText, script, tsql, whole } from './fragment.ts'

/** Read by column name: the number of columns grows with each version. CREATE DATABASE permission. */
export const headerOnly = (device: RestoreDevice): string =>
  queryText(tsql`RESTORE HEADERONLY FROM ${readFrom(device)}${withOptions(readOptions(device))};`)

/** Reads the whole file; with `checksum` it also compares each page's. Changes nothing. CREATE DATABASE permission. */
export const verifyOnly = (device: RestoreDevice, checksum: boolean, stats: number): Script =>
  script(tsql`USE [master];
RESTORE VERIFYONLY FROM ${readFrom(device)}
  WITH ${joined(
    [...readOptions(device), ...(checksum ? [tsql`CHECKSUM`] : []), tsql`STATS = ${whole(stats, 1, 100)}`],
    ', ',
  )};`)
