/** TYPE_INFO (MS-TDS 2.2.5.6): how columns and parameters name their type on the wire. */
import type { ByteReader, ByteWriter } from './bytes.ts'
import { ProtocolError } from './bytes.ts'
import { COLLATION } from './code-page.ts'
import type { SqlType } from './contract.ts'
import { decimalBytes } from './decimals.ts'

export const Tag = {
  null: 0x1f,
  image: 0x22,
  text: 0x23,
  guid: 0x24,
  intN: 0x26,
  date: 0x28,
  datetime2: 0x2a,
  tinyint: 0x30,
  bit: 0x32,
  smallint: 0x34,
  int: 0x38,
  smallDatetime: 0x3a,
  real: 0x3b,
  money: 0x3c,
  datetime: 0x3d,
  float: 0x3e,
  variant: 0x62,
  ntext: 0x63,
  bitN: 0x68,
  decimal: 0x6a,
  numeric: 0x6c,
  floatN: 0x6d,
  moneyN: 0x6e,
  datetimeN: 0x6f,
  smallMoney: 0x7a,
  bigint: 0x7f,
  varbinary: 0xa5,
  varchar: 0xa7,
  binary: 0xad,
  char: 0xaf,
  nvarchar: 0xe7,
  nchar: 0xef,
} as const

/** A length of FFFF stands for max: the value then comes in chunks of its own. */
export const MAX_LENGTH = 0xffff
const MAX_INLINE_BYTES = 8000
const MAX_VARIANT_BYTES = 8009

const INTEGER_BYTES = { tinyint: 1, smallint: 2, int: 4, bigint: 8 } as const
const STRING_TAGS = { nvarchar: Tag.nvarchar, varchar: Tag.varchar, char: Tag.char } as const

export type IntegerName = keyof typeof INTEGER_BYTES

export function integerBytes(name: IntegerName): number {
  return INTEGER_BYTES[name]
}

/** In bytes, as TYPE_INFO states it. */
export function wireLength(max: number | 'max', bytesPerUnit: number): number {
  if (max === 'max') return MAX_LENGTH
  const bytes = max * bytesPerUnit
  if (!Number.isInteger(max) || max < 1 || bytes > MAX_INLINE_BYTES) throw new RangeError(`length ${max}`)
  return bytes
}

export function writeTypeInfo(writer: ByteWriter, type: SqlType): void {
  switch (type.t) {
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint':
      writer.u8(Tag.intN).u8(integerBytes(type.t))
      return
    case 'bit':
      writer.u8(Tag.bitN).u8(1)
      return
    case 'float':
      writer.u8(Tag.floatN).u8(8)
      return
    case 'datetime':
      writer.u8(Tag.datetimeN).u8(8)
      return
    case 'date':
      writer.u8(Tag.date)
      return
    case 'uniqueidentifier':
      writer.u8(Tag.guid).u8(16)
      return
    case 'sql_variant':
      writer.u8(Tag.variant).u32(MAX_VARIANT_BYTES)
      return
    case 'datetime2':
      writer.u8(Tag.datetime2).u8(checkedScale(type.scale, 7))
      return
    case 'decimal':
      writer.u8(Tag.decimal).u8(decimalBytes(type.precision))
      writer.u8(type.precision).u8(checkedScale(type.scale, type.precision))
      return
    case 'varbinary':
      writer.u8(Tag.varbinary).u16(wireLength(type.max, 1))
      return
    case 'nvarchar':
    case 'varchar':
    case 'char':
      if (type.t === 'char' && type.max === 'max') throw new RangeError('char has no max form')
      writer.u8(STRING_TAGS[type.t]).u16(wireLength(type.max, type.t === 'nvarchar' ? 2 : 1))
      writer.raw(COLLATION)
      return
  }
}

function checkedScale(scale: number, limit: number): number {
  if (!Number.isInteger(scale) || scale < 0 || scale > limit) throw new RangeError(`scale ${scale}`)
  return scale
}

/** A parameter's wire type; `size` is what TYPE_INFO stated, in bytes. */
export interface WireType {
  tag: number
  size: number
  precision: number
  scale: number
}

/** A type that exists but that nothing here can read; the request gets an error, the connection goes on. */
export class UnknownTypeError extends Error {
  override name = 'UnknownTypeError'
  tag: number

  constructor(tag: number) {
    super(`data type 0x${tag.toString(16)}`)
    this.tag = tag
  }
}

function sizeIn(reader: ByteReader, allowed: number[]): number {
  const size = reader.u8()
  if (!allowed.includes(size)) throw new ProtocolError(`type size ${size}`)
  return size
}

export function readTypeInfo(reader: ByteReader): WireType {
  const tag = reader.u8()
  const type: WireType = { tag, size: 0, precision: 0, scale: 0 }
  switch (tag) {
    case Tag.guid:
      type.size = sizeIn(reader, [16])
      break
    case Tag.intN:
      type.size = sizeIn(reader, [1, 2, 4, 8])
      break
    case Tag.bitN:
      type.size = sizeIn(reader, [1])
      break
    case Tag.floatN:
    case Tag.moneyN:
    case Tag.datetimeN:
      type.size = sizeIn(reader, [4, 8])
      break
    case Tag.decimal:
    case Tag.numeric:
      type.size = sizeIn(reader, [5, 9, 13, 17])
      type.precision = reader.u8()
      type.scale = reader.u8()
      if (type.precision < 1 || type.precision > 38 || type.scale > type.precision) {
        throw new ProtocolError('decimal precision')
      }
      break
    case Tag.datetime2:
      type.scale = reader.u8()
      if (type.scale > 7) throw new ProtocolError('time scale')
      break
    case Tag.nvarchar:
    case Tag.nchar:
    case Tag.varchar:
    case Tag.char:
      type.size = reader.u16()
      reader.skip(COLLATION.length) // text is compared by the one collation that there is, whatever the client sends
      break
    case Tag.varbinary:
    case Tag.binary:
      type.size = reader.u16()
      break
    case Tag.ntext:
    case Tag.text:
      type.size = reader.u32()
      reader.skip(COLLATION.length) // text is compared by the one collation that there is, whatever the client sends
      break
    case Tag.image:
    case Tag.variant:
      type.size = reader.u32()
      break
    case Tag.null:
    case Tag.date:
    case Tag.tinyint:
    case Tag.bit:
    case Tag.smallint:
    case Tag.int:
    case Tag.smallDatetime:
    case Tag.real:
    case Tag.money:
    case Tag.smallMoney:
    case Tag.datetime:
    case Tag.float:
    case Tag.bigint:
      break
    default:
      throw new UnknownTypeError(tag)
  }
  return type
}

function textLength(bytes: number, bytesPerUnit: number): number | 'max' {
  return bytes === MAX_LENGTH ? 'max' : Math.max(1, Math.floor(bytes / bytesPerUnit))
}

const PLAIN_TYPES = new Map<number, SqlType>([
  [Tag.null, { t: 'nvarchar', max: 1 }],
  [Tag.guid, { t: 'uniqueidentifier' }],
  [Tag.tinyint, { t: 'tinyint' }],
  [Tag.smallint, { t: 'smallint' }],
  [Tag.int, { t: 'int' }],
  [Tag.bigint, { t: 'bigint' }],
  [Tag.bit, { t: 'bit' }],
  [Tag.bitN, { t: 'bit' }],
  [Tag.real, { t: 'float' }],
  [Tag.float, { t: 'float' }],
  [Tag.floatN, { t: 'float' }],
  [Tag.date, { t: 'date' }],
  [Tag.smallDatetime, { t: 'datetime' }],
  [Tag.datetime, { t: 'datetime' }],
  [Tag.datetimeN, { t: 'datetime' }],
  [Tag.variant, { t: 'sql_variant' }],
  [Tag.money, { t: 'decimal', precision: 19, scale: 4 }],
  [Tag.smallMoney, { t: 'decimal', precision: 19, scale: 4 }],
  [Tag.moneyN, { t: 'decimal', precision: 19, scale: 4 }],
  [Tag.text, { t: 'varchar', max: 'max' }],
  [Tag.image, { t: 'varbinary', max: 'max' }],
  [Tag.ntext, { t: 'nvarchar', max: 'max' }],
])

const INTEGERS = new Map<number, SqlType>([
  [1, { t: 'tinyint' }],
  [2, { t: 'smallint' }],
  [4, { t: 'int' }],
  [8, { t: 'bigint' }],
])

/** The type that an engine sees: kin of a type it knows are folded into that one. */
export function sqlTypeOf(wire: WireType): SqlType {
  const known = wire.tag === Tag.intN ? INTEGERS.get(wire.size) : PLAIN_TYPES.get(wire.tag)
  if (known !== undefined) return known
  switch (wire.tag) {
    case Tag.datetime2:
      return { t: 'datetime2', scale: wire.scale }
    case Tag.decimal:
    case Tag.numeric:
      return { t: 'decimal', precision: wire.precision, scale: wire.scale }
    case Tag.varchar:
      return { t: 'varchar', max: textLength(wire.size, 1) }
    case Tag.char:
      return { t: 'char', max: textLength(wire.size, 1) }
    case Tag.varbinary:
    case Tag.binary:
      return { t: 'varbinary', max: textLength(wire.size, 1) }
    case Tag.nvarchar:
    case Tag.nchar:
      return { t: 'nvarchar', max: textLength(wire.size, 2) }
    default:
      throw new UnknownTypeError(wire.tag)
  }
}
