import { SqlError, syntaxError } from '../engine/errors.ts'
import type { Token, TokenKind } from './tokens.ts'

const MAX_IDENTIFIER = 128
const WORD_START = /[\p{L}_#]/u
const WORD_PART = /[\p{L}\p{N}_#$@]/u
const SYMBOLS = ['<>', '!=', '<=', '>=', '!<', '!>', '+=', '-=', '*=', '/=', '::']

export interface LexOptions {
  /** SET QUOTED_IDENTIFIER: when off, "text" is a string. */
  quotedIdentifier: boolean
}

/** Splits a batch into tokens; throws what the engine says about text that is no T-SQL (102, 103, 105, 113). */
export function lex(sql: string, options: LexOptions = { quotedIdentifier: true }): Token[] {
  const tokens: Token[] = []
  let at = 0
  let line = 1

  const push = (kind: TokenKind, start: number, startLine: number, value: string, national = false): void => {
    const text = sql.slice(start, at)
    tokens.push({
      kind,
      text,
      value,
      upper: kind === 'word' ? value.toUpperCase() : '',
      national,
      line: startLine,
      start,
      end: at,
    })
  }

  /** Reads up to the closing mark, which is doubled to stand for itself. `at` is behind the opening mark. */
  const delimited = (close: string, startLine: number): string => {
    let value = ''
    for (;;) {
      const ch = sql[at]
      if (ch === undefined) {
        throw new SqlError(105, `Unclosed quotation mark after the character string '${value}'.`, {
          severity: 15,
          line: startLine,
          endsBatch: true,
        })
      }
      at += 1
      if (ch === close) {
        if (sql[at] !== close) return value
        at += 1
      }
      if (ch === '\n') line += 1
      value += ch
    }
  }

  while (at < sql.length) {
    const ch = sql[at] as string
    const start = at
    const startLine = line
    if (ch === '\n') {
      line += 1
      at += 1
    } else if (/\s/.test(ch) || ch === '\uFEFF') {
      at += 1
    } else if (ch === '-' && sql[at + 1] === '-') {
      while (at < sql.length && sql[at] !== '\n') at += 1
    } else if (ch === '/' && sql[at + 1] === '*') {
      line = skipComment()
    } else if (ch === "'" || ((ch === 'N' || ch === 'n') && sql[at + 1] === "'")) {
      const national = ch !== "'"
      at += national ? 2 : 1
      push('string', start, startLine, joinContinuedLines(delimited("'", startLine)), national)
    } else if (ch === '[' || ch === '"') {
      at += 1
      const value = delimited(ch === '[' ? ']' : '"', startLine)
      if (ch === '"' && !options.quotedIdentifier) push('string', start, startLine, value)
      else push('quoted', start, startLine, checkedIdentifier(value, startLine))
    } else if (ch === '0' && /[xX]/.test(sql[at + 1] ?? '')) {
      at += 2
      while (/[0-9a-fA-F]/.test(sql[at] ?? '')) at += 1
      push('binary', start, startLine, sql.slice(start + 2, at))
    } else if (/[0-9]/.test(ch) || (ch === '.' && /[0-9]/.test(sql[at + 1] ?? ''))) {
      const number = /^(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?/.exec(sql.slice(at, at + 400))
      at += number?.[0].length ?? 1
      push('number', start, startLine, sql.slice(start, at))
    } else if (ch === '@') {
      at += 1
      while (WORD_PART.test(charAt(sql, at))) at += charAt(sql, at).length
      push('variable', start, startLine, checkedIdentifier(sql.slice(start, at), startLine))
    } else if (WORD_START.test(charAt(sql, at))) {
      while (WORD_PART.test(charAt(sql, at))) at += charAt(sql, at).length
      push('word', start, startLine, checkedIdentifier(sql.slice(start, at), startLine))
    } else {
      const two = SYMBOLS.find((symbol) => sql.startsWith(symbol, at))
      if (two === undefined && !'+-*/%&|^~=<>!(),.;'.includes(ch) && ch !== ':')
        throw syntaxError(charAt(sql, at), line)
      at += two?.length ?? 1
      push('symbol', start, startLine, sql.slice(start, at))
    }
  }
  tokens.push({
    kind: 'end',
    text: '',
    value: '',
    upper: '',
    national: false,
    line,
    start: sql.length,
    end: sql.length,
  })
  return tokens

  function skipComment(): number {
    let depth = 0
    let current = line
    do {
      if (at >= sql.length)
        throw new SqlError(113, "Missing end comment mark '*/'.", {
          severity: 15,
          line: current,
          endsBatch: true,
        })
      if (sql.startsWith('/*', at)) {
        depth += 1
        at += 2
      } else if (sql.startsWith('*/', at)) {
        depth -= 1
        at += 2
      } else {
        if (sql[at] === '\n') current += 1
        at += 1
      }
    } while (depth > 0)
    return current
  }
}

function charAt(sql: string, at: number): string {
  const code = sql.codePointAt(at)
  return code === undefined ? '' : String.fromCodePoint(code)
}

function checkedIdentifier(value: string, line: number): string {
  if (value.length > MAX_IDENTIFIER) {
    throw new SqlError(
      103,
      `The identifier that starts with '${value.slice(0, MAX_IDENTIFIER)}' is too long. Maximum length is ${MAX_IDENTIFIER}.`,
      { severity: 15, line, endsBatch: true },
    )
  }
  if (value === '') {
    throw new SqlError(1038, 'An object or column name is missing or empty.', {
      severity: 15,
      line,
      endsBatch: true,
    })
  }
  return value
}

/** A backslash directly before a line end continues the literal on the next line: both vanish. */
function joinContinuedLines(value: string): string {
  return value.replace(/\\\r?\n/g, '')
}
