/** Requests of a logged-in client: SQL batch, RPC, transaction manager (MS-TDS 2.2.6.6 to 2.2.6.9). */
import { ByteReader, ProtocolError } from './bytes.ts'
import type { RpcParam } from './contract.ts'
import { readValue } from './read-value.ts'
import { readTypeInfo, sqlTypeOf } from './types.ts'

/** In the order of their wire numbers, from 1. */
const NUMBERED_PROCEDURES = [
  'sp_cursor',
  'sp_cursoropen',
  'sp_cursorprepare',
  'sp_cursorexecute',
  'sp_cursorprepexec',
  'sp_cursorunprepare',
  'sp_cursorfetch',
  'sp_cursoroption',
  'sp_cursorclose',
  'sp_executesql',
  'sp_prepare',
  'sp_execute',
  'sp_prepexec',
  'sp_prepexecrpc',
  'sp_unprepare',
]

const NAME_IS_NUMBER = 0xffff
const NEXT_RPC = 0xff
const PARAM_OUTPUT = 0x01
/** SQL Server's own limits. */
const MAX_PARAMETERS = 2100
const MAX_RPCS = 1000

/** The transaction descriptor in these headers is the client's echo of ours; the engine knows it already. */
function skipAllHeaders(payload: Buffer): ByteReader {
  const reader = new ByteReader(payload)
  const total = reader.u32()
  if (total < 4) throw new ProtocolError('ALL_HEADERS shorter than its own length')
  reader.skip(total - 4)
  return reader
}

export function readBatch(payload: Buffer): string {
  const reader = skipAllHeaders(payload)
  if (reader.left % 2 !== 0) throw new ProtocolError('a batch with half a character')
  return reader.text(reader.left / 2)
}

export interface Rpc {
  procedure: string
  params: RpcParam[]
}

/**
 * All calls of one RPC message, read completely before the first one runs. Throws UnknownTypeError for a parameter
 * type that nothing here reads.
 */
export function readRpcs(payload: Buffer): Rpc[] {
  const reader = skipAllHeaders(payload)
  const calls: Rpc[] = []
  do {
    if (calls.length >= MAX_RPCS) throw new ProtocolError('too many calls in one message')
    calls.push(readRpc(reader))
  } while (reader.left > 0)
  return calls
}

function readRpc(reader: ByteReader): Rpc {
  const nameLength = reader.u16()
  const procedure =
    nameLength === NAME_IS_NUMBER ? numberedProcedure(reader.u16()) : plainName(reader.text(nameLength))
  reader.skip(2) // option flags: recompile, no metadata
  const params: RpcParam[] = []
  while (reader.left > 0) {
    if (reader.peek() === NEXT_RPC) {
      reader.skip(1)
      break
    }
    if (params.length >= MAX_PARAMETERS) throw new ProtocolError('too many parameters')
    const name = reader.shortText()
    const output = (reader.u8() & PARAM_OUTPUT) !== 0
    const wireType = readTypeInfo(reader)
    const value = readValue(reader, wireType)
    params.push({ name, output, type: sqlTypeOf(wireType), value })
  }
  return { procedure, params }
}

function numberedProcedure(id: number): string {
  return NUMBERED_PROCEDURES[id - 1] ?? String(id)
}

const IDENTIFIER_PART = /\[((?:[^\]]|\]\])*)\]|"((?:[^"]|"")*)"|([^.]*)/y

function identifierParts(name: string): string[] {
  const parts: string[] = []
  IDENTIFIER_PART.lastIndex = 0
  for (;;) {
    const match = IDENTIFIER_PART.exec(name)
    if (match === null) return [name]
    parts.push(match[1]?.replaceAll(']]', ']') ?? match[2]?.replaceAll('""', '"') ?? match[3] ?? '')
    if (IDENTIFIER_PART.lastIndex >= name.length) return parts
    if (name[IDENTIFIER_PART.lastIndex] !== '.') return [name]
    IDENTIFIER_PART.lastIndex++
    if (IDENTIFIER_PART.lastIndex >= name.length) return [...parts, '']
  }
}

/** Without brackets, and without master, dbo and sys in front: they lead to the same procedure. */
export function plainName(name: string): string {
  const parts = identifierParts(name)
  const last = parts.pop() ?? ''
  const schema = parts.pop()
  if (schema !== undefined && !['sys', 'dbo', ''].includes(schema.toLowerCase())) parts.push(schema)
  else if (parts.at(-1)?.toLowerCase() === 'master') parts.pop()
  return [...parts, last].join('.')
}

export interface TransactionRequest {
  kind: 'begin' | 'commit' | 'rollback' | 'save'
  name: string
}

const TransactionOperation = { begin: 5, commit: 7, rollback: 8, save: 9 } as const
const ALSO_BEGIN = 0x01

/** One or two steps (commit or rollback may begin the next transaction); null for distributed transactions. */
export function readTransactionRequests(payload: Buffer): TransactionRequest[] | null {
  const reader = skipAllHeaders(payload)
  const operation = reader.u16()
  switch (operation) {
    case TransactionOperation.begin:
      return [readBegin(reader)]
    case TransactionOperation.save:
      return [{ kind: 'save', name: readName(reader) }]
    case TransactionOperation.commit:
    case TransactionOperation.rollback: {
      const kind = operation === TransactionOperation.commit ? 'commit' : 'rollback'
      const ended: TransactionRequest = { kind, name: readName(reader) }
      return (reader.u8() & ALSO_BEGIN) === 0 ? [ended] : [ended, readBegin(reader)]
    }
    default:
      return null
  }
}

function readBegin(reader: ByteReader): TransactionRequest {
  reader.skip(1) // isolation level
  return { kind: 'begin', name: readName(reader) }
}

/** Here alone the length byte counts bytes, not characters. */
function readName(reader: ByteReader): string {
  const bytes = reader.raw(reader.u8())
  if (bytes.length % 2 !== 0) throw new ProtocolError('a name with half a character')
  return bytes.toString('utf16le')
}
