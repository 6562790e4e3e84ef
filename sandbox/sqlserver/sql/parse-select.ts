import { notSimulated } from '../engine/errors.ts'
import type { Expr, JoinKind, Query, QueryBody, SelectCore, SelectItem, TableRef } from './ast.ts'
import type { Cursor } from './cursor.ts'
import { parseExpression, parseList, parseOrderBy } from './parse-expression.ts'

/** SELECT with its common table expressions, set operations and ORDER BY. */
export function parseQuery(c: Cursor): Query {
  const ctes: Query['with'] = []
  if (c.takeWord('WITH') !== undefined) {
    do {
      const name = c.expectName()
      const columns = c.takeSymbol('(') ? parseNames(c) : undefined
      c.expectWord('AS')
      c.expectSymbol('(')
      ctes.push({ name, columns, query: parseQuery(c) })
      c.expectSymbol(')')
    } while (c.takeSymbol(','))
  }
  const body = parseSetOperations(c)
  const orderBy = c.isWord('ORDER') ? parseOrderBy(c) : []
  let offset: Expr | undefined
  let fetch: Expr | undefined
  if (c.takeWord('OFFSET') !== undefined) {
    offset = parseExpression(c)
    c.expectWord('ROW', 'ROWS')
    if (c.takeWord('FETCH') !== undefined) {
      c.expectWord('NEXT', 'FIRST')
      fetch = parseExpression(c)
      c.expectWord('ROW', 'ROWS')
      c.expectWord('ONLY')
    }
  }
  if (c.isWord('FOR')) throw notSimulated('SELECT ... FOR', c.line)
  if (c.takeWord('OPTION') !== undefined) skipParentheses(c)
  return { with: ctes, body, orderBy, offset, fetch }
}

function parseNames(c: Cursor): string[] {
  const names = [c.expectName()]
  while (c.takeSymbol(',')) names.push(c.expectName())
  c.expectSymbol(')')
  return names
}

function skipParentheses(c: Cursor): void {
  c.expectSymbol('(')
  let depth = 1
  while (depth > 0) {
    if (c.isEnd()) c.fail()
    const token = c.next()
    if (token.text === '(') depth += 1
    if (token.text === ')') depth -= 1
  }
}

function parseSetOperations(c: Cursor): QueryBody {
  let left = parseBodyTerm(c)
  for (;;) {
    const word = c.takeWord('UNION', 'EXCEPT', 'INTERSECT')
    if (word === undefined) return left
    const op =
      word === 'UNION' && c.takeWord('ALL') !== undefined
        ? 'UNION ALL'
        : (word as 'UNION' | 'EXCEPT' | 'INTERSECT')
    left = { t: 'set', op, l: left, r: parseBodyTerm(c) }
  }
}

function parseBodyTerm(c: Cursor): QueryBody {
  if (!c.takeSymbol('(')) return parseCore(c)
  const query = parseQuery(c)
  c.expectSymbol(')')
  return { t: 'nested', query }
}

function parseCore(c: Cursor): SelectCore {
  c.expectWord('SELECT')
  const distinct = c.takeWord('DISTINCT', 'ALL') === 'DISTINCT'
  const top = c.takeWord('TOP') === undefined ? undefined : parseTop(c)
  const items = [parseItem(c)]
  while (c.takeSymbol(',')) items.push(parseItem(c))
  if (c.isWord('INTO')) throw notSimulated('SELECT ... INTO', c.line)
  const from: TableRef[] = []
  if (c.takeWord('FROM') !== undefined) {
    do from.push(parseTableRef(c))
    while (c.takeSymbol(','))
  }
  const where = c.takeWord('WHERE') === undefined ? undefined : parseExpression(c)
  let groupBy: Expr[] = []
  if (c.takeWord('GROUP') !== undefined) {
    c.expectWord('BY')
    groupBy = parseList(c)
  }
  const having = c.takeWord('HAVING') === undefined ? undefined : parseExpression(c)
  return { t: 'select', distinct, top, items, from, where, groupBy, having }
}

function parseTop(c: Cursor): Expr {
  const e: Expr = c.takeSymbol('(')
    ? closed(c, parseExpression(c))
    : { t: 'literal', value: c.expectInteger(), type: 'int' }
  if (c.isWord('PERCENT')) throw notSimulated('TOP ... PERCENT', c.line)
  return e
}

function closed(c: Cursor, e: Expr): Expr {
  c.expectSymbol(')')
  return e
}

function parseItem(c: Cursor): SelectItem {
  const token = c.peek()
  if (c.peek(1).text === '=' && c.peek(1).kind === 'symbol') {
    if (token.kind === 'variable' && !token.value.startsWith('@@')) {
      c.at += 2
      return { e: parseExpression(c), alias: undefined, assign: token.value.toLowerCase() }
    }
    if (c.isName() || token.kind === 'string') {
      c.at += 2
      return { e: parseExpression(c), alias: token.value, assign: undefined }
    }
  }
  const e = parseExpression(c)
  let alias: string | undefined
  if (c.takeWord('AS') !== undefined) alias = c.peek().kind === 'string' ? c.next().value : c.expectName()
  else if (c.isName() || c.peek().kind === 'string') alias = c.next().value
  return { e, alias, assign: undefined }
}

function parseTableRef(c: Cursor): TableRef {
  let left = parseTablePrimary(c)
  for (;;) {
    const kind = parseJoinKind(c)
    if (kind === undefined) return left
    const right = parseTablePrimary(c)
    const needsOn = kind === 'INNER' || kind === 'LEFT' || kind === 'RIGHT' || kind === 'FULL'
    if (needsOn) c.expectWord('ON')
    left = { t: 'join', kind, l: left, r: right, on: needsOn ? parseExpression(c) : undefined }
  }
}

function parseJoinKind(c: Cursor): JoinKind | undefined {
  if (c.takeWords('CROSS', 'JOIN')) return 'CROSS'
  if (c.takeWords('CROSS', 'APPLY')) return 'CROSS APPLY'
  if (c.takeWords('OUTER', 'APPLY')) return 'OUTER APPLY'
  if (c.takeWord('JOIN') !== undefined || c.takeWords('INNER', 'JOIN')) return 'INNER'
  for (const kind of ['LEFT', 'RIGHT', 'FULL'] as const) {
    if (c.takeWords(kind, 'JOIN') || c.takeWords(kind, 'OUTER', 'JOIN')) return kind
  }
  return undefined
}

function parseTablePrimary(c: Cursor): TableRef {
  if (c.takeSymbol('(')) return parseParenthesized(c)
  const line = c.line
  const parts = c.nameParts()
  if (c.takeSymbol('(')) {
    const args = c.isSymbol(')') ? [] : parseList(c)
    c.expectSymbol(')')
    return { t: 'function', parts, args, alias: parseAlias(c), line }
  }
  const alias = parseAlias(c)
  if (c.isWord('WITH') && c.peek(1).text === '(') {
    c.next()
    skipParentheses(c)
  }
  return { t: 'object', parts, alias, line }
}

function parseParenthesized(c: Cursor): TableRef {
  if (c.takeWord('VALUES') !== undefined) {
    const rows: Expr[][] = []
    do {
      c.expectSymbol('(')
      rows.push(parseList(c))
      c.expectSymbol(')')
    } while (c.takeSymbol(','))
    c.expectSymbol(')')
    const alias = parseAlias(c) ?? c.fail()
    c.expectSymbol('(')
    return { t: 'values', rows, alias, columns: parseNames(c) }
  }
  if (c.isWord('SELECT', 'WITH')) {
    const query = parseQuery(c)
    c.expectSymbol(')')
    const alias = parseAlias(c) ?? c.fail()
    return { t: 'derived', query, alias, columns: c.takeSymbol('(') ? parseNames(c) : undefined }
  }
  const inner = parseTableRef(c)
  c.expectSymbol(')')
  return inner
}

function parseAlias(c: Cursor): string | undefined {
  if (c.takeWord('AS') !== undefined) return c.expectName()
  return c.isName() ? c.next().value : undefined
}
