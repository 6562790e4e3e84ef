import { fromDateText, toDateText } from '../sql/dates.ts'
import type { Cell, SqlType } from '../sql/types.ts'
import type { SqlType as WireType, SqlValue } from '../tds/contract.ts'

/** Column or parameter type as TDS knows it. */
export function toWireType(type: SqlType): WireType {
  const max = type.length ?? 'max'
  switch (type.name) {
    case 'nvarchar':
    case 'nchar':
      return { t: 'nvarchar', max: max === 'max' || max > 4000 ? 'max' : max }
    case 'varchar':
      return { t: 'varchar', max: max === 'max' || max > 8000 ? 'max' : max }
    case 'char':
      return { t: 'char', max: max === 'max' ? 1 : max }
    case 'varbinary':
    case 'binary':
      return { t: 'varbinary', max: max === 'max' || max > 8000 ? 'max' : max }
    case 'decimal':
      return {
        t: 'decimal',
        precision: typeof type.length === 'number' ? type.length : 18,
        scale: type.scale ?? 0,
      }
    case 'datetime2':
      return { t: 'datetime2', scale: type.scale ?? 7 }
    case 'null':
      return { t: 'int' }
    default:
      return { t: type.name }
  }
}

export function toWireValue(cell: Cell, type: SqlType): SqlValue {
  if (cell === null) return null
  switch (type.name) {
    case 'date':
    case 'datetime':
    case 'datetime2':
      return typeof cell === 'string' ? fromDateText(cell) : null
    case 'bit':
      return Number(cell) !== 0
    case 'char':
    case 'varchar':
    case 'nvarchar':
    case 'nchar':
      return cell instanceof Uint8Array ? Buffer.from(cell).toString('latin1') : String(cell)
    case 'tinyint':
    case 'smallint':
    case 'int':
      return Number(cell)
    default:
      return cell
  }
}

export function typeFromWire(type: WireType): SqlType {
  switch (type.t) {
    case 'nvarchar':
    case 'varchar':
    case 'char':
    case 'varbinary':
      return { name: type.t, length: type.max }
    case 'decimal':
      return { name: 'decimal', length: type.precision, scale: type.scale }
    case 'datetime2':
      return { name: 'datetime2', scale: type.scale }
    default:
      return { name: type.t }
  }
}

export function fromWire(value: SqlValue, type: WireType): Cell {
  if (value === null) return null
  if (value instanceof Date) return toDateText(value)
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'bigint')
    return value <= 9007199254740991n && value >= -9007199254740991n ? Number(value) : value
  return typeof value === 'string' && type.t === 'uniqueidentifier' ? value.toUpperCase() : value
}
