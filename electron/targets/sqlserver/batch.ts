import { Request } from 'tedious'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { SqlBatchResult, SqlMessage, SqlRow } from '../../ports/sql-server.ts'
import type { SecretBytes } from '../../platform/secret-bytes.ts'
import { answerProblem, type ServerError } from './answers.ts'
import type { Question } from './answer-words.ts'
import type { GuardedConnection } from './link.ts'
import type { Limits } from './limits.ts'
import { scrubbed } from '../../platform/scrub.ts'
import { rowOf, type ColumnShape } from './values.ts'

export interface BatchOptions {
  secrets: ReadonlyMap<string, SecretBytes>
  limits: Limits
  maxRows: number
  /** 0: none. Counted to the end of the answer, not to its first byte. */
  timeoutMs: number
  onMessage?: (message: SqlMessage) => void
  signal?: AbortSignal
}

/** What the driver tells of a column. */
interface DriverColumn {
  colName: string
  type: { name: string }
  dataLength?: number | undefined
}

/** What the driver tells of an INFO or ERROR token. */
interface DriverMessage {
  number: number
  state: number
  class: number
  message: string
  lineNumber: number
}

/** One batch on one connection, from the send to the server's own end of it. */
export class Batch {
  readonly #link: GuardedConnection
  readonly #question: Question
  readonly #options: BatchOptions
  readonly #result: SqlBatchResult = { resultSets: [], messages: [] }
  readonly #errors: ServerError[] = []
  #columns: ColumnShape[] = []
  #rows = 0
  #cells = 0
  #told = 0
  #stopped: 'cancelled' | 'timeout' | null = null

  constructor(link: GuardedConnection, question: Question, options: BatchOptions) {
    this.#link = link
    this.#question = question
    this.#options = options
  }

  /** `text` makes the text to send; it is called once, and its result is not kept. */
  run(text: () => string): Promise<SqlBatchResult> {
    if (this.#options.signal?.aborted === true) return Promise.reject(this.#problem('sql-cancelled'))
    const { limits, signal, timeoutMs } = this.#options
    const link = this.#link
    return new Promise((resolve, reject) => {
      const onInfo = (message: DriverMessage): void => this.#takeInfo(message)
      const onError = (message: DriverMessage): void => this.#takeError(message)
      const cancel = (): void => this.#stop('cancelled')
      const timer = timeoutMs > 0 ? setTimeout(() => this.#stop('timeout'), timeoutMs) : null
      const request = new Request(text(), (error) => {
        if (timer !== null) clearTimeout(timer)
        signal?.removeEventListener('abort', cancel)
        link.off('infoMessage', onInfo)
        link.off('errorMessage', onError)
        link.allow(idleBytes, () => link.brokenProtocol('an answer that nobody asked for'))
        request.sqlTextOrProcedure = ''
        const problem = this.#outcome(error)
        if (problem === null) resolve(this.#result)
        else reject(problem)
      })
      request.on('columnMetadata', (columns: DriverColumn[] | Record<string, DriverColumn>) =>
        this.#takeColumns(Object.values(columns)),
      )
      request.on('row', (values: { value: unknown }[]) => this.#takeRow(values))
      link.on('infoMessage', onInfo)
      link.on('errorMessage', onError)
      signal?.addEventListener('abort', cancel, { once: true })
      link.allow(limits.answerBytes, () => this.#tooMuch(`${Math.round(limits.answerBytes / 1_048_576)} MB`))
      link.execSqlBatch(request)
    })
  }

  /** Asks the server to end the statement. The driver closes the connection if that is not confirmed in time. */
  #stop(reason: 'cancelled' | 'timeout'): void {
    if (this.#stopped !== null) return
    this.#stopped = reason
    this.#link.cancel()
  }

  #takeColumns(columns: DriverColumn[]): void {
    const { limits } = this.#options
    if (columns.length > limits.columns) return this.#refuse(this.#tooMuch(`${limits.columns} columns`))
    if (this.#result.resultSets.length >= limits.resultSets) {
      return this.#refuse(this.#tooMuch(`${limits.resultSets} result sets`))
    }
    this.#columns = columns.map((column) => ({
      name: column.colName,
      isBigInt: column.type.name === 'BigInt' || (column.type.name === 'IntN' && column.dataLength === 8),
    }))
    this.#result.resultSets.push([])
  }

  #takeRow(values: { value: unknown }[]): void {
    if (this.#link.refusal !== null) return
    const { limits, maxRows } = this.#options
    this.#rows += 1
    this.#cells += values.length
    if (this.#rows > maxRows) return this.#refuse(this.#tooMuch(`${maxRows} rows`))
    if (this.#cells > limits.cells) return this.#refuse(this.#tooMuch(`${limits.cells} values`))
    const rows: SqlRow[] | undefined = this.#result.resultSets.at(-1)
    const row = rowOf(
      this.#columns,
      values.map(({ value }) => value),
    )
    if (rows === undefined || row === null)
      return this.#refuse(this.#link.brokenProtocol('a value of no SQL type'))
    rows.push(row)
  }

  #takeInfo(message: DriverMessage): void {
    if (!this.#countMessage()) return
    const told = {
      number: message.number,
      state: message.state,
      severity: message.class,
      text: this.#clean(message.message),
      line: message.lineNumber,
    }
    this.#result.messages.push(told)
    try {
      this.#options.onMessage?.(told)
    } catch (cause) {
      this.#refuse(cause instanceof KeyturnError ? cause : new KeyturnError('internal', {}, { cause }))
    }
  }

  #takeError(message: DriverMessage): void {
    if (!this.#countMessage()) return
    this.#errors.push({ number: message.number, severity: message.class, text: this.#clean(message.message) })
  }

  #countMessage(): boolean {
    if (this.#link.refusal !== null) return false
    this.#told += 1
    if (this.#told <= this.#options.limits.messages) return true
    this.#refuse(this.#tooMuch(`${this.#options.limits.messages} messages`))
    return false
  }

  #clean(text: string): string {
    const { messageChars } = this.#options.limits
    const clean = scrubbed(text, this.#options.secrets)
    return clean.length > messageChars ? `${clean.slice(0, messageChars)}…` : clean
  }

  /** Null: the server ended the batch without an error. */
  #outcome(error: Error | null | undefined): KeyturnError | null {
    if (this.#link.refusal !== null) return this.#link.refusal
    if (this.#stopped === 'timeout') return this.#problem('sql-timeout')
    const fatal = this.#errors.some(({ severity }) => severity >= 20)
    const driverCode = error !== null && error !== undefined && 'code' in error ? String(error.code) : ''
    if (this.#stopped === 'cancelled' && driverCode === 'ECANCEL') return this.#problem('sql-cancelled')
    if (this.#errors.length > 0 && (fatal || isFromServer(error))) {
      return answerProblem(this.#errors, this.#question)
    }
    if (error === null || error === undefined) return null
    if (driverCode === 'UNKNOWN') return this.#link.brokenProtocol('an error without its message')
    if (driverCode === '' && !isEndOfStream(error))
      return this.#link.brokenProtocol('a token that can’t be read')
    return this.#problem('sql-lost')
  }

  #problem(code: 'sql-cancelled' | 'sql-timeout' | 'sql-lost'): KeyturnError {
    return new KeyturnError(code, {
      target: this.#link.peer.name,
      seconds: Math.ceil(this.#options.timeoutMs / 1000),
    })
  }

  #tooMuch(limit: string): KeyturnError {
    return new KeyturnError('sql-too-much', { target: this.#link.peer.name, limit })
  }

  #refuse(problem: KeyturnError): void {
    this.#link.refuse(problem)
  }
}

/** Enough for what the driver itself asks between batches. */
const idleBytes = 65_536

const isFromServer = (error: Error | null | undefined): boolean =>
  error instanceof AggregateError ||
  error === null ||
  error === undefined ||
  ('code' in error && error.code === 'EREQUEST')

const isEndOfStream = (error: Error): boolean => error.message === 'unexpected end of message stream'
