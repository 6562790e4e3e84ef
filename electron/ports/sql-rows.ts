import { parseThumbprint, type Thumbprint } from '../../shared/model/ids.ts'
import type { SqlRow, SqlValue } from './sql-server.ts'

/** Reads of columns. A server may answer anything: what does not fit reads as not there, never as a guess. */

export const textOf = (value: SqlValue | undefined): string => (typeof value === 'string' ? value : '')

export const numberOf = (value: SqlValue | undefined): number | null => {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value === 'bigint') return Number(value)
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value)) return Number(value)
  return null
}

export const flagOf = (value: SqlValue | undefined): boolean | null => {
  const number = numberOf(value)
  return number === null ? null : number !== 0
}

export const thumbprintOf = (value: SqlValue | undefined): Thumbprint | null => {
  if (value instanceof Uint8Array) return parseThumbprint(Buffer.from(value).toString('hex'))
  return typeof value === 'string' ? parseThumbprint(value) : null
}

/** Hex in upper case; null: no bytes. Thumbprints of keys behind older connectors have fewer than twenty. */
export const hexOf = (value: SqlValue | undefined): string | null =>
  value instanceof Uint8Array && value.length > 0 ? Buffer.from(value).toString('hex').toUpperCase() : null

/** What names the key that encrypts: of a certificate, or of a key whose connector is old and gives fewer bytes. */
export const printOf = (value: SqlValue | undefined): string | null => thumbprintOf(value) ?? hexOf(value)

/** Whether a type of encryptor is that of a key of a provider. Views spell it with a space or `_`, versions put more behind it. */
export const isAsymmetric = (type: string): boolean => /^ASYMMETRIC/i.test(type)

/** ISO 8601 in UTC, or null. */
export const timeOf = (value: SqlValue | undefined): string | null => {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString()
  if (typeof value !== 'string' || value === '') return null
  const read = new Date(/[zZ]|[+-]\d\d:\d\d$/.test(value) ? value : `${value.replace(' ', 'T')}Z`)
  return Number.isNaN(read.getTime()) ? null : read.toISOString()
}

export const dayOf = (value: SqlValue | undefined): string => (timeOf(value) ?? '').slice(0, 10)

/** The answer of either file probe; null where the server gave no row that says so. */
export const readFileProbe = (rows: readonly SqlRow[]): { exists: boolean; folder: boolean } | null => {
  const row = rows[0]
  if (row === undefined) return null
  const exists = flagOf(row['file_exists'] ?? row['File Exists'])
  const folder = flagOf(row['file_is_a_directory'] ?? row['File is a Directory'])
  return exists === null && folder === null ? null : { exists: exists === true, folder: folder === true }
}
