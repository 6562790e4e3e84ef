import { typeOf } from '../sql/types.ts'
import type { Cell, SqlType } from '../sql/types.ts'
import { Cursor } from '../sql/cursor.ts'
import { lex } from '../sql/lexer.ts'
import { parseExpression, parseTypeName } from '../sql/parse-expression.ts'
import type { BatchSink, RpcParam } from '../tds/contract.ts'
import { SqlError, notSimulated } from './errors.ts'
import { EXECUTE, HANDLERS } from './handlers.ts'
import { parseBatch } from './parse-batch.ts'
import { runNodes } from './run-script.ts'
import type { Frame, Node, Variable } from './script.ts'
import type { Session } from './session.ts'
import { callProcedure } from './procedures.ts'
import { fromWire, toWireType, toWireValue, typeFromWire } from './wire-types.ts'

const MAX_DEPTH = 32

/** Parses everything, checks names, then runs: a compile error means that nothing ran. */
export async function runText(frame: Frame, sql: string): Promise<number> {
  if (frame.depth > MAX_DEPTH)
    throw new SqlError(
      217,
      'Maximum stored procedure, function, trigger, or view nesting level exceeded (limit 32).',
      { endsBatch: true },
    )
  const declared = new Map([...frame.variables].map(([name, variable]) => [name, variable.type]))
  const { nodes } = parseBatch(sql, {
    handlers: HANDLERS,
    execute: EXECUTE,
    quotedIdentifier: frame.session.settings.quotedIdentifier,
    declared,
  })
  for (const [name, type] of declared)
    if (!frame.variables.has(name)) frame.variables.set(name, { type, value: null })
  for (const statement of statementsOf(nodes)) {
    try {
      statement.check?.(frame)
    } catch (error) {
      if (error instanceof SqlError) error.line ??= statement.line
      throw error
    }
  }
  return runNodes(nodes, frame)
}

function* statementsOf(nodes: readonly Node[]): Generator<Extract<Node, { t: 'statement' }>> {
  for (const node of nodes) {
    if (node.t === 'statement') yield node
    else if (node.t === 'block') yield* statementsOf(node.body)
    else if (node.t === 'if')
      yield* statementsOf(node.otherwise === undefined ? [node.then] : [node.then, node.otherwise])
    else if (node.t === 'while') yield* statementsOf([node.body])
    else if (node.t === 'try') yield* statementsOf([...node.body, ...node.handler])
  }
}

export async function runBatch(
  session: Session,
  sql: string,
  sink: BatchSink,
  signal: AbortSignal,
): Promise<void> {
  const frame = newFrame(session, sink, signal)
  await runText(frame, sql)
  // A batch of DECLAREs and untaken branches still answers.
  if (frame.answered.completions === 0) await sink.done(null)
}

function newFrame(session: Session, sink: BatchSink, signal: AbortSignal): Frame {
  return { session, sink, signal, variables: new Map(), depth: 0, answered: { completions: 0 } }
}

/** Declarations such as `@a int, @b nvarchar(20) = N'x' OUTPUT`, as sp_executesql takes them. */
export function parseDeclarations(text: string): { name: string; type: SqlType; output: boolean }[] {
  if (text.trim() === '') return []
  const c = new Cursor(text, lex(text))
  const declarations: { name: string; type: SqlType; output: boolean }[] = []
  do {
    const token = c.peek()
    if (token.kind !== 'variable') c.fail()
    c.next()
    c.takeWord('AS')
    const type = declaredType(c)
    if (c.takeSymbol('=')) parseExpression(c)
    const output = c.takeWord('OUTPUT', 'OUT') !== undefined
    declarations.push({ name: token.value.toLowerCase(), type, output })
  } while (c.takeSymbol(','))
  if (!c.isEnd()) c.fail()
  return declarations
}

export function declaredType(c: Cursor): SqlType {
  const line = c.line
  const name = parseTypeName(c)
  const type = typeOf(name, 1)
  if (type === undefined) {
    if (['table', 'cursor', 'xml', 'time', 'datetimeoffset', 'smallmoney', 'rowversion'].includes(name.name))
      throw notSimulated(`type ${name.name}`, line)
    throw new SqlError(2715, `Column, parameter, or variable #1: Cannot find data type ${name.name}.`, {
      line,
      endsBatch: true,
    })
  }
  return type
}

/** A remote procedure call: sp_executesql and its prepared kin run text, others are procedures of the server. */
export async function runProcedureCall(
  session: Session,
  procedure: string,
  params: RpcParam[],
  sink: BatchSink,
  signal: AbortSignal,
): Promise<void> {
  const name = procedure.toLowerCase().replace(/^(master\.)?(sys|dbo)?\.+/, '')
  const frame = newFrame(session, sink, signal)
  if (name === 'sp_executesql') {
    await executeWithParameters(frame, textOf(params[0]), textOf(params[1]), params.slice(2), name)
    return
  }
  if (name === 'sp_prepare' || name === 'sp_prepexec') {
    const handle = session.prepared.size + 1
    const declarations = textOf(params[1])
    const sql = textOf(params[2])
    session.prepared.set(handle, { sql, declarations })
    await sink.returnValue(params[0]?.name ?? '@handle', { t: 'int' }, handle)
    if (name === 'sp_prepexec') await executeWithParameters(frame, sql, declarations, params.slice(3), name)
    return
  }
  if (name === 'sp_execute') {
    const prepared = session.prepared.get(Number(params[0]?.value))
    if (prepared === undefined)
      throw new SqlError(8179, `Could not find prepared statement with handle ${String(params[0]?.value)}.`, {
        endsBatch: true,
      })
    await executeWithParameters(frame, prepared.sql, prepared.declarations, params.slice(1), name)
    return
  }
  if (name === 'sp_unprepare') {
    session.prepared.delete(Number(params[0]?.value))
    return
  }
  const args = params.map((param) => ({
    name: param.name === '' ? undefined : param.name.toLowerCase(),
    value: fromWire(param.value, param.type),
    type: typeFromWire(param.type),
  }))
  await sink.returnStatus(await callProcedure(frame, name, args))
}

async function executeWithParameters(
  frame: Frame,
  sql: string,
  declarations: string,
  params: readonly RpcParam[],
  name: string,
): Promise<void> {
  const declared = parseDeclarations(declarations)
  const byName = new Map(params.map((param) => [param.name.toLowerCase(), param]))
  const pairs = declared.map((declaration, i) => ({
    declaration,
    param: byName.get(declaration.name) ?? params[i],
  }))
  for (const { declaration, param } of pairs) {
    if (param === undefined)
      throw new SqlError(
        8178,
        `The parameterized query '${declarations}' expects the parameter '${declaration.name}', which was not supplied.`,
        { endsBatch: true },
      )
    frame.variables.set(declaration.name, {
      type: declaration.type,
      value: fromWire(param.value, param.type),
    })
  }
  const status = await runText(frame, sql)
  for (const { declaration, param } of pairs) {
    const variable = frame.variables.get(declaration.name) as Variable
    if (declaration.output && param?.output === true)
      await frame.sink.returnValue(
        param.name,
        toWireType(variable.type),
        toWireValue(variable.value, variable.type),
      )
  }
  if (name === 'sp_executesql') await frame.sink.returnStatus(status)
}

const textOf = (param: RpcParam | undefined): string => (typeof param?.value === 'string' ? param.value : '')

export type ProcedureArgument = { name: string | undefined; value: Cell; type: SqlType; target?: Variable }
