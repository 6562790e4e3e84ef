import type { SqlRow, SqlValue } from '../../ports/sql-server.ts'

export interface ColumnShape {
  name: string
  /** 64-bit integers come from the driver as text. */
  isBigInt: boolean
}

/** Null: the row holds something that no type of SQL Server gives. */
export const rowOf = (columns: readonly ColumnShape[], values: readonly unknown[]): SqlRow | null => {
  if (columns.length !== values.length) return null
  // No prototype: a column may be named like one of its members.
  const row: SqlRow = Object.create(null) as SqlRow
  for (const [at, column] of columns.entries()) {
    const value = valueOf(values[at], column.isBigInt)
    if (value === undefined) return null
    row[column.name] = value
  }
  return row
}

const valueOf = (value: unknown, isBigInt: boolean): SqlValue | undefined => {
  if (value === null || typeof value === 'boolean' || typeof value === 'bigint') return value
  if (typeof value === 'string') return isBigInt ? bigIntOf(value) : value
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value
  // A copy: the driver's bytes are a window on a packet, which would stay in memory with them.
  if (value instanceof Uint8Array) return new Uint8Array(value)
  return undefined
}

const bigIntOf = (text: string): bigint | undefined => (/^-?\d{1,19}$/.test(text) ? BigInt(text) : undefined)
