import { randomBytes } from 'node:crypto'
import { isSecondary, notReadable } from '../availability/rules.ts'
import { isTable } from '../catalog/view.ts'
import type { CatalogContext, View } from '../catalog/view.ts'
import { findView, objectIdOf } from '../catalog/registry.ts'
import type { Expr, Query } from '../sql/ast.ts'
import type { QueryEnvironment, QueryResult } from '../sql/query-runner.ts'
import type { CaughtError, SessionFacts } from '../sql/session-facts.ts'
import type { Cell, SqlType } from '../sql/types.ts'
import { ChangeSet } from '../state/store.ts'
import type { DatabaseRecord, LoginRecord } from '../state/model.ts'
import type { BatchSink, LoginRequest, RpcParam, TdsSession } from '../tds/contract.ts'
import { RequestAborted, SqlError, SqlErrors, beingRecovered } from './errors.ts'
import type { Instance } from './instance.ts'
import { ScriptEnded } from './run-script.ts'
import { runBatch, runProcedureCall } from './run-batch.ts'
import type { Frame } from './script.ts'
import { sessionFactsOf } from './session-facts-of.ts'

interface Settings {
  noCount: boolean
  xactAbort: boolean
  quotedIdentifier: boolean
  /** SET NOEXEC ON: batches are compiled, nothing of them runs until it is off again. */
  noExec: boolean
}

const DEFAULT_SETTINGS: Settings = { noCount: false, xactAbort: false, quotedIdentifier: true, noExec: false }

/** One connection of a client. */
export class Session implements TdsSession {
  readonly instance: Instance
  readonly spid: number
  readonly hostName: string
  readonly programName: string
  readonly encrypted: boolean
  readonly loginTime: Date
  private readonly loginId: string
  private readonly homeDatabaseId: number
  databaseId: number
  settings: Settings = { ...DEFAULT_SETTINGS }
  /** Master keys opened by OPEN MASTER KEY, by database id. */
  readonly openMasterKeys = new Map<number, Buffer>()
  readonly caughtErrors: CaughtError[] = []
  readonly prepared = new Map<number, { sql: string; declarations: string }>()
  lastError = 0
  rowCount = 0
  transaction: { changes: ChangeSet; depth: number; descriptor: Buffer } | undefined
  request: { command: string; startTime: Date; percentComplete: number } | undefined
  requestSignal: AbortSignal | undefined
  /** Resolves when the request that runs has ended; null: none runs. */
  running: Promise<void> | null = null
  private readonly killed = new AbortController()
  private readonly facts: SessionFacts

  constructor(
    instance: Instance,
    spid: number,
    login: LoginRecord,
    databaseId: number,
    request: LoginRequest,
  ) {
    this.instance = instance
    this.spid = spid
    this.loginId = login.id
    this.homeDatabaseId = databaseId
    this.databaseId = databaseId
    this.hostName = request.hostName
    this.programName = request.appName
    this.encrypted = request.encrypted
    this.loginTime = instance.now()
    this.facts = sessionFactsOf(this)
  }

  get login(): LoginRecord {
    const login = this.instance.store.logins.get(this.loginId)
    if (login === undefined) throw new SqlError(18456, 'Login failed.', { severity: 20 })
    return login
  }

  get database(): DatabaseRecord {
    return (
      this.instance.store.databases.get(String(this.databaseId)) ??
      (this.instance.store.databases.get('1') as DatabaseRecord)
    )
  }

  can(permission: string): boolean {
    return this.instance.permissions.database(this.login, this.database, permission)
  }

  canServer(permission: string): boolean {
    return this.instance.permissions.server(this.login, permission)
  }

  /** Opened in this session, else through the service master key; undefined when neither works. */
  masterKey(databaseId: number): Buffer | undefined {
    return this.openMasterKeys.get(databaseId) ?? this.instance.keys.openedByServer(databaseId)
  }

  /** Changes durable state: at once, or with the session's transaction. */
  change<R>(change: () => R): R {
    // A session that KILL or a restart ended leaves nothing behind.
    if (this.killed.signal.aborted) throw new RequestAborted()
    return this.instance.store.change(this.transaction?.changes, change)
  }

  enter(command: string): () => void {
    const outer = this.request
    this.request = { command, startTime: this.instance.now(), percentComplete: 0 }
    return () => {
      this.request = outer
    }
  }

  statementDone(rows: number): void {
    this.lastError = 0
    this.rowCount = rows
  }

  statementFailed(error: SqlError): void {
    this.lastError = error.number
    this.rowCount = 0
  }

  async sendError(sink: BatchSink, error: SqlError): Promise<void> {
    const message = {
      number: error.number,
      state: error.state,
      severity: error.severity,
      message: error.message,
      line: error.line ?? 1,
    }
    if (error.severity > 10) await sink.error(message)
    else await sink.info(message)
  }

  async info(sink: BatchSink, number: number, text: string, severity = 0, line = 1): Promise<void> {
    await sink.info({ number, state: 1, severity, message: text, line })
  }

  // ---- queries ----

  query(query: Query, frame: Frame): QueryResult {
    return this.instance.queries.run(query, this.environment(frame))
  }

  evaluate(e: Expr, frame: Frame): { value: Cell; type: SqlType } {
    return this.instance.queries.evaluate(e, this.environment(frame))
  }

  test(condition: Expr, frame: Frame): boolean {
    return this.instance.queries.test(condition, this.environment(frame))
  }

  environment(frame: Frame): QueryEnvironment {
    const { instance } = this
    return {
      facts: this.facts,
      caseInsensitive: true,
      majorVersion: instance.majorVersion,
      variables: frame.variables,
      find: (parts, line) => this.findView(parts, line),
      authorize: (view, context) => this.authorize(view, context.database),
    }
  }

  private findView(parts: readonly string[], line: number): { view: View; context: CatalogContext } {
    const missing = new SqlError(208, `Invalid object name '${parts.join('.')}'.`, { line, endsBatch: true })
    if (parts.length > 3) throw missing
    const databaseName = parts.length === 3 ? parts[0] : ''
    const database =
      databaseName === '' || databaseName === undefined
        ? this.database
        : this.instance.databaseNamed(databaseName)
    if (database === undefined) throw missing
    if (!this.instance.permissions.access(this.login, database))
      throw noAccess(this.login.name, database.name)
    if (databaseName !== '') assertOnline(database)
    const single = parts.length === 1 && (parts[0] ?? '').toLowerCase() === 'fn_my_permissions'
    const schema = single ? 'sys' : parts.length === 1 ? '' : (parts.at(-2) ?? '')
    const view = findView(schema, parts.at(-1) ?? '', database.name)
    if (view === undefined) throw missing
    return { view, context: this.instance.catalogContext(this, database) }
  }

  private authorize(view: View, database: DatabaseRecord): void {
    if (isTable(view) && !this.instance.permissions.select(this.login, database, objectIdOf(view.name))) {
      const [schema = '', object = ''] = view.name.split('.')
      throw new SqlError(
        229,
        `The SELECT permission was denied on the object '${object}', database '${database.name}', schema '${schema}'.`,
        { severity: 14 },
      )
    }
    if (view.requires === undefined || this.canServer(view.requires)) return
    const permission = this.instance.majorVersion >= 16 ? 'VIEW SERVER PERFORMANCE STATE' : view.requires
    if (this.instance.majorVersion >= 16 && this.canServer(permission)) return
    throw new SqlErrors([
      new SqlError(300, `${permission} permission was denied on object 'server', database 'master'.`, {
        severity: 14,
      }),
      new SqlError(297, 'The user does not have permission to perform this action.', { endsBatch: true }),
    ])
  }

  // ---- database ----

  async use(name: string, sink: BatchSink): Promise<void> {
    const database = this.instance.databaseNamed(name)
    if (database === undefined)
      throw new SqlError(
        911,
        `Database '${name}' does not exist. Make sure that the name is entered correctly.`,
        { endsBatch: true },
      )
    if (!this.instance.permissions.access(this.login, database))
      throw noAccess(this.login.name, database.name)
    assertOnline(database)
    assertRoomFor(this, database)
    this.databaseId = database.databaseId
    await sink.database(database.name)
  }

  // ---- transactions ----

  async begin(sink: BatchSink): Promise<void> {
    if (this.transaction !== undefined) {
      this.transaction.depth += 1
      return
    }
    this.transaction = { changes: new ChangeSet(), depth: 1, descriptor: randomBytes(8) }
    await sink.transaction('begin', this.transaction.descriptor)
  }

  async commit(sink: BatchSink): Promise<void> {
    if (this.transaction === undefined)
      throw new SqlError(3902, 'The COMMIT TRANSACTION request has no corresponding BEGIN TRANSACTION.')
    this.transaction.depth -= 1
    if (this.transaction.depth > 0) return
    const { changes, descriptor } = this.transaction
    this.transaction = undefined
    this.instance.store.commit(changes)
    await sink.transaction('commit', descriptor)
  }

  async rollback(sink: BatchSink | undefined): Promise<void> {
    if (this.transaction === undefined)
      throw new SqlError(3903, 'The ROLLBACK TRANSACTION request has no corresponding BEGIN TRANSACTION.')
    const { changes, descriptor } = this.transaction
    this.transaction = undefined
    this.instance.store.undo(changes)
    await sink?.transaction('rollback', descriptor)
  }

  async rollbackAfterError(sink: BatchSink): Promise<boolean> {
    if (this.transaction === undefined) return false
    await this.rollback(sink)
    return true
  }

  // ---- TdsSession ----

  async batch(sql: string, sink: BatchSink, signal: AbortSignal): Promise<void> {
    await this.guarded(sink, signal, (both) => runBatch(this, sql, sink, both))
  }

  async rpc(procedure: string, params: RpcParam[], sink: BatchSink, signal: AbortSignal): Promise<void> {
    await this.guarded(sink, signal, (both) => runProcedureCall(this, procedure, params, sink, both))
  }

  async transactionManager(
    kind: 'begin' | 'commit' | 'rollback' | 'save',
    _name: string,
    sink: BatchSink,
  ): Promise<void> {
    try {
      if (kind === 'begin') await this.begin(sink)
      else if (kind === 'commit') await this.commit(sink)
      else if (kind === 'rollback') await this.rollback(sink)
      else throw new SqlError(50000, 'not simulated: SAVE TRANSACTION')
      await sink.done(null)
    } catch (error) {
      if (!(error instanceof SqlError)) throw error
      await this.sendError(sink, error)
      await sink.done(null)
    }
  }

  async reset(keepTransaction: boolean): Promise<void> {
    if (!keepTransaction && this.transaction !== undefined) await this.rollback(undefined)
    this.settings = { ...DEFAULT_SETTINGS }
    this.databaseId = this.homeDatabaseId
    this.prepared.clear()
    this.lastError = 0
    this.rowCount = 0
    this.forgetKeys()
    this.instance.locks.releaseSession(this.spid)
  }

  closed(): void {
    this.killed.abort()
    if (this.transaction !== undefined) void this.rollback(undefined)
    this.forgetKeys()
    this.instance.sessionClosed(this)
  }

  /** KILL and shutdown: whatever runs stops. */
  end(): void {
    this.killed.abort()
  }

  private forgetKeys(): void {
    for (const key of this.openMasterKeys.values()) key.fill(0)
    this.openMasterKeys.clear()
  }

  private async guarded(
    sink: BatchSink,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const both = AbortSignal.any([signal, this.killed.signal])
    this.requestSignal = both
    const ended = Promise.withResolvers<void>()
    this.running = ended.promise
    try {
      await work(both)
    } catch (error) {
      // An aborted request ends without an error of its own: the transport acknowledges the attention.
      if (error instanceof RequestAborted) return
      if (error instanceof ScriptEnded) return
      const errors =
        error instanceof SqlError
          ? [error]
          : error instanceof SqlErrors
            ? error.errors
            : [internalError(this.instance, error)]
      for (const each of errors) await this.sendError(sink, each)
      this.statementFailed(errors.at(-1) as SqlError)
      await sink.done(null)
    } finally {
      this.requestSignal = undefined
      this.request = undefined
      this.running = null
      ended.resolve()
    }
  }
}

/** A defect of the sandbox is said to be one; it is not dressed up as an engine error that means something. */
function internalError(instance: Instance, error: unknown): SqlError {
  instance.log(`internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  return new SqlError(
    50000,
    `internal error of the rehearsal server: ${error instanceof Error ? error.message : 'unknown'}`,
    { endsBatch: true },
  )
}

export function noAccess(login: string, database: string): SqlError {
  return new SqlError(
    916,
    `The server principal "${login}" is not able to access the database "${database}" under the current security context.`,
    { severity: 14, endsBatch: true },
  )
}

/** A database for a single user has one session in it; that one may come again. */
function assertRoomFor(session: Session, database: DatabaseRecord): void {
  if (database.userAccess !== 'SINGLE_USER') return
  for (const other of session.instance.sessions.values())
    if (other !== session && other.databaseId === database.databaseId)
      throw new SqlError(
        924,
        `Database '${database.name}' is already open and can only have one user at a time.`,
        { severity: 14, endsBatch: true },
      )
}

export function assertOnline(database: DatabaseRecord): void {
  if (isSecondary(database)) throw notReadable(database)
  if (database.state === 'ONLINE') return
  if (database.state === 'RESTORING')
    throw new SqlError(
      927,
      `Database '${database.name}' cannot be opened. It is in the middle of a restore.`,
      { severity: 14 },
    )
  if (database.state === 'RECOVERING') throw beingRecovered(database.name)
  if (database.state === 'RECOVERY_PENDING')
    throw new SqlError(
      945,
      `Database '${database.name}' cannot be opened due to inaccessible files or insufficient memory or disk space.  See the SQL Server errorlog for details.`,
      { severity: 14 },
    )
  throw new SqlError(942, `Database '${database.name}' cannot be opened because it is offline.`, {
    severity: 14,
  })
}
