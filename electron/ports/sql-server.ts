import type { Script } from '../../shared/model/script.ts'
import type { SqlServerIdentity, TargetRef } from '../../shared/model/target.ts'
import type { SecretBytes } from '../platform/secret-bytes.ts'

/**
 * A SQL Server instance. Every method throws `KeyturnError` only: `sql-unreachable`, `sql-lost`, `sql-timeout`,
 * `sql-cancelled`, `sql-protocol`, `sql-too-much`, or the reading of the server's own number (see `SqlAnswer`).
 */
export interface SqlServer {
  readonly ref: TargetRef
  /** Read at connect and compared with what the connection remembers; a difference is `sql-identity-changed`. */
  readonly identity: SqlServerIdentity
  /** The principal that the server authenticated (ORIGINAL_LOGIN()). */
  readonly principal: string
  /**
   * Reads on a pooled connection, each from the state after login. Asked once more where the connection, used before,
   * turns out to be gone: so only for what changes nothing. At most `maxRows` (default 10,000) rows and 16 MB; more is
   * `sql-too-much`.
   */
  query(sql: string, options?: SqlReadOptions): Promise<SqlRow[]>
  /** A connection of its own, for statements and for session state (OPEN MASTER KEY, app locks). */
  session(options: SqlSessionOptions): Promise<SqlSession>
  close(): Promise<void>
}

export interface SqlReadOptions {
  maxRows?: number
  /** Default 15,000. */
  timeoutMs?: number
  signal?: AbortSignal
}

export interface SqlSessionOptions {
  /** Shown by the server as program_name, at most 128 characters: `Keyturn run 7f3ab2cd`. Others see it as the holder. */
  programName: string
}

export interface SqlSession {
  readonly spid: number
  /** False once the connection is known to be gone. True is no promise: only an answer is. */
  readonly alive: boolean
  /**
   * Sends one batch. Secrets enter the text only inside the adapter. Not repeated by itself: a lost connection is
   * `sql-lost`, and whether the statement took effect must be read.
   */
  execute(script: Script, options?: SqlExecuteOptions): Promise<SqlBatchResult>
  close(): Promise<void>
}

export interface SqlExecuteOptions {
  /** By hole name. A missing hole is a bug (`internal`), never an empty password. */
  secrets?: ReadonlyMap<string, SecretBytes>
  /** INFO messages as they arrive (3211, 33091, ...). */
  onMessage?: (message: SqlMessage) => void
  signal?: AbortSignal
  /** Default 60,000; 0 means no limit (backups). */
  timeoutMs?: number
  maxRows?: number
}

export interface SqlMessage {
  number: number
  state: number
  severity: number
  text: string
  line: number
}

export interface SqlBatchResult {
  resultSets: SqlRow[][]
  messages: SqlMessage[]
}

export type SqlValue = string | number | boolean | bigint | Date | Uint8Array | null
/** By column name as the server spells it. Of several columns with one name, the last wins. */
export type SqlRow = Record<string, SqlValue>

/** A connection of the person, and what is known of its server without asking. */
export interface KnownServer {
  ref: TargetRef
  host: string
  /** What it called itself at the first connection (@@SERVERNAME); null: nobody connected yet. */
  serverName: string | null
}

/** Opens targets by id; checks identity each time. One pool per target, closed on lock and at exit. */
export interface SqlServers {
  open(target: TargetRef): Promise<SqlServer>
}
