/** What the TDS transport asks of a SQL engine, and what the engine may push back. Types only. */

export interface LoginRequest {
  userName: string
  /** In clear. Never logged by the transport; the engine compares it and forgets it. */
  password: string
  hostName: string
  appName: string
  /** Empty when the client left the choice to the login's default database. */
  database: string
  /** As the client asked for it: '7.3', '7.4' or '8.0'. */
  tdsVersion: string
  /** True when this login message arrived under TLS. */
  encrypted: boolean
  /** Bytes per packet, as agreed: 512 to 32767. */
  packetSize: number
}

/** `database` is where the session starts; left out, it is the requested one, else master. */
export type LoginResult =
  { ok: true; session: TdsSession; database?: string } | { ok: false; errors: ServerError[] }

/** One message of a server. Severity 20 and above ends the connection after it was delivered. */
export interface ServerError {
  number: number
  state: number
  severity: number
  message: string
  procedure?: string
  line?: number
}

export interface TdsEngine {
  serverName: string
  /** Major, minor, build. */
  programVersion: [number, number, number]
  login(req: LoginRequest, conn: { spid: number }): Promise<LoginResult>
}

export interface Column {
  name: string
  type: SqlType
  /** Default true. */
  nullable?: boolean
}

/** Lengths are characters for nvarchar, bytes for varbinary, varchar and char (code page 1252). */
export type SqlType =
  | {
      t:
        | 'int'
        | 'bigint'
        | 'tinyint'
        | 'smallint'
        | 'bit'
        | 'float'
        | 'datetime'
        | 'date'
        | 'uniqueidentifier'
        | 'sql_variant'
    }
  | { t: 'nvarchar' | 'varbinary' | 'varchar' | 'char'; max: number | 'max' }
  | { t: 'datetime2'; scale: number }
  | { t: 'decimal'; precision: number; scale: number }

/**
 * Dates are UTC: the server has no time zone of its own. A decimal is written from a number, a bigint (whole units)
 * or decimal text, and read as decimal text. A bigint column takes number or bigint and is read as bigint.
 */
export type SqlValue = null | number | bigint | string | boolean | Uint8Array | Date

/**
 * Where an engine pushes its answer. Every call must be awaited: it waits while the client reads slowly. After the
 * signal is aborted, columns and rows are dropped and everything else still goes out. The transport sets all the
 * "more follows" and "error" bits, so an engine only says what happened.
 */
export interface BatchSink {
  columns(columns: Column[]): Promise<void>
  row(values: SqlValue[]): Promise<void>
  /** End of one statement; `null` when it has no row count. */
  done(count: number | null): Promise<void>
  /** Severity 10 or less; sent at once, so that progress arrives while the statement still runs. */
  info(message: ServerError): Promise<void>
  /** Severity above 10. At 20 and above the answer ends here and the connection is closed. */
  error(error: ServerError): Promise<void>
  /** The session's database changed (USE): environment change and message 5701. */
  database(name: string): Promise<void>
  /** `descriptor` is the eight-byte transaction descriptor. */
  transaction(change: 'begin' | 'commit' | 'rollback', descriptor: Uint8Array): Promise<void>
  /** An output parameter of an RPC, under the name the client used. */
  returnValue(name: string, type: SqlType, value: SqlValue): Promise<void>
  /** Of an RPC, or of EXEC inside a batch. An RPC without one returns 0, or its last error's number. */
  returnStatus(n: number): Promise<void>
}

export interface RpcParam {
  /** As sent, with its @; empty for positional parameters. */
  name: string
  output: boolean
  type: SqlType
  value: SqlValue
}

export interface TdsSession {
  batch(sql: string, sink: BatchSink, signal: AbortSignal): Promise<void>
  /** `procedure` comes without brackets and without a leading sys., dbo. or master. */
  rpc(procedure: string, params: RpcParam[], sink: BatchSink, signal: AbortSignal): Promise<void>
  /** `name` is the transaction's or savepoint's name, empty when there is none. */
  transactionManager(
    kind: 'begin' | 'commit' | 'rollback' | 'save',
    name: string,
    sink: BatchSink,
  ): Promise<void>
  /** Back to the state right after login; with `keepTransaction` an open transaction stays. */
  reset(keepTransaction: boolean): Promise<void>
  /** The connection is gone, for whatever reason. Called exactly once. */
  closed(): void
}

export interface ConnectionControl {
  spid: number
  /** Drops the socket at once, as a cut cable would. */
  destroy(): void
}
