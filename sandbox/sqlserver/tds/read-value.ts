/** Values of RPC parameters. */
import { ByteReader, ProtocolError } from './bytes.ts'
import { fromCodePage } from './code-page.ts'
import type { SqlValue } from './contract.ts'
import { readDate, readDatetime, readDatetime2, readSmallDatetime } from './dates.ts'
import { decimalText } from './decimals.ts'
import { guidText } from './guids.ts'
import { MAX_LENGTH, Tag, UnknownTypeError } from './types.ts'
import type { WireType } from './types.ts'

const NULL_CHUNKED = 0xffff_ffff_ffff_ffffn
const UNKNOWN_TOTAL = 0xffff_ffff_ffff_fffen
const NULL_LENGTH = 0xffff
const NULL_TEXT = 0xffff_ffff

export function readValue(reader: ByteReader, type: WireType): SqlValue {
  switch (type.tag) {
    case Tag.nvarchar:
    case Tag.nchar:
    case Tag.varchar:
    case Tag.char:
    case Tag.varbinary:
    case Tag.binary:
      return textOrBytes(type.tag, type.size === MAX_LENGTH ? readChunks(reader) : readInline(reader, type))
    case Tag.ntext:
    case Tag.text:
    case Tag.image: {
      const length = reader.u32()
      return textOrBytes(type.tag, length === NULL_TEXT ? null : reader.raw(length))
    }
    case Tag.variant:
      return readVariant(reader)
    case Tag.null:
      return null
    default:
      return isFixed(type.tag) ? readFixed(reader, type.tag) : readShort(reader, type)
  }
}

function readInline(reader: ByteReader, type: WireType): Buffer | null {
  const length = reader.u16()
  if (length === NULL_LENGTH) return null
  if (length > type.size) throw new ProtocolError('a value longer than its type')
  return reader.raw(length)
}

function readChunks(reader: ByteReader): Buffer | null {
  const total = reader.u64()
  if (total === NULL_CHUNKED) return null
  const ahead = reader.fork()
  let bytes = 0
  for (let length = ahead.u32(); length !== 0; length = ahead.u32()) {
    ahead.skip(length)
    bytes += length
  }
  if (total !== UNKNOWN_TOTAL && total !== BigInt(bytes)) {
    throw new ProtocolError('chunks do not add up to the stated total')
  }
  const value = Buffer.allocUnsafe(bytes)
  let filled = 0
  for (let length = reader.u32(); length !== 0; length = reader.u32()) {
    filled += reader.raw(length).copy(value, filled)
  }
  return value
}

/** Copies bytes out of the message, which is not kept. */
function textOrBytes(tag: number, bytes: Buffer | null): SqlValue {
  if (bytes === null) return null
  if (tag === Tag.varchar || tag === Tag.char || tag === Tag.text) return fromCodePage(bytes)
  if (tag === Tag.varbinary || tag === Tag.binary || tag === Tag.image) return new Uint8Array(bytes)
  if (bytes.length % 2 !== 0) throw new ProtocolError('text with half a character')
  return bytes.toString('utf16le')
}

/** Types whose values stand behind a one-byte length, 0 for null. */
function readShort(reader: ByteReader, type: WireType): SqlValue {
  const length = reader.u8()
  if (length === 0) return null
  const value = new ByteReader(reader.raw(length))
  const read = readSized(value, type, length)
  if (value.left !== 0) throw new ProtocolError('a value longer than its type')
  return read
}

function readSized(value: ByteReader, type: WireType, length: number): SqlValue {
  switch (type.tag) {
    case Tag.intN:
      return readFixed(value, { 1: Tag.tinyint, 2: Tag.smallint, 4: Tag.int, 8: Tag.bigint }[length])
    case Tag.bitN:
      return readFixed(value, Tag.bit)
    case Tag.floatN:
      return readFixed(value, { 4: Tag.real, 8: Tag.float }[length])
    case Tag.moneyN:
      return readFixed(value, { 4: Tag.smallMoney, 8: Tag.money }[length])
    case Tag.datetimeN:
      return readFixed(value, { 4: Tag.smallDatetime, 8: Tag.datetime }[length])
    case Tag.date:
      return readDate(value)
    case Tag.datetime2:
      return readDatetime2(value, length, type.scale)
    case Tag.guid:
      return guidText(value.raw(16))
    case Tag.decimal:
    case Tag.numeric: {
      const positive = value.u8() !== 0
      const magnitude = BigInt(
        `0x${
          Buffer.from(value.raw(length - 1))
            .reverse()
            .toString('hex') || '0'
        }`,
      )
      return decimalText(positive ? magnitude : -magnitude, type.scale)
    }
    default:
      throw new UnknownTypeError(type.tag)
  }
}

const FIXED: readonly number[] = [
  Tag.tinyint,
  Tag.bit,
  Tag.smallint,
  Tag.int,
  Tag.bigint,
  Tag.real,
  Tag.float,
  Tag.smallMoney,
  Tag.money,
  Tag.smallDatetime,
  Tag.datetime,
]

function isFixed(tag: number): boolean {
  return FIXED.includes(tag)
}

function readFixed(reader: ByteReader, tag: number | undefined): SqlValue {
  switch (tag) {
    case Tag.tinyint:
      return reader.u8()
    case Tag.bit:
      return reader.u8() !== 0
    case Tag.smallint:
      return reader.raw(2).readInt16LE()
    case Tag.int:
      return reader.i32()
    case Tag.bigint:
      return reader.raw(8).readBigInt64LE()
    case Tag.real:
      return reader.raw(4).readFloatLE()
    case Tag.float:
      return reader.raw(8).readDoubleLE()
    case Tag.smallMoney:
      return decimalText(BigInt(reader.i32()), 4)
    case Tag.money: {
      const high = BigInt(reader.i32())
      return decimalText((high << 32n) | BigInt(reader.u32()), 4)
    }
    case Tag.smallDatetime:
      return readSmallDatetime(reader)
    case Tag.datetime:
      return readDatetime(reader)
    default:
      throw new ProtocolError('a value of the wrong length')
  }
}

function readVariant(reader: ByteReader): SqlValue {
  const total = reader.u32()
  if (total === 0) return null
  const body = new ByteReader(reader.raw(total))
  const tag = body.u8()
  const properties = new ByteReader(body.raw(body.u8()))
  const rest = body.left
  switch (tag) {
    case Tag.nvarchar:
    case Tag.nchar:
    case Tag.varchar:
    case Tag.char:
    case Tag.varbinary:
    case Tag.binary:
      return textOrBytes(tag, body.raw(rest))
    case Tag.guid:
      return guidText(body.raw(16))
    case Tag.date:
      return readDate(body)
    case Tag.datetime2:
      return readDatetime2(body, rest, properties.u8())
    default:
      if (!isFixed(tag)) throw new UnknownTypeError(tag)
      return readFixed(body, tag)
  }
}
