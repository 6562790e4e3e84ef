import { SqlError, notSimulated } from '../engine/errors.ts'
import { dateConversionFailed, parseDateText, toDateText } from './dates.ts'
import { isBinary, isDate, isText } from './types.ts'
import type { Cell, SqlType } from './types.ts'

const RANGES: Record<string, [bigint, bigint]> = {
  tinyint: [0n, 255n],
  smallint: [-32768n, 32767n],
  int: [-2147483648n, 2147483647n],
  bigint: [-(2n ** 63n), 2n ** 63n - 1n],
}

/** CONVERT(type, value, style) on one value. `from` is the static type, which decides what a text or number stands for. */
export function convertCell(value: Cell, from: SqlType, to: SqlType, style: number): Cell {
  if (value === null) return null
  if (to.name === 'sql_variant') return value
  const source = from.name === 'sql_variant' || from.name === 'null' ? typeOfCell(value) : from
  if (isText(to)) return cut(textOf(value, source, style), to)
  if (isBinary(to)) return binaryOf(value, source, to, style)
  if (isDate(to)) return dateOf(value, source, to)
  if (to.name === 'uniqueidentifier') return guidOf(value)
  if (to.name === 'bit') return bitOf(value)
  return numberOf(value, source, to)
}

function typeOfCell(value: Exclude<Cell, null>): SqlType {
  if (typeof value === 'string') return { name: 'nvarchar', length: 4000 }
  if (value instanceof Uint8Array) return { name: 'varbinary', length: 8000 }
  return { name: typeof value === 'bigint' ? 'bigint' : Number.isInteger(value) ? 'int' : 'float' }
}

function cut(text: string, to: SqlType): string {
  const length = to.length ?? 30
  const shortened = length === 'max' ? text : text.slice(0, length)
  return to.name === 'char' || to.name === 'nchar'
    ? shortened.padEnd(length === 'max' ? 0 : length)
    : shortened
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

function dateToText(text: string, type: SqlType, style: number): string {
  const [date = '', time = '00:00:00.000'] = text.split('T')
  const [year = '', month = '', day = ''] = date.split('-')
  const clock = time.slice(0, 8)
  switch (style) {
    case 0: {
      const hour = Number(time.slice(0, 2))
      return `${MONTHS[Number(month) - 1]} ${day.replace(/^0/, ' ')} ${year} ${String(hour % 12 || 12).padStart(2)}:${time.slice(3, 5)}${hour < 12 ? 'AM' : 'PM'}`
    }
    case 23:
      return date
    case 101:
      return `${month}/${day}/${year}`
    case 103:
      return `${day}/${month}/${year}`
    case 104:
      return `${day}.${month}.${year}`
    case 108:
      return clock
    case 112:
      return `${year}${month}${day}`
    case 20:
    case 120:
      return `${date} ${clock}`
    case 21:
    case 25:
    case 121:
      return type.name === 'date' ? date : `${date} ${time}`
    case 126:
      return `${date}T${time.endsWith('.000') ? clock : time}`
    case 127:
      return `${date}T${time.endsWith('.000') ? clock : time}Z`
    default:
      throw notSimulated(`date style ${style}`)
  }
}

function textOf(value: Exclude<Cell, null>, from: SqlType, style: number): string {
  if (value instanceof Uint8Array) {
    const bytes = Buffer.from(value)
    if (style === 1) return `0x${bytes.toString('hex').toUpperCase()}`
    if (style === 2) return bytes.toString('hex').toUpperCase()
    return bytes.toString('latin1')
  }
  if (typeof value === 'string' && isDate(from))
    return dateToText(value, from, from.name === 'datetime' ? style : style || 121)
  return String(value)
}

function binaryOf(value: Exclude<Cell, null>, from: SqlType, to: SqlType, style: number): Uint8Array {
  const limit = to.length === 'max' ? undefined : (to.length ?? 30)
  const bytes = bytesOf(value, from, style)
  const shortened = limit === undefined || bytes.length <= limit ? bytes : bytes.subarray(0, limit)
  return to.name === 'binary' && limit !== undefined
    ? Buffer.concat([shortened, Buffer.alloc(limit - shortened.length)])
    : shortened
}

function bytesOf(value: Exclude<Cell, null>, from: SqlType, style: number): Buffer {
  if (value instanceof Uint8Array) return Buffer.from(value)
  if (typeof value !== 'string') {
    const bytes = Buffer.alloc(from.name === 'bigint' ? 8 : 4)
    if (bytes.length === 8) bytes.writeBigInt64BE(BigInt(value))
    else bytes.writeInt32BE(Number(value))
    return bytes
  }
  if (style === 1 || style === 2) {
    const digits = style === 1 ? value.replace(/^0x/i, '') : value
    const marked = style === 2 || /^0x/i.test(value)
    if (!marked || digits.length % 2 === 1 || !/^[0-9a-f]*$/i.test(digits)) {
      throw new SqlError(8114, 'Error converting data type varchar to varbinary.', { endsBatch: true })
    }
    return Buffer.from(digits, 'hex')
  }
  return Buffer.from(value, from.name === 'nvarchar' || from.name === 'nchar' ? 'utf16le' : 'latin1')
}

function dateOf(value: Exclude<Cell, null>, from: SqlType, to: SqlType): string {
  if (typeof value === 'number' && to.name === 'datetime')
    return toDateText(new Date(Date.UTC(1900, 0, 1) + value * 86400000))
  if (typeof value !== 'string')
    throw new SqlError(529, `Explicit conversion from data type ${from.name} to ${to.name} is not allowed.`, {
      endsBatch: true,
    })
  const text = isDate(from) ? value : value.trim() === '' ? '1900-01-01T00:00:00.000' : parseDateText(value)
  if (text === null) throw dateConversionFailed()
  return to.name === 'date' ? `${text.slice(0, 10)}T00:00:00.000` : text
}

function guidOf(value: Exclude<Cell, null>): string {
  if (value instanceof Uint8Array && value.length === 16) return guidText(value)
  const text = String(value)
    .replace(/^\{|\}$/g, '')
    .toUpperCase()
  if (!/^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/.test(text)) {
    throw new SqlError(
      8169,
      'Conversion failed when converting from a character string to uniqueidentifier.',
      { endsBatch: true },
    )
  }
  return text
}

/** GUID bytes keep their first three groups little-endian. */
export function guidText(bytes: Uint8Array): string {
  const b = Buffer.from(bytes)
  const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]
  const hex = Buffer.from(order.map((index) => b[index] ?? 0))
    .toString('hex')
    .toUpperCase()
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

function bitOf(value: Exclude<Cell, null>): number {
  if (typeof value === 'string') {
    if (/^true$/i.test(value.trim())) return 1
    if (/^false$/i.test(value.trim())) return 0
    return numberOf(value, { name: 'varchar' }, { name: 'int' }) === 0 ? 0 : 1
  }
  return Number(value) === 0 ? 0 : 1
}

function numberOf(value: Exclude<Cell, null>, from: SqlType, to: SqlType): number | bigint {
  if (value instanceof Uint8Array) return value.reduce((sum, byte) => (sum << 8) | byte, 0)
  if (to.name === 'float') return finite(Number(value), value, from, to)
  if (to.name === 'decimal') {
    const scale = 10 ** (to.scale ?? 0)
    return Math.round(finite(Number(value), value, from, to) * scale) / scale
  }
  const text =
    typeof value === 'string'
      ? value.trim() || '0'
      : String(typeof value === 'number' ? Math.trunc(value) : value)
  if (!/^[+-]?\d+$/.test(text)) throw conversionFailed(value, from, to)
  const whole = BigInt(text)
  const [low, high] = RANGES[to.name] ?? [whole, whole]
  if (whole < low || whole > high) {
    throw new SqlError(
      typeof value === 'string' ? 248 : 8115,
      typeof value === 'string'
        ? `The conversion of the ${from.name} value '${text}' overflowed an ${to.name} column.`
        : `Arithmetic overflow error converting expression to data type ${to.name}.`,
      { endsBatch: true },
    )
  }
  return to.name === 'bigint' && (whole > 9007199254740991n || whole < -9007199254740991n)
    ? whole
    : Number(whole)
}

function finite(number: number, value: Cell, from: SqlType, to: SqlType): number {
  if (!Number.isFinite(number)) throw conversionFailed(value, from, to)
  return number
}

function conversionFailed(value: Cell, from: SqlType, to: SqlType): SqlError {
  if (to.name === 'float' || to.name === 'decimal') {
    return new SqlError(
      8114,
      `Error converting data type ${from.name} to ${to.name === 'decimal' ? 'numeric' : 'float'}.`,
      { endsBatch: true },
    )
  }
  return new SqlError(
    245,
    `Conversion failed when converting the ${from.name} value '${String(value)}' to data type ${to.name}.`,
    { endsBatch: true },
  )
}
