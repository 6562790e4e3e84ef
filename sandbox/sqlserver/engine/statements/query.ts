import { SqlError, notSimulated } from '../errors.ts'
import { parseExpression, parseList } from '../../sql/parse-expression.ts'
import { parseQuery } from '../../sql/parse-select.ts'
import type { Cursor } from '../../sql/cursor.ts'
import type { Expr, Query } from '../../sql/ast.ts'
import type { QueryResult } from '../../sql/query-runner.ts'
import type { Token } from '../../sql/tokens.ts'
import { convertCell } from '../../sql/convert.ts'
import { nvarchar } from '../../sql/types.ts'
import type { SqlType } from '../../sql/types.ts'
import { declaredType } from '../run-batch.ts'
import type { Frame, StatementHandler, Variable } from '../script.ts'
import { toWireType, toWireValue } from '../wire-types.ts'
import { delay } from '../../faults.ts'
import { formatMessage } from '../messages.ts'

export function assign(frame: Frame, name: string, value: { value: Variable['value']; type: SqlType }): void {
  const variable = frame.variables.get(name)
  if (variable === undefined)
    throw new SqlError(137, `Must declare the scalar variable "${name}".`, { severity: 15, endsBatch: true })
  variable.value = convertCell(value.value, value.type, variable.type, 0)
}

/** A function whose rows come from key vaults: they are asked before the query runs. */
const namesVaultKeys = (tokens: readonly Token[]): boolean =>
  tokens.some((token) => token.value.toLowerCase() === 'dm_cryptographic_provider_keys')

function queryThen(frame: Frame, query: Query, then: (() => void) | undefined): QueryResult {
  try {
    return frame.session.query(query, frame)
  } finally {
    then?.()
  }
}

const select = (head: string): StatementHandler => ({
  head: [head],
  parse(c) {
    c.at -= 1
    const start = c.at
    const query = parseQuery(c)
    const ofVaults = namesVaultKeys(c.tokens.slice(start, c.at))
    return {
      command: 'SELECT',
      check: (frame) => frame.session.instance.queries.check(query, frame.session.environment(frame)),
      async run(frame) {
        const shown = ofVaults ? await frame.session.instance.ekm.showKeys(frame.session) : undefined
        const result = queryThen(frame, query, shown)
        if (result.columns.some((column) => column.assign !== undefined)) {
          const last = result.rows.at(-1)
          if (last !== undefined) {
            result.columns.forEach((column, i) =>
              assign(frame, column.assign ?? '', { value: last[i] ?? null, type: column.type }),
            )
          }
          frame.session.rowCount = result.rows.length
          return undefined
        }
        await frame.sink.columns(
          result.columns.map((column) => ({ name: column.name, type: toWireType(column.type) })),
        )
        for (const row of result.rows)
          await frame.sink.row(
            row.map((cell, i) => toWireValue(cell, result.columns[i]?.type ?? { name: 'null' })),
          )
        return result.rows.length
      },
    }
  },
})

const declare: StatementHandler = {
  head: ['DECLARE'],
  parse(c, declared) {
    const items: { name: string; type: SqlType; value: Expr | undefined }[] = []
    do {
      const token = c.peek()
      if (token.kind !== 'variable') c.fail()
      c.next()
      c.takeWord('AS')
      const name = token.value.toLowerCase()
      if (declared.has(name))
        throw new SqlError(
          134,
          `The variable name '${token.value}' has already been declared. Variable names must be unique within a query batch or stored procedure.`,
          { severity: 15, line: token.line, endsBatch: true },
        )
      const type = declaredType(c)
      declared.set(name, type)
      items.push({ name, type, value: c.takeSymbol('=') ? parseExpression(c) : undefined })
    } while (c.takeSymbol(','))
    return {
      silent: true,
      async run(frame) {
        for (const item of items)
          if (item.value !== undefined) assign(frame, item.name, frame.session.evaluate(item.value, frame))
        return null
      },
    }
  },
}

/** Session options that change nothing which is simulated here. */
const IGNORED_OPTIONS = new Set([
  'ANSI_NULLS',
  'ANSI_PADDING',
  'ANSI_WARNINGS',
  'ANSI_NULL_DFLT_ON',
  'ANSI_NULL_DFLT_OFF',
  'ANSI_DEFAULTS',
  'ARITHABORT',
  'ARITHIGNORE',
  'CONCAT_NULL_YIELDS_NULL',
  'CURSOR_CLOSE_ON_COMMIT',
  'DATEFIRST',
  'DATEFORMAT',
  'DEADLOCK_PRIORITY',
  'IMPLICIT_TRANSACTIONS',
  'LANGUAGE',
  'LOCK_TIMEOUT',
  'NUMERIC_ROUNDABORT',
  'TEXTSIZE',
  'ROWCOUNT',
  'FMTONLY',
  'PARSEONLY',
  'STATISTICS',
  'CONTEXT_INFO',
])
const MUST_BE_OFF = new Set(['IMPLICIT_TRANSACTIONS', 'FMTONLY', 'PARSEONLY'])

const set: StatementHandler = {
  head: ['SET'],
  parse(c) {
    const token = c.peek()
    if (token.kind === 'variable') {
      c.next()
      const operator = ['=', '+=', '-='].find((symbol) => c.isSymbol(symbol)) ?? c.fail()
      c.next()
      const value = parseExpression(c)
      const name = token.value.toLowerCase()
      const e: Expr =
        operator === '='
          ? value
          : { t: 'binary', op: operator.slice(0, 1), l: { t: 'variable', name, line: token.line }, r: value }
      return {
        silent: true,
        run: async (frame) => (assign(frame, name, frame.session.evaluate(e, frame)), null),
      }
    }
    if (c.takeWords('TRANSACTION', 'ISOLATION', 'LEVEL')) {
      while (
        c.takeWord('READ', 'COMMITTED', 'UNCOMMITTED', 'REPEATABLE', 'SNAPSHOT', 'SERIALIZABLE') !== undefined
      )
        continue
      return { run: async () => null }
    }
    return setOptions(c)
  },
}

function setOptions(c: Cursor): ReturnType<StatementHandler['parse']> {
  const line = c.line
  const names: string[] = []
  do {
    const name = c.expectAnyWord()
    if (
      !IGNORED_OPTIONS.has(name) &&
      !['NOCOUNT', 'XACT_ABORT', 'QUOTED_IDENTIFIER', 'NOEXEC'].includes(name)
    )
      throw notSimulated(`SET ${name}`, line)
    names.push(name)
    if (name === 'STATISTICS') c.expectAnyWord()
  } while (c.takeSymbol(','))
  const on = c.takeWord('ON', 'OFF')
  if (on === undefined) {
    c.takeSymbol('-')
    c.next()
  }
  if (on === 'ON' && names.some((name) => MUST_BE_OFF.has(name)))
    throw notSimulated(`SET ${names.join(', ')} ON`, line)
  return {
    ...(names.includes('NOEXEC') ? { command: 'SET NOEXEC' } : {}),
    async run({ session }) {
      for (const name of names) {
        if (name === 'NOCOUNT') session.settings.noCount = on === 'ON'
        if (name === 'XACT_ABORT') session.settings.xactAbort = on === 'ON'
        if (name === 'NOEXEC') session.settings.noExec = on === 'ON'
        if (name === 'QUOTED_IDENTIFIER') session.settings.quotedIdentifier = on === 'ON'
      }
      return null
    },
  }
}

const print: StatementHandler = {
  head: ['PRINT'],
  parse(c) {
    const e = parseExpression(c)
    return {
      async run({ session, sink, ...rest }) {
        const { value, type } = session.evaluate(e, { session, sink, ...rest })
        await session.info(sink, 0, String(convertCell(value, type, nvarchar(4000), 0) ?? ' '))
        return null
      },
    }
  },
}

const raiseError: StatementHandler = {
  head: ['RAISERROR'],
  parse(c) {
    c.expectSymbol('(')
    const args = parseList(c)
    c.expectSymbol(')')
    if (c.takeWord('WITH') !== undefined) {
      do c.expectWord('NOWAIT', 'LOG', 'SETERROR')
      while (c.takeSymbol(','))
    }
    if (args.length < 3) c.fail()
    return {
      async run(frame) {
        const [message, severity, state, ...values] = args.map(
          (arg) => frame.session.evaluate(arg, frame).value,
        )
        if (typeof message !== 'string') throw notSimulated('RAISERROR with a message number')
        const text = formatMessage(message, values)
        if (Number(severity) <= 10) {
          await frame.sink.info({
            number: 50000,
            state: Number(state),
            severity: Number(severity),
            message: text,
            line: 1,
          })
          return null
        }
        throw new SqlError(50000, text, { severity: Math.min(25, Number(severity)), state: Number(state) })
      },
    }
  },
}

const use: StatementHandler = {
  head: ['USE'],
  parse(c) {
    const name = c.expectName()
    return { run: async ({ session, sink }) => (await session.use(name, sink), null) }
  },
}

const waitFor: StatementHandler = {
  head: ['WAITFOR', 'DELAY'],
  parse(c) {
    const e = parseExpression(c)
    return {
      async run(frame) {
        const match = /^(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3}))?)?$/.exec(
          String(frame.session.evaluate(e, frame).value),
        )
        if (match === null)
          throw new SqlError(148, `Incorrect time syntax in time string '...' used with WAITFOR.`, {
            severity: 15,
          })
        const [, hours, minutes, seconds = '0', fraction = '0'] = match
        await delay(
          (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000 +
            Number(fraction.padEnd(3, '0')),
          frame.signal,
        )
        return null
      },
    }
  },
}

function transaction(head: readonly string[], run: (frame: Frame) => Promise<void>): StatementHandler {
  return {
    head,
    parse(c) {
      c.takeWord('TRAN', 'TRANSACTION', 'WORK')
      if (c.isName() && !c.isWord('THROW')) c.next()
      return { run: async (frame) => (await run(frame), null) }
    },
  }
}

export const QUERY_STATEMENTS: readonly StatementHandler[] = [
  select('SELECT'),
  select('WITH'),
  declare,
  set,
  print,
  raiseError,
  use,
  waitFor,
  transaction(['BEGIN', 'TRAN'], ({ session, sink }) => session.begin(sink)),
  transaction(['BEGIN', 'TRANSACTION'], ({ session, sink }) => session.begin(sink)),
  transaction(['COMMIT'], ({ session, sink }) => session.commit(sink)),
  transaction(['ROLLBACK'], ({ session, sink }) => session.rollback(sink)),
]
