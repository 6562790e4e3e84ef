/** The real tedious, with promises. */
import { Connection, Request } from 'tedious'
import type { ConnectionConfiguration } from 'tedious'
import { makeServerCertificate } from '../../../../sandbox/sqlserver/tds/certificate.ts'
import type { BatchSink } from '../../../../sandbox/sqlserver/tds/contract.ts'
import { startTdsServer } from '../../../../sandbox/sqlserver/tds/server.ts'
import type { TdsServer, TdsServerOptions } from '../../../../sandbox/sqlserver/tds/server.ts'
import { PASSWORD, ToyEngine } from './toy-engine.ts'

export type ConnectionOptions = NonNullable<ConnectionConfiguration['options']>

export interface Rig {
  engine: ToyEngine
  server: TdsServer
  log: string[]
}

let made: ReturnType<typeof makeServerCertificate> | undefined

export function certificate(): ReturnType<typeof makeServerCertificate> {
  made ??= makeServerCertificate(['localhost', '127.0.0.1', 'sql.ktr.test'])
  return made
}

export async function startRig(options: Partial<TdsServerOptions> = {}): Promise<Rig> {
  const engine = new ToyEngine()
  const log: string[] = []
  const { key, cert } = certificate()
  const server = await startTdsServer(engine, {
    key,
    cert,
    encryption: 'required',
    log: (line) => log.push(line),
    ...options,
  })
  return { engine, server, log }
}

export interface Login {
  userName?: string
  password?: string
}

/** Mandatory encryption, checked against our authority, unless the options say otherwise. */
export function connect(rig: Rig, options: ConnectionOptions = {}, login: Login = {}): Promise<Connection> {
  const connection = new Connection({
    server: '127.0.0.1',
    authentication: { type: 'default', options: { userName: 'sa', password: PASSWORD, ...login } },
    options: {
      port: rig.server.port,
      encrypt: true,
      serverName: 'localhost',
      cryptoCredentialsDetails: { ca: certificate().ca },
      connectTimeout: 10_000,
      ...options,
    },
  })
  return new Promise((resolve, reject) => {
    // A listener for 'error' must exist, or a dropped idle connection ends the test process.
    connection.on('error', () => {})
    connection.connect((error) => {
      if (!error) return resolve(connection)
      connection.close()
      reject(error)
    })
  })
}

export interface Answer {
  error: Error | null
  rowCount: number | undefined
  sets: { columns: string[]; rows: unknown[][] }[]
  returned: Record<string, unknown>
  events: string[]
}

export interface Ask {
  prepare?: (request: Request) => void
  started?: (request: Request) => void
  how?: 'batch' | 'sql' | 'procedure'
}

export function ask(connection: Connection, sql: string, options: Ask = {}): Promise<Answer> {
  return new Promise((resolve) => {
    const answer: Answer = { error: null, rowCount: undefined, sets: [], returned: {}, events: [] }
    const request = new Request(sql, (error, rowCount) => {
      answer.error = error ?? null
      answer.rowCount = rowCount
      resolve(answer)
    })
    request.on('columnMetadata', (columns) => {
      answer.sets.push({ columns: (columns as { colName: string }[]).map((c) => c.colName), rows: [] })
    })
    request.on('row', (row: { value: unknown }[]) => {
      answer.sets.at(-1)?.rows.push(row.map((cell) => cell.value))
    })
    request.on('done', (count, more) => answer.events.push(`done ${count ?? '-'} ${more}`))
    request.on('doneInProc', (count, more) => answer.events.push(`doneInProc ${count ?? '-'} ${more}`))
    request.on('doneProc', (count, more, status) =>
      answer.events.push(`doneProc ${count ?? '-'} ${more} ${status}`),
    )
    request.on('returnValue', (name, value) => (answer.returned[name] = value))
    options.prepare?.(request)
    if (options.how === 'procedure') connection.callProcedure(request)
    else if (options.how === 'sql') connection.execSql(request)
    else connection.execSqlBatch(request)
    options.started?.(request)
  })
}

/** Resolves when `test` holds; asked again at every turn of the event loop. */
export async function until(test: () => boolean): Promise<void> {
  while (!test()) await new Promise((resume) => setImmediate(resume))
}

/** Pushes rows until told to stop, or without end when it does not listen. */
export async function endlessRows(sink: BatchSink, signal: AbortSignal): Promise<void> {
  await sink.columns([{ name: 'text', type: { t: 'nvarchar', max: 200 } }])
  while (!signal.aborted) await sink.row(['x'.repeat(200)])
}

export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
