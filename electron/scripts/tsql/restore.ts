import type { Script } from '../../../shared/model/script.ts'
import { queryText, script, text, tsql, whole } from './fragment.ts'

/** Read by column name: the number of columns grows with each version. CREATE DATABASE permission. */
export const headerOnly = (path: string): string =>
  queryText(tsql`RESTORE HEADERONLY FROM DISK = ${text(path)};`)

/** Reads the whole file; with `checksum` it also compares each page's. Changes nothing. CREATE DATABASE permission. */
export const verifyOnly = (path: string, checksum: boolean, stats: number): Script =>
  script(tsql`USE [master];
RESTORE VERIFYONLY FROM DISK = ${text(path)}
  WITH ${checksum ? tsql`CHECKSUM, ` : tsql``}STATS = ${whole(stats, 1, 100)};`)
