/** Values of rows and output parameters. A value that does not fit its type is the engine's fault and throws. */
import { ByteWriter } from './bytes.ts'
import { COLLATION, toCodePage } from './code-page.ts'
import type { SqlType, SqlValue } from './contract.ts'
import { writeDate, writeDatetime, writeDatetime2, timeBytes } from './dates.ts'
import { decimalBytes, scaledFrom } from './decimals.ts'
import { guidBytes } from './guids.ts'
import { Tag, integerBytes, wireLength } from './types.ts'
import type { IntegerName } from './types.ts'

const NULL_CHUNKED = 0xffff_ffff_ffff_ffffn
const NULL_LENGTH = 0xffff
const MAX_VARIANT_BYTES = 8000

function mismatch(type: SqlType, value: SqlValue): TypeError {
  return new TypeError(`a ${typeof value} can't be sent as ${type.t}`)
}

export function writeValue(writer: ByteWriter, type: SqlType, value: SqlValue): void {
  switch (type.t) {
    case 'nvarchar':
    case 'varchar':
    case 'char':
    case 'varbinary':
      writeLong(writer, type, value)
      return
    case 'sql_variant':
      writeVariant(writer, value)
      return
    default:
      writeShort(writer, type, value)
  }
}

/** Types whose values stand behind a one-byte length, 0 for null. */
function writeShort(writer: ByteWriter, type: SqlType, value: SqlValue): void {
  if (value === null) {
    writer.u8(0)
    return
  }
  switch (type.t) {
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint':
      if (typeof value !== 'number' && typeof value !== 'bigint') throw mismatch(type, value)
      writer.u8(integerBytes(type.t))
      writeInteger(writer, type.t, value)
      return
    case 'bit':
      if (typeof value !== 'boolean' && value !== 0 && value !== 1) throw mismatch(type, value)
      writer.u8(1).u8(value ? 1 : 0)
      return
    case 'float':
      if (typeof value !== 'number' || !Number.isFinite(value)) throw mismatch(type, value)
      writer.u8(8).f64(value)
      return
    case 'uniqueidentifier':
      if (typeof value !== 'string') throw mismatch(type, value)
      writer.u8(16).raw(guidBytes(value))
      return
    case 'decimal': {
      if (typeof value !== 'number' && typeof value !== 'bigint' && typeof value !== 'string') {
        throw mismatch(type, value)
      }
      const scaled = scaledFrom(value, type.precision, type.scale)
      const bytes = decimalBytes(type.precision)
      writer.u8(bytes).u8(scaled < 0n ? 0 : 1)
      writer.unsigned(scaled < 0n ? -scaled : scaled, bytes - 1)
      return
    }
    case 'date':
      if (!(value instanceof Date)) throw mismatch(type, value)
      writeDate(writer.u8(3), value)
      return
    case 'datetime':
      if (!(value instanceof Date)) throw mismatch(type, value)
      writeDatetime(writer.u8(8), value)
      return
    case 'datetime2':
      if (!(value instanceof Date)) throw mismatch(type, value)
      writeDatetime2(writer.u8(timeBytes(type.scale) + 3), value, type.scale)
      return
    default:
      throw mismatch(type, value)
  }
}

function writeInteger(writer: ByteWriter, name: IntegerName, value: number | bigint): void {
  if (name === 'bigint') writer.i64(BigInt(value))
  else if (name === 'int') writer.i32(Number(value))
  else if (name === 'smallint') writer.i16(Number(value))
  else writer.u8(Number(value))
}

type LongType = Extract<SqlType, { max: number | 'max' }>

function writeLong(writer: ByteWriter, type: LongType, value: SqlValue): void {
  if (value === null) {
    if (type.max === 'max') writer.u64(NULL_CHUNKED)
    else writer.u16(NULL_LENGTH)
    return
  }
  const bytes = longBytes(type, value)
  if (type.max === 'max') {
    writer.u64(BigInt(bytes.length))
    if (bytes.length > 0) writer.u32(bytes.length).raw(bytes)
    writer.u32(0)
    return
  }
  if (bytes.length > wireLength(type.max, type.t === 'nvarchar' ? 2 : 1)) {
    throw new RangeError(`a value of ${bytes.length} bytes does not fit ${type.t}(${type.max})`)
  }
  writer.u16(bytes.length).raw(bytes)
}

function longBytes(type: LongType, value: SqlValue): Uint8Array {
  if (type.t === 'varbinary') {
    if (!(value instanceof Uint8Array)) throw mismatch(type, value)
    return value
  }
  if (typeof value !== 'string') throw mismatch(type, value)
  if (type.t === 'nvarchar') return Buffer.from(value, 'utf16le')
  return toCodePage(type.t === 'char' && type.max !== 'max' ? value.padEnd(type.max) : value)
}

/** The base type follows the JavaScript type: text nvarchar, whole numbers int or bigint, else float, and so on. */
function writeVariant(writer: ByteWriter, value: SqlValue): void {
  if (value === null) {
    writer.u32(0)
    return
  }
  const body = new ByteWriter()
  if (typeof value === 'string') {
    body.u8(Tag.nvarchar).u8(7).u16(MAX_VARIANT_BYTES).raw(COLLATION).text(value)
  } else if (typeof value === 'boolean') {
    body
      .u8(Tag.bit)
      .u8(0)
      .u8(value ? 1 : 0)
  } else if (typeof value === 'bigint') {
    body.u8(Tag.bigint).u8(0).i64(value)
  } else if (typeof value === 'number') {
    if (Number.isInteger(value) && Math.abs(value) < 2 ** 31) body.u8(Tag.int).u8(0).i32(value)
    else body.u8(Tag.float).u8(0).f64(value)
  } else if (value instanceof Date) {
    writeDatetime(body.u8(Tag.datetime).u8(0), value)
  } else {
    body.u8(Tag.varbinary).u8(2).u16(MAX_VARIANT_BYTES).raw(value)
  }
  if (body.size > MAX_VARIANT_BYTES + 9) throw new RangeError('a sql_variant holds 8000 bytes at most')
  writer.u32(body.size).raw(body.toBuffer())
}
