import type { Cursor } from '../sql/cursor.ts'
import type { Expr } from '../sql/ast.ts'
import type { Cell, SqlType } from '../sql/types.ts'
import type { BatchSink } from '../tds/contract.ts'
import type { Session } from './session.ts'

export interface Variable {
  type: SqlType
  value: Cell
}

/** One run of a script: a batch, or the text of a sp_executesql inside it. */
export interface Frame {
  session: Session
  sink: BatchSink
  signal: AbortSignal
  /** By lower-case name with its @. */
  variables: Map<string, Variable>
  depth: number
  /** Completions sent so far; shared with the scripts that this one runs. */
  answered: { completions: number }
}

export interface Statement {
  t: 'statement'
  line: number
  /** CREATE CERTIFICATE, SELECT ... as it appears in sys.dm_exec_requests. */
  command: string
  /** Looks at names before anything of the batch runs. */
  check?: (frame: Frame) => void
  /** Rows affected, null for none; undefined when it reported its own completions. */
  run: (frame: Frame) => Promise<number | null | undefined>
  /** No completion is sent (DECLARE). */
  silent?: boolean
}

export type Node =
  | Statement
  | { t: 'if'; line: number; condition: Expr; then: Node; otherwise: Node | undefined }
  | { t: 'while'; line: number; condition: Expr; body: Node }
  | { t: 'block'; line: number; body: Node[] }
  | { t: 'try'; line: number; body: Node[]; handler: Node[] }
  | { t: 'leave'; line: number; kind: 'return' | 'break' | 'continue'; value: Expr | undefined }
  | { t: 'throw'; line: number; args: [Expr, Expr, Expr] | undefined }

/** A family of statements that begin with the same words. The seam where later jobs add theirs. */
export interface StatementHandler {
  head: readonly string[]
  /** `c` is behind the head. `declared` holds the variables of the batch so far. */
  parse(
    c: Cursor,
    declared: Map<string, SqlType>,
  ): Omit<Statement, 't' | 'line' | 'command'> & { command?: string }
}
