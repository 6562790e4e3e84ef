import { SqlError, notSimulated } from '../errors.ts'
import type { Expr } from '../../sql/ast.ts'
import type { Cursor } from '../../sql/cursor.ts'
import { INT, nvarchar } from '../../sql/types.ts'
import { convertCell } from '../../sql/convert.ts'
import { parseExpression } from '../../sql/parse-expression.ts'
import { runInner } from '../execute-sql.ts'
import { callProcedure } from '../procedures.ts'
import type { ProcedureArgument } from '../run-batch.ts'
import type { Frame, StatementHandler } from '../script.ts'
import { assign } from './query.ts'

interface WrittenArgument {
  name: string | undefined
  value: Expr
  output: boolean
}

function writtenArguments(c: Cursor): WrittenArgument[] {
  const list: WrittenArgument[] = []
  if (c.isEnd() || c.isSymbol(';')) return list
  const starts = (): boolean =>
    ['string', 'number', 'variable', 'binary', 'quoted'].includes(c.peek().kind) ||
    c.isSymbol('-') ||
    c.isWord('NULL', 'DEFAULT') ||
    c.isName()
  if (!starts()) return list
  do {
    const token = c.peek()
    let name: string | undefined
    if (token.kind === 'variable' && c.peek(1).text === '=') {
      name = token.value.toLowerCase()
      c.at += 2
    }
    const next = c.peek()
    const bare = next.kind === 'word' && !c.isWord('NULL')
    const value: Expr =
      bare || next.kind === 'quoted'
        ? { t: 'literal', value: c.next().value, type: 'nvarchar' }
        : argumentValue(c)
    list.push({ name, value, output: c.takeWord('OUTPUT', 'OUT') !== undefined })
  } while (c.takeSymbol(','))
  return list
}

/** Constants and variables only, as EXEC takes them. */
function argumentValue(c: Cursor): Expr {
  const negative = c.takeSymbol('-')
  const token = c.peek()
  if (!['string', 'number', 'variable', 'binary'].includes(token.kind) && !c.isWord('NULL')) c.fail()
  const at = c.at
  const e = parseExpression(c)
  if (c.at !== at + 1) c.fail(c.tokens[at + 1])
  return negative ? { t: 'unary', op: '-', e } : e
}

/** EXEC [@status =] procedure arguments, EXEC ('text'), and a procedure name that begins a batch. */
export const executeStatement: StatementHandler = {
  head: ['EXEC'],
  parse(c) {
    const line = c.line
    if (c.takeSymbol('(')) {
      const e = parseExpression(c)
      c.expectSymbol(')')
      if (c.isWord('AT', 'AS', 'WITH')) throw notSimulated(`EXECUTE (...) ${c.peek().upper}`, line)
      return { run: async (frame) => (await executeText(frame, e), undefined) }
    }
    if (c.isWord('AS')) throw notSimulated('EXECUTE AS', line)
    let status: string | undefined
    if (c.peek().kind === 'variable' && c.peek(1).text === '=') {
      status = c.next().value.toLowerCase()
      c.next()
    }
    if (c.peek().kind === 'variable') throw notSimulated('EXECUTE @variable', line)
    const parts = c.nameParts()
    const list = writtenArguments(c)
    return { run: (frame) => executeProcedure(frame, parts, list, status) }
  },
}

async function executeText(frame: Frame, e: Expr): Promise<void> {
  const { value, type } = frame.session.evaluate(e, frame)
  await runInner(frame, String(convertCell(value, type, nvarchar('max'), 0) ?? ''), new Map())
}

async function executeProcedure(
  frame: Frame,
  parts: readonly string[],
  list: readonly WrittenArgument[],
  status: string | undefined,
): Promise<undefined> {
  const { session } = frame
  const name = (parts.at(-1) ?? '').toLowerCase()
  const args = list.map((written): ProcedureArgument => {
    const evaluated = session.evaluate(written.value, frame)
    const target =
      written.output && written.value.t === 'variable' ? frame.variables.get(written.value.name) : undefined
    return { name: written.name, ...evaluated, ...(target === undefined ? {} : { target }) }
  })
  // db.sys.sp_executesql runs in that database and comes back.
  const home = session.databaseId
  const elsewhere =
    parts.length === 3 && parts[0] !== '' ? session.instance.databaseNamed(parts[0] ?? '') : undefined
  if (parts.length === 3 && parts[0] !== '' && elsewhere === undefined)
    throw new SqlError(
      911,
      `Database '${parts[0] ?? ''}' does not exist. Make sure that the name is entered correctly.`,
    )
  if (parts.length > 3) throw notSimulated('EXECUTE on a linked server')
  if (elsewhere !== undefined && !session.instance.permissions.access(session.login, elsewhere))
    throw new SqlError(
      916,
      `The server principal "${session.login.name}" is not able to access the database "${elsewhere.name}" under the current security context.`,
      { severity: 14 },
    )
  if (elsewhere !== undefined) session.databaseId = elsewhere.databaseId
  try {
    const result = await callProcedure(frame, name, args)
    if (status !== undefined) assign(frame, status, { value: result, type: INT })
    else await frame.sink.returnStatus(result)
  } finally {
    session.databaseId = home
  }
  return undefined
}
