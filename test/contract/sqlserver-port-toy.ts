import type {
  BatchSink,
  Column,
  LoginRequest,
  LoginResult,
  SqlValue,
  TdsEngine,
  TdsSession,
} from '../../sandbox/sqlserver/tds/contract.ts'

export const toyUser = 'keyturn'
export const toyPassword = "c4n'ary-Wörd-31"

/** The driver sets its options at login and after a reset, a line each. */
const withoutSettings = (sql: string): string => sql.replace(/^(set [^\n]*(\n|$))+/, '')

const text = (name: string): Column => ({ name, type: { t: 'nvarchar', max: 4000 } })

/** Knows the few statements of the contract suite, over the sandbox's real TDS transport. */
export class ContractEngine implements TdsEngine {
  serverName = 'KTR-CONTRACT'
  programVersion: [number, number, number] = [16, 0, 4096]
  logins: LoginRequest[] = []
  open = 0
  /** Batches other than the driver's own. */
  batches: string[] = []
  resets = 0
  /** Batches, the driver's own among them. */
  roundTrips = 0
  /** What the batch CUT does. */
  cut = (): void => undefined

  async login(request: LoginRequest, { spid }: { spid: number }): Promise<LoginResult> {
    this.logins.push(request)
    if (request.userName !== toyUser || request.password !== toyPassword) {
      const message = `Login failed for user '${request.userName}'.`
      return { ok: false, errors: [{ number: 18456, state: 1, severity: 14, message }] }
    }
    this.open += 1
    return { ok: true, session: new ToySession(this, spid, request.appName) }
  }
}

class ToySession implements TdsSession {
  readonly #engine: ContractEngine
  readonly #spid: number
  readonly #program: string

  constructor(engine: ContractEngine, spid: number, program: string) {
    this.#engine = engine
    this.#spid = spid
    this.#program = program
  }

  async batch(text: string, sink: BatchSink, signal: AbortSignal): Promise<void> {
    this.#engine.roundTrips += 1
    const sql = withoutSettings(text)
    if (sql === '') return sink.done(null)
    this.#engine.batches.push(sql)
    for (const [pattern, answer] of this.#answers()) {
      const match = pattern.exec(sql)
      if (match !== null) return answer(sink, match, signal)
    }
    const message = `Incorrect syntax near '${sql.slice(0, 200)}'.`
    await sink.error({ number: 102, state: 1, severity: 15, message })
    return sink.done(null)
  }

  rpc = async (): Promise<void> => undefined
  transactionManager = async (): Promise<void> => undefined
  reset = async (): Promise<void> => {
    this.#engine.resets += 1
  }
  closed = (): void => {
    this.#engine.open -= 1
  }

  #answers(): [RegExp, (sink: BatchSink, match: RegExpExecArray, signal: AbortSignal) => Promise<void>][] {
    const oneRow = async (sink: BatchSink, columns: Column[], values: SqlValue[]): Promise<void> => {
      await sink.columns(columns)
      await sink.row(values)
      await sink.done(1)
    }
    return [
      [
        /SERVERPROPERTY\('ServerName'\)/,
        (sink) =>
          oneRow(
            sink,
            [
              text('server_name'),
              text('machine_name'),
              text('instance_name'),
              text('principal'),
              { name: 'spid', type: { t: 'smallint' } },
            ],
            [this.#engine.serverName, 'KTR-HOST', null, toyUser, this.#spid],
          ),
      ],
      [/^SELECT PROGRAM_NAME\(\)/, (sink) => oneRow(sink, [text('program')], [this.#program])],
      [
        /^SELECT N'((?:[^']|'')*)' AS shown/,
        (sink, match) => oneRow(sink, [text('shown')], [(match[1] ?? '').replaceAll("''", "'")]),
      ],
      [
        /^SELECT CAST\(4294967297 AS bigint\)/,
        (sink) =>
          oneRow(
            sink,
            [
              { name: 'big', type: { t: 'bigint' } },
              { name: 'yes', type: { t: 'bit' } },
              { name: 'bytes', type: { t: 'varbinary', max: 16 } },
              { name: 'at', type: { t: 'datetime2', scale: 3 } },
              text('nothing'),
            ],
            [4294967297n, true, Uint8Array.of(1, 2, 255), new Date('2026-01-02T03:04:05.678Z'), null],
          ),
      ],
      [
        /^SELECT TOP \((\d+)\)/,
        async (sink, match) => {
          await sink.columns([text('name')])
          for (let at = 0; at < Number(match[1]); at += 1) await sink.row([`row ${at}`])
          await sink.done(Number(match[1]))
        },
      ],
      [
        /^RAISERROR\(N'([^']*)', (\d+), 1\)/,
        async (sink, match) => {
          const severity = Number(match[2])
          const message = { number: 50000, state: 1, severity, message: match[1] ?? '' }
          await (severity > 10 ? sink.error(message) : sink.info(message))
          await sink.done(null)
        },
      ],
      [/^CUT$/, (sink, _match, signal) => (this.#engine.cut(), waited(sink, signal))],
      [/^SELECT 1 AS one/, (sink) => oneRow(sink, [{ name: 'one', type: { t: 'int' } }], [1])],
      [/^WAITFOR DELAY/, (sink, _match, signal) => waited(sink, signal)],
    ]
  }
}

const waited = async (sink: BatchSink, signal: AbortSignal): Promise<void> => {
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
  await sink.done(null)
}
