export interface ColumnShape {
  name: string
  /** As declared in T-SQL: `nvarchar(128)`. */
  type: string
}

export interface RowSet {
  columns: ColumnShape[]
  /** Values as text; NULL as null. */
  rows: (string | null)[][]
}

export interface ServerMessage {
  number: number
  /** Up to 10 is information. */
  severity: number
  text: string
}

/** All that a server sends for one batch, in order. */
export interface Answer {
  sets: RowSet[]
  messages: ServerMessage[]
}

/** One session of one server. Errors of statements are part of the answer; `ask` throws only when the session is lost. */
export interface Asker {
  ask(batch: string): Promise<Answer>
  close(): Promise<void>
}
