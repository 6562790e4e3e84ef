/**
 * One answer to one request: turns what the engine pushes into tokens and keeps the DONE bookkeeping.
 *
 * Every DONE but the last carries MORE, and whether one is the last is known only when the next thing comes or the
 * request ends. So a statement's DONE waits here until then. FreeTDS hangs on a wrong MORE; tedious forgives it.
 */
import type { BatchSink, Column, ServerError, SqlType, SqlValue } from './contract.ts'
import type { MessageWriter } from './message-writer.ts'
import {
  DoneToken,
  columnMetadata,
  databaseChanged,
  doneToken,
  errorToken,
  infoToken,
  returnStatusToken,
  returnValueToken,
  rowToken,
  transactionChanged,
} from './tokens.ts'

const FATAL_SEVERITY = 20

export interface SinkContext {
  serverName: string
  /** The session's current database; kept up to date here. */
  session: { database: string }
  /** After this the client discards rows anyway. */
  aborted: () => boolean
}

interface StatementEnd {
  token: number
  count: number | null
  error: boolean
  afterRows: boolean
}

interface OpenCall {
  parameterNames: string[]
  lastError: number
  status: number | null
  values: Buffer[]
}

export class ResponseSink implements BatchSink {
  #writer: MessageWriter
  #context: SinkContext
  #columns: Column[] | null = null
  #afterRows = false
  #failed = false
  #statusInBatch = false
  #held: StatementEnd | null = null
  #call: OpenCall | null = null
  #ended = false
  #fatal = false

  constructor(writer: MessageWriter, context: SinkContext) {
    this.#writer = writer
    this.#context = context
  }

  /** True once an error of severity 20 or above went out: the connection must be closed. */
  get fatal(): boolean {
    return this.#fatal
  }

  async columns(columns: Column[]): Promise<void> {
    if (this.#context.aborted()) return
    const token = columnMetadata(columns)
    this.#columns = columns
    this.#afterRows = true
    await this.token(token)
  }

  async row(values: SqlValue[]): Promise<void> {
    if (this.#context.aborted() || this.#ended) {
      // An engine that never looks at its signal must not keep the event loop from reading sockets.
      await new Promise((resume) => setImmediate(resume))
      return
    }
    if (this.#columns === null) throw new TypeError('a row before its columns')
    await this.token(rowToken(this.#columns, values))
  }

  async done(count: number | null): Promise<void> {
    await this.#release()
    this.#held = {
      token: this.#call ? DoneToken.doneInProc : this.#statusInBatch ? DoneToken.doneProc : DoneToken.done,
      count,
      error: this.#failed,
      afterRows: this.#afterRows,
    }
    this.#forgetStatement()
    if (this.#call) await this.#release()
  }

  async info(message: ServerError): Promise<void> {
    await this.token(infoToken(message, this.#context.serverName))
    if (!this.#ended) await this.#writer.flush()
  }

  async error(error: ServerError): Promise<void> {
    await this.token(errorToken(error, this.#context.serverName))
    this.#failed = true
    if (this.#call) this.#call.lastError = error.number
    if (error.severity < FATAL_SEVERITY || this.#ended) return
    this.#fatal = true
    this.#call = null
    await this.end()
  }

  async database(name: string): Promise<void> {
    const { session, serverName } = this.#context
    await this.token(databaseChanged(name, session.database))
    session.database = name
    const message = `Changed database context to '${name}'.`
    await this.token(infoToken({ number: 5701, state: 1, severity: 0, message }, serverName))
  }

  transaction(change: 'begin' | 'commit' | 'rollback', descriptor: Uint8Array): Promise<void> {
    return this.token(transactionChanged(change, descriptor))
  }

  async returnValue(name: string, type: SqlType, value: SqlValue): Promise<void> {
    const call = this.#call
    if (call === null) throw new TypeError('an output value outside a procedure call')
    const known = call.parameterNames.indexOf(name)
    call.values.push(returnValueToken(known < 0 ? call.values.length : known, name, type, value))
  }

  async returnStatus(n: number): Promise<void> {
    if (this.#call) {
      this.#call.status = n
      return
    }
    await this.token(returnStatusToken(n))
    this.#statusInBatch = true
  }

  beginCall(parameterNames: string[]): void {
    this.#call = { parameterNames, lastError: 0, status: null, values: [] }
    this.#forgetStatement()
  }

  /** The status comes before the output values, whatever order the engine pushed them in. */
  async endCall(): Promise<void> {
    const call = this.#call
    if (call === null) return
    const error = this.#failed
    await this.token(returnStatusToken(call.status ?? call.lastError))
    for (const value of call.values) await this.token(value)
    this.#call = null
    this.#held = { token: DoneToken.doneProc, count: null, error, afterRows: false }
    this.#forgetStatement()
  }

  /** The next DONE reports an error although no error token was sent. */
  markFailed(): void {
    this.#failed = true
  }

  /** Appends a ready-made token, for what only the transport says. */
  async token(bytes: Buffer): Promise<void> {
    if (this.#ended) return
    await this.#release()
    await this.#writer.append(bytes)
  }

  /** Ends the message; whatever the engine still pushes is dropped. */
  async end(): Promise<void> {
    if (this.#ended) return
    if (this.#call) await this.endCall()
    const end = this.#held ?? {
      token: this.#statusInBatch ? DoneToken.doneProc : DoneToken.done,
      count: null,
      error: this.#failed,
      afterRows: this.#afterRows,
    }
    const last = doneToken(end.token, { ...end, more: false })
    this.#ended = true
    this.#held = null
    void this.#writer.append(last)
    await this.#writer.end()
  }

  /** Writes the DONE that waited: something follows it. */
  async #release(): Promise<void> {
    const held = this.#held
    if (held === null || this.#ended) return
    this.#held = null
    await this.#writer.append(doneToken(held.token, { ...held, more: true }))
  }

  #forgetStatement(): void {
    this.#failed = false
    this.#statusInBatch = false
    this.#afterRows = false
    this.#columns = null
  }
}
