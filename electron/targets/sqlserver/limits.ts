/** What one connection may cost, in time and memory, whatever the server sends. Tests pass smaller ones. */
export interface Limits {
  /** Name, TCP, TLS and login together. */
  connectTimeoutMs: number
  /** How long the server may take to end a statement after it was asked to. Then the connection is closed. */
  cancelTimeoutMs: number
  /** Bytes from the network until the login is done. */
  loginBytes: number
  /** Bytes from the network for the answer to one batch. */
  answerBytes: number
  /** INFO and ERROR messages for one batch. */
  messages: number
  /** Characters kept of one message. */
  messageChars: number
  /** Columns of one result set; the server's own maximum for a SELECT. */
  columns: number
  /** Rows times columns of one batch: what an answer of nulls costs in memory is not seen in its bytes. */
  cells: number
  resultSets: number
  rows: number
  poolSize: number
  /** A pooled connection that rested longer is asked whether it is still there before it is lent. */
  restMs: number
  /** How long a read may wait for a free connection of the pool. */
  acquireTimeoutMs: number
}

export const defaultLimits: Limits = {
  connectTimeoutMs: 15_000,
  cancelTimeoutMs: 5_000,
  loginBytes: 1_048_576,
  answerBytes: 16_777_216,
  messages: 10_000,
  messageChars: 8_000,
  columns: 4_096,
  cells: 2_000_000,
  resultSets: 1_000,
  rows: 10_000,
  poolSize: 4,
  restMs: 1_000,
  acquireTimeoutMs: 30_000,
}
