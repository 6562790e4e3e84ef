import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { SqlConnection, SqlServerIdentity, TargetRef } from '../../../shared/model/target.ts'
import type {
  SqlReadOptions,
  SqlRow,
  SqlServer,
  SqlSession,
  SqlSessionOptions,
} from '../../ports/sql-server.ts'
import type { SecretBytes } from '../../platform/secret-bytes.ts'
import type { Limits } from './limits.ts'
import { SessionPool } from './pool.ts'
import { openSession, type Session } from './session.ts'

const defaultReadTimeoutMs = 15_000
const readerName = 'Keyturn read'

export interface ServerDeps {
  /** A fresh holder at each call; the adapter wipes it. Null: this login has no secret. */
  openSecret: () => Promise<SecretBytes | null>
  limits: Limits
}

/** One SQL Server, reached once: all its later connections must lead to the same one. */
export class TediousServer implements SqlServer {
  readonly ref: TargetRef
  readonly identity: SqlServerIdentity
  readonly principal: string
  readonly #pool: SessionPool
  readonly #sessions = new Set<Session>()
  readonly #open: (programName: string) => Promise<Session>
  readonly #limits: Limits
  #closed = false

  private constructor(connection: SqlConnection, first: Session, deps: ServerDeps) {
    this.ref = {
      id: connection.id,
      kind: 'sqlserver',
      name: connection.name,
      environment: connection.environment,
    }
    this.identity = first.identity
    this.principal = first.principal
    this.#limits = deps.limits
    const known = { ...connection, identity: first.identity }
    this.#open = (programName) => openSession(known, deps.openSecret, programName, deps.limits)
    let spare: Session | null = first
    this.#pool = new SessionPool(
      connection.name,
      () => {
        const ready = spare
        spare = null
        return ready?.alive === true ? Promise.resolve(ready) : this.#open(readerName)
      },
      deps.limits,
    )
  }

  static async connect(connection: SqlConnection, deps: ServerDeps): Promise<TediousServer> {
    const first = await openSession(connection, deps.openSecret, readerName, deps.limits)
    const server = new TediousServer(connection, first, deps)
    // The first login belongs to the pool from the start, so that closing the pool closes it.
    await server.#pool.use(() => Promise.resolve())
    return server
  }

  async query(sql: string, options: SqlReadOptions = {}): Promise<SqlRow[]> {
    this.#refuseClosed()
    return this.#pool.use(async (session, used) => {
      const { resultSets } = await session.execute(
        { language: 'tsql', parts: [sql] },
        {
          timeoutMs: options.timeoutMs ?? defaultReadTimeoutMs,
          maxRows: options.maxRows ?? this.#limits.rows,
          fromLoginState: used,
          ...(options.signal === undefined ? {} : { signal: options.signal }),
        },
      )
      return resultSets[0] ?? []
    })
  }

  async session(options: SqlSessionOptions): Promise<SqlSession> {
    this.#refuseClosed()
    const session = await this.#open(options.programName)
    for (const old of this.#sessions) if (!old.alive) this.#sessions.delete(old)
    this.#sessions.add(session)
    if (this.#closed) {
      await session.close()
      this.#refuseClosed()
    }
    return session
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([this.#pool.close(), ...[...this.#sessions].map((session) => session.close())])
    this.#sessions.clear()
  }

  #refuseClosed(): void {
    if (this.#closed) throw new KeyturnError('sql-lost', { target: this.ref.name })
  }
}
