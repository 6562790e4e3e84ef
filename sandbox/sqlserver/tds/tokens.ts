/** Tokens of the response stream (MS-TDS 2.2.7), each as the bytes to append. */
import { ByteWriter } from './bytes.ts'
import { COLLATION } from './code-page.ts'
import type { Column, ServerError, SqlType, SqlValue } from './contract.ts'
import { writeTypeInfo } from './types.ts'
import { writeValue } from './write-value.ts'

const Token = {
  returnStatus: 0x79,
  columnMetadata: 0x81,
  error: 0xaa,
  info: 0xab,
  returnValue: 0xac,
  loginAck: 0xad,
  featureExtAck: 0xae,
  row: 0xd1,
  envChange: 0xe3,
} as const

export const DoneToken = { done: 0xfd, doneProc: 0xfe, doneInProc: 0xff } as const

export const DoneStatus = { more: 0x01, error: 0x02, count: 0x10, attention: 0x20 } as const

const Environment = {
  database: 1,
  language: 2,
  packetSize: 4,
  collation: 7,
  begin: 8,
  commit: 9,
  rollback: 10,
  resetDone: 18,
} as const

const FLAG_NULLABLE = 0x01
const FLAG_UPDATABILITY_UNKNOWN = 0x08
const RETURN_VALUE_OUTPUT = 1
const CURRENT_COMMAND_SELECT = 0xc1
const FEATURE_UTF8 = 0x0a
const FEATURES_END = 0xff
const SQL_TSQL_INTERFACE = 1
/** Keeps the token's own two-byte length from overflowing. */
const MAX_MESSAGE_CHARACTERS = 8000

export interface DoneFields {
  more: boolean
  error: boolean
  count: number | null
  afterRows: boolean
}

export function doneToken(token: number, fields: DoneFields): Buffer {
  const status =
    (fields.more ? DoneStatus.more : 0) |
    (fields.error ? DoneStatus.error : 0) |
    (fields.count === null ? 0 : DoneStatus.count)
  return new ByteWriter()
    .u8(token)
    .u16(status)
    .u16(fields.afterRows ? CURRENT_COMMAND_SELECT : 0)
    .u64(BigInt(fields.count ?? 0))
    .toBuffer()
}

export function attentionDone(): Buffer {
  return new ByteWriter().u8(DoneToken.done).u16(DoneStatus.attention).u16(0).u64(0n).toBuffer()
}

function withLength(token: number, body: ByteWriter): Buffer {
  return new ByteWriter(body.size + 3).u8(token).u16(body.size).raw(body.toBuffer()).toBuffer()
}

function messageToken(token: number, message: ServerError, severity: number, serverName: string): Buffer {
  const body = new ByteWriter()
    .i32(message.number)
    .u8(message.state)
    .u8(severity)
    .longText(message.message.slice(0, MAX_MESSAGE_CHARACTERS))
    .shortText(serverName)
    .shortText(message.procedure ?? '')
    .u32(message.line ?? 1)
  return withLength(token, body)
}

export function errorToken(error: ServerError, serverName: string): Buffer {
  return messageToken(Token.error, error, error.severity, serverName)
}

/** Severity 10 travels as 0. */
export function infoToken(info: ServerError, serverName: string): Buffer {
  return messageToken(Token.info, info, info.severity === 10 ? 0 : info.severity, serverName)
}

function environmentText(kind: number, now: string, before: string): Buffer {
  return withLength(Token.envChange, new ByteWriter().u8(kind).shortText(now).shortText(before))
}

function environmentBytes(kind: number, now: Uint8Array, before: Uint8Array): Buffer {
  const body = new ByteWriter().u8(kind).u8(now.length).raw(now).u8(before.length).raw(before)
  return withLength(Token.envChange, body)
}

const NOTHING = new Uint8Array(0)

export const databaseChanged = (now: string, before: string): Buffer =>
  environmentText(Environment.database, now, before)

export const languageChanged = (now: string): Buffer => environmentText(Environment.language, now, '')

export const packetSizeChanged = (now: number, before: number): Buffer =>
  environmentText(Environment.packetSize, String(now), String(before))

export const collationChanged = (): Buffer => environmentBytes(Environment.collation, COLLATION, NOTHING)

export const resetDone = (): Buffer => environmentBytes(Environment.resetDone, NOTHING, NOTHING)

export function transactionChanged(change: 'begin' | 'commit' | 'rollback', descriptor: Uint8Array): Buffer {
  if (descriptor.length !== 8) throw new TypeError('a transaction descriptor has eight bytes')
  return change === 'begin'
    ? environmentBytes(Environment.begin, descriptor, NOTHING)
    : environmentBytes(Environment[change], NOTHING, descriptor)
}

export function loginAck(versionCode: number, programVersion: [number, number, number]): Buffer {
  const [major, minor, build] = programVersion
  const body = new ByteWriter()
    .u8(SQL_TSQL_INTERFACE)
    .u32be(versionCode)
    .shortText('Microsoft SQL Server')
    .u8(major)
    .u8(minor)
    .u16be(build)
  return withLength(Token.loginAck, body)
}

export function utf8Acknowledged(): Buffer {
  return new ByteWriter().u8(Token.featureExtAck).u8(FEATURE_UTF8).u32(1).u8(1).u8(FEATURES_END).toBuffer()
}

export function columnMetadata(columns: Column[]): Buffer {
  const writer = new ByteWriter().u8(Token.columnMetadata).u16(columns.length)
  for (const column of columns) {
    const nullable = column.nullable ?? true
    writer.u32(0).u16(FLAG_UPDATABILITY_UNKNOWN | (nullable ? FLAG_NULLABLE : 0))
    writeTypeInfo(writer, column.type)
    writer.shortText(column.name)
  }
  return writer.toBuffer()
}

export function rowToken(columns: Column[], values: SqlValue[]): Buffer {
  if (values.length !== columns.length) {
    throw new TypeError(`${values.length} values for ${columns.length} columns`)
  }
  const writer = new ByteWriter().u8(Token.row)
  columns.forEach((column, i) => {
    const value = values[i] ?? null
    if (value === null && column.nullable === false) throw new TypeError(`null in column ${column.name}`)
    writeValue(writer, column.type, value)
  })
  return writer.toBuffer()
}

export function returnStatusToken(value: number): Buffer {
  return new ByteWriter().u8(Token.returnStatus).i32(value).toBuffer()
}

export function returnValueToken(ordinal: number, name: string, type: SqlType, value: SqlValue): Buffer {
  const writer = new ByteWriter()
    .u8(Token.returnValue)
    .u16(ordinal)
    .shortText(name)
    .u8(RETURN_VALUE_OUTPUT)
    .u32(0)
    .u16(0)
  writeTypeInfo(writer, type)
  writeValue(writer, type, value)
  return writer.toBuffer()
}
