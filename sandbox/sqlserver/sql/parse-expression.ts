import { notSimulated } from '../engine/errors.ts'
import type { Expr, OrderItem, Over, SqlTypeName } from './ast.ts'
import type { Cursor } from './cursor.ts'
import { parseQuery } from './parse-select.ts'

const COMPARISONS = new Set(['=', '<>', '!=', '<', '>', '<=', '>=', '!<', '!>'])
/** Reserved words that are also functions. */
const FUNCTION_WORDS = new Set([
  'COALESCE',
  'NULLIF',
  'LEFT',
  'RIGHT',
  'IIF',
  'CURRENT_TIMESTAMP',
  'CURRENT_USER',
  'SYSTEM_USER',
  'SESSION_USER',
  'USER',
])
const CALLS_WITHOUT_PARENTHESES = new Set([
  'CURRENT_TIMESTAMP',
  'CURRENT_USER',
  'SYSTEM_USER',
  'SESSION_USER',
  'USER',
])

export function parseExpression(c: Cursor): Expr {
  return parseOr(c)
}

function parseOr(c: Cursor): Expr {
  let left = parseAnd(c)
  while (c.takeWord('OR') !== undefined) left = { t: 'logic', op: 'OR', l: left, r: parseAnd(c) }
  return left
}

function parseAnd(c: Cursor): Expr {
  let left = parseNot(c)
  while (c.takeWord('AND') !== undefined) left = { t: 'logic', op: 'AND', l: left, r: parseNot(c) }
  return left
}

function parseNot(c: Cursor): Expr {
  if (c.takeWord('NOT') !== undefined) return { t: 'not', e: parseNot(c) }
  return parsePredicate(c)
}

function parsePredicate(c: Cursor): Expr {
  if (c.takeWord('EXISTS') !== undefined) {
    c.expectSymbol('(')
    const query = parseQuery(c)
    c.expectSymbol(')')
    return { t: 'exists', query }
  }
  const left = parseSum(c)
  const token = c.peek()
  if (token.kind === 'symbol' && COMPARISONS.has(token.text)) {
    c.next()
    if (c.isWord('ALL', 'ANY', 'SOME')) throw notSimulated(`comparison with ${c.peek().upper}`, c.line)
    const op =
      token.text === '!=' ? '<>' : token.text === '!<' ? '>=' : token.text === '!>' ? '<=' : token.text
    return { t: 'compare', op, l: left, r: parseSum(c) }
  }
  if (c.takeWord('IS') !== undefined) {
    const negated = c.takeWord('NOT') !== undefined
    c.expectWord('NULL')
    return { t: 'isNull', e: left, negated }
  }
  const negated = c.isWord('NOT') && ['LIKE', 'IN', 'BETWEEN'].includes(c.peek(1).upper)
  if (negated) c.next()
  if (c.takeWord('LIKE') !== undefined) {
    const pattern = parseSum(c)
    const escape = c.takeWord('ESCAPE') === undefined ? undefined : parseSum(c)
    return { t: 'like', e: left, pattern, escape, negated }
  }
  if (c.takeWord('BETWEEN') !== undefined) {
    const low = parseSum(c)
    c.expectWord('AND')
    return { t: 'between', e: left, low, high: parseSum(c), negated }
  }
  if (c.takeWord('IN') !== undefined) return parseIn(c, left, negated)
  return left
}

function parseIn(c: Cursor, e: Expr, negated: boolean): Expr {
  c.expectSymbol('(')
  if (c.isWord('SELECT', 'WITH')) {
    const query = parseQuery(c)
    c.expectSymbol(')')
    return { t: 'in', e, list: undefined, query, negated }
  }
  const list = parseList(c)
  c.expectSymbol(')')
  return { t: 'in', e, list, query: undefined, negated }
}

function parseSum(c: Cursor): Expr {
  let left = parseProduct(c)
  for (;;) {
    const op = ['+', '-', '&', '|', '^'].find((symbol) => c.isSymbol(symbol))
    if (op === undefined) return left
    c.next()
    left = { t: 'binary', op, l: left, r: parseProduct(c) }
  }
}

function parseProduct(c: Cursor): Expr {
  let left = parseUnary(c)
  for (;;) {
    const op = ['*', '/', '%'].find((symbol) => c.isSymbol(symbol))
    if (op === undefined) return left
    c.next()
    left = { t: 'binary', op, l: left, r: parseUnary(c) }
  }
}

function parseUnary(c: Cursor): Expr {
  for (const op of ['-', '+', '~'] as const) if (c.takeSymbol(op)) return { t: 'unary', op, e: parseUnary(c) }
  const e = parsePrimary(c)
  // The catalog has one collation; a COLLATE clause is accepted and changes nothing but the name.
  if (c.takeWord('COLLATE') !== undefined) c.expectName()
  return e
}

function parsePrimary(c: Cursor): Expr {
  const token = c.peek()
  if (token.kind === 'string') {
    c.next()
    return { t: 'literal', value: token.value, type: token.national ? 'nvarchar' : 'varchar' }
  }
  if (token.kind === 'number') {
    c.next()
    if (/^\d+$/.test(token.text)) {
      const whole = BigInt(token.text)
      return {
        t: 'literal',
        value: whole <= 2147483647n ? Number(whole) : whole,
        type: whole <= 2147483647n ? 'int' : 'decimal',
      }
    }
    return { t: 'literal', value: Number(token.text), type: /e/i.test(token.text) ? 'float' : 'decimal' }
  }
  if (token.kind === 'binary') {
    c.next()
    const digits = token.value.length % 2 === 1 ? `0${token.value}` : token.value
    return { t: 'literal', value: Buffer.from(digits, 'hex'), type: 'varbinary' }
  }
  if (token.kind === 'variable') {
    c.next()
    if (token.value.startsWith('@@')) {
      return {
        t: 'call',
        name: token.value.toUpperCase(),
        args: [],
        star: false,
        distinct: false,
        over: undefined,
        line: token.line,
      }
    }
    return { t: 'variable', name: token.value.toLowerCase(), line: token.line }
  }
  if (c.takeSymbol('(')) {
    const e: Expr = c.isWord('SELECT', 'WITH') ? { t: 'query', query: parseQuery(c) } : parseExpression(c)
    c.expectSymbol(')')
    return e
  }
  if (c.takeSymbol('*')) return { t: 'star', qualifier: undefined }
  if (c.takeWord('NULL') !== undefined) return { t: 'literal', value: null, type: 'null' }
  if (c.takeWord('CASE') !== undefined) return parseCase(c)
  if (token.kind === 'word' && c.peek(1).text === '(') {
    if (['CAST', 'TRY_CAST'].includes(token.upper)) return parseCast(c)
    if (['CONVERT', 'TRY_CONVERT'].includes(token.upper)) return parseConvert(c)
  }
  if (c.isName() || FUNCTION_WORDS.has(token.upper)) return parseNameOrCall(c)
  return c.fail()
}

function parseCase(c: Cursor): Expr {
  const operand = c.isWord('WHEN') ? undefined : parseExpression(c)
  const whens: { when: Expr; then: Expr }[] = []
  while (c.takeWord('WHEN') !== undefined) {
    const when = parseExpression(c)
    c.expectWord('THEN')
    whens.push({ when, then: parseExpression(c) })
  }
  if (whens.length === 0) c.fail()
  const otherwise = c.takeWord('ELSE') === undefined ? undefined : parseExpression(c)
  c.expectWord('END')
  return { t: 'case', operand, whens, otherwise }
}

function parseCast(c: Cursor): Expr {
  const attempt = c.next().upper === 'TRY_CAST'
  c.expectSymbol('(')
  const e = parseExpression(c)
  c.expectWord('AS')
  const type = parseTypeName(c)
  c.expectSymbol(')')
  return { t: 'convert', e, type, style: undefined, attempt }
}

function parseConvert(c: Cursor): Expr {
  const attempt = c.next().upper === 'TRY_CONVERT'
  c.expectSymbol('(')
  const type = parseTypeName(c)
  c.expectSymbol(',')
  const e = parseExpression(c)
  const style = c.takeSymbol(',') ? parseExpression(c) : undefined
  c.expectSymbol(')')
  return { t: 'convert', e, type, style, attempt }
}

export function parseTypeName(c: Cursor): SqlTypeName {
  let name = c.expectName().toLowerCase()
  if (name === 'sys' && c.takeSymbol('.')) name = c.expectName().toLowerCase()
  if (name === 'sysname') return { name: 'nvarchar', length: 128 }
  if (!c.takeSymbol('(')) return { name }
  const length = c.takeWord('MAX') !== undefined ? 'max' : c.expectInteger()
  const scale = c.takeSymbol(',') ? c.expectInteger() : undefined
  c.expectSymbol(')')
  return scale === undefined ? { name, length } : { name, length, scale }
}

function parseNameOrCall(c: Cursor): Expr {
  const first = c.next()
  const line = first.line
  if (first.kind === 'word' && CALLS_WITHOUT_PARENTHESES.has(first.upper)) {
    return { t: 'call', name: first.upper, args: [], star: false, distinct: false, over: undefined, line }
  }
  const parts = [first.value]
  while (c.takeSymbol('.')) {
    if (c.takeSymbol('*')) return { t: 'star', qualifier: parts.join('.') }
    if (c.isSymbol('.')) parts.push('')
    else {
      const part = c.peek()
      if (part.kind !== 'word' && part.kind !== 'quoted') c.fail()
      parts.push(c.next().value)
    }
  }
  if (!c.takeSymbol('(')) return { t: 'column', parts, line }
  const name = parts.map((part) => part.toUpperCase()).join('.')
  const star = c.takeSymbol('*')
  const distinct = c.takeWord('DISTINCT') !== undefined
  // DATEADD(day, ...) and its kind take a bare word first.
  const args = star || c.isSymbol(')') ? [] : parseList(c)
  c.expectSymbol(')')
  if (c.takeWords('WITHIN', 'GROUP')) throw notSimulated('WITHIN GROUP', line)
  const over = c.takeWord('OVER') === undefined ? undefined : parseOver(c)
  return { t: 'call', name, args, star, distinct, over, line }
}

function parseOver(c: Cursor): Over {
  c.expectSymbol('(')
  const partitionBy = c.takeWord('PARTITION') === undefined ? [] : (c.expectWord('BY'), parseList(c))
  const orderBy = c.isWord('ORDER') ? parseOrderBy(c) : []
  c.expectSymbol(')')
  return { partitionBy, orderBy }
}

export function parseOrderBy(c: Cursor): OrderItem[] {
  c.expectWords('ORDER', 'BY')
  const items: OrderItem[] = []
  do {
    const e = parseExpression(c)
    items.push({ e, descending: c.takeWord('ASC', 'DESC') === 'DESC' })
  } while (c.takeSymbol(','))
  return items
}

export function parseList(c: Cursor): Expr[] {
  const list = [parseExpression(c)]
  while (c.takeSymbol(',')) list.push(parseExpression(c))
  return list
}
