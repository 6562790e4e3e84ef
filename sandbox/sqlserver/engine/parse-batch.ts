import { notSimulated } from './errors.ts'
import type { Node, StatementHandler } from './script.ts'
import { Cursor } from '../sql/cursor.ts'
import { lex } from '../sql/lexer.ts'
import { parseExpression } from '../sql/parse-expression.ts'
import type { SqlType } from '../sql/types.ts'

/** Heads of T-SQL statements that are understood as such and refused by name. */
const KNOWN_BUT_ABSENT = new Set([
  'ALTER',
  'BACKUP',
  'BULK',
  'CHECKPOINT',
  'CLOSE',
  'CREATE',
  'DBCC',
  'DEALLOCATE',
  'DELETE',
  'DENY',
  'DISABLE',
  'DROP',
  'ENABLE',
  'EXEC',
  'EXECUTE',
  'FETCH',
  'GOTO',
  'GRANT',
  'INSERT',
  'KILL',
  'MERGE',
  'OPEN',
  'READTEXT',
  'RECONFIGURE',
  'RESTORE',
  'REVERT',
  'REVOKE',
  'SAVE',
  'SETUSER',
  'SHUTDOWN',
  'TRUNCATE',
  'UPDATE',
  'ADD',
  'SEND',
  'RECEIVE',
  'SET',
  'BEGIN',
])

export interface ParsedBatch {
  nodes: Node[]
  declared: Map<string, SqlType>
}

/** Parses a whole batch; nothing of it may run when this throws. */
export function parseBatch(sql: string, options: ParseOptions): ParsedBatch {
  const c = new Cursor(sql, lex(sql, { quotedIdentifier: options.quotedIdentifier }))
  const parser = new BatchParser(c, options)
  const nodes: Node[] = []
  for (;;) {
    while (c.takeSymbol(';')) continue
    if (c.isEnd()) return { nodes, declared: options.declared }
    nodes.push(parser.node(nodes.length === 0))
  }
}

export interface ParseOptions {
  handlers: readonly StatementHandler[]
  /** What EXEC-less procedure calls and EXEC use. */
  execute: StatementHandler
  quotedIdentifier: boolean
  /** Parameters that exist before the first statement; DECLARE adds to them. */
  declared: Map<string, SqlType>
}

class BatchParser {
  private readonly c: Cursor
  private readonly options: ParseOptions

  constructor(c: Cursor, options: ParseOptions) {
    this.c = c
    this.options = options
  }

  node(first: boolean): Node {
    const c = this.c
    const line = c.line
    if (c.takeWord('IF') !== undefined) return this.ifNode(line)
    if (c.takeWord('WHILE') !== undefined)
      return { t: 'while', line, condition: parseExpression(c), body: this.next() }
    if (c.startsWith('BEGIN', 'TRY')) return this.tryNode(line)
    if (
      c.isWord('BEGIN') &&
      !['TRAN', 'TRANSACTION', 'DISTRIBUTED', 'DIALOG', 'CONVERSATION'].includes(c.peek(1).upper)
    ) {
      c.next()
      return { t: 'block', line, body: this.until(() => c.takeWord('END') !== undefined) }
    }
    if (c.takeWord('BREAK') !== undefined) return { t: 'leave', line, kind: 'break', value: undefined }
    if (c.takeWord('CONTINUE') !== undefined) return { t: 'leave', line, kind: 'continue', value: undefined }
    if (c.takeWord('RETURN') !== undefined) {
      const token = c.peek()
      const hasValue =
        token.kind === 'number' || token.kind === 'variable' || token.text === '-' || token.text === '('
      return { t: 'leave', line, kind: 'return', value: hasValue ? parseExpression(c) : undefined }
    }
    if (c.isWord('THROW')) return this.throwNode(line)
    return this.statement(line, first)
  }

  private next(): Node {
    while (this.c.takeSymbol(';')) continue
    if (this.c.isEnd()) this.c.fail()
    return this.node(false)
  }

  private until(ended: () => boolean): Node[] {
    const body: Node[] = []
    for (;;) {
      while (this.c.takeSymbol(';')) continue
      if (ended()) return body
      if (this.c.isEnd()) this.c.fail()
      body.push(this.node(false))
    }
  }

  private ifNode(line: number): Node {
    const condition = parseExpression(this.c)
    const then = this.next()
    const at = this.c.at
    while (this.c.takeSymbol(';')) continue
    if (this.c.takeWord('ELSE') !== undefined)
      return { t: 'if', line, condition, then, otherwise: this.next() }
    this.c.at = at
    return { t: 'if', line, condition, then, otherwise: undefined }
  }

  private tryNode(line: number): Node {
    const c = this.c
    c.at += 2
    const body = this.until(() => c.takeWords('END', 'TRY'))
    while (c.takeSymbol(';')) continue
    c.expectWords('BEGIN', 'CATCH')
    const handler = this.until(() => c.takeWords('END', 'CATCH'))
    return { t: 'try', line, body, handler }
  }

  private throwNode(line: number): Node {
    const c = this.c
    c.next()
    if (c.isEnd() || c.isSymbol(';') || c.isWord('END')) return { t: 'throw', line, args: undefined }
    const number = parseExpression(c)
    c.expectSymbol(',')
    const message = parseExpression(c)
    c.expectSymbol(',')
    return { t: 'throw', line, args: [number, message, parseExpression(c)] }
  }

  private statement(line: number, first: boolean): Node {
    const c = this.c
    const start = c.at
    const matching = this.options.handlers.filter((handler) => c.startsWith(...handler.head))
    const handler = matching.toSorted((a, b) => b.head.length - a.head.length)[0]
    if (handler !== undefined) {
      c.at += handler.head.length
      const parsed = handler.parse(c, this.options.declared)
      return { t: 'statement', line, command: handler.head.join(' '), ...parsed }
    }
    if (
      c.takeWord('EXEC', 'EXECUTE') !== undefined ||
      (first && c.isName() && !KNOWN_BUT_ABSENT.has(c.peek().upper))
    ) {
      return {
        t: 'statement',
        line,
        command: 'EXECUTE',
        ...this.options.execute.parse(c, this.options.declared),
      }
    }
    if (c.peek().kind === 'word' && KNOWN_BUT_ABSENT.has(c.peek().upper))
      throw notSimulated(headText(c, start), line)
    return c.fail()
  }
}

/** The first bare words of a refused statement; strings, and with them secrets, are never among them. */
function headText(c: Cursor, start: number): string {
  const words: string[] = []
  for (let i = start; i < start + 3; i += 1) {
    const token = c.tokens[i]
    if (token === undefined || token.kind !== 'word') break
    words.push(token.upper)
  }
  return words.join(' ')
}
