import { KeyturnError } from '../../../shared/errors/problem.ts'
import { displayScript, type Script } from '../../../shared/model/script.ts'
import type { SqlConnection, SqlServerIdentity } from '../../../shared/model/target.ts'
import type { SqlBatchResult, SqlExecuteOptions, SqlSession } from '../../ports/sql-server.ts'
import type { SecretBytes } from '../../platform/secret-bytes.ts'
import { Batch } from './batch.ts'
import { connectLink } from './connect.ts'
import { readGreeting, refuseStranger, type Greeting } from './identity.ts'
import type { GuardedConnection } from './link.ts'
import type { Limits } from './limits.ts'
import { reveal } from './reveal.ts'

const longestProgramName = 128
const defaultTimeoutMs = 60_000

/** What the pool may ask for beside what everybody may. */
export interface LentExecuteOptions extends SqlExecuteOptions {
  /**
   * The batch finds the state after login (database, SET options, no open keys): the server resets the session before
   * it reads the batch, in the same round trip. The driver's own settings are lost with that, so they go first.
   */
  fromLoginState?: boolean
}

/** One login, one batch at a time. */
export class Session implements SqlSession {
  readonly #link: GuardedConnection
  readonly #greeting: Greeting
  readonly #limits: Limits
  #busy = false
  #ended: Promise<void>

  constructor(link: GuardedConnection, greeting: Greeting, limits: Limits) {
    this.#link = link
    this.#greeting = greeting
    this.#limits = limits
    this.#ended = new Promise((resolve) => link.once('end', () => resolve()))
  }

  get spid(): number {
    return this.#greeting.spid
  }

  get identity(): SqlServerIdentity {
    return this.#greeting.identity
  }

  get principal(): string {
    return this.#greeting.principal
  }

  /** False once the connection is gone, for whatever reason. */
  get alive(): boolean {
    return !this.#link.closed
  }

  async execute(script: Script, options: LentExecuteOptions = {}): Promise<SqlBatchResult> {
    if (this.#busy) throw new KeyturnError('internal')
    if (!this.alive) throw new KeyturnError('sql-lost', { target: this.#link.peer.name })
    const secrets = options.secrets ?? noSecrets
    const settings = options.fromLoginState === true ? `${this.#link.getInitialSql()}\n` : ''
    const batch = new Batch(
      this.#link,
      { target: this.#link.peer.name, statement: displayScript(script), subject: 'this statement' },
      {
        secrets,
        limits: this.#limits,
        maxRows: options.maxRows ?? this.#limits.rows,
        timeoutMs: options.timeoutMs ?? defaultTimeoutMs,
        ...(options.onMessage === undefined ? {} : { onMessage: options.onMessage }),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      },
    )
    this.#busy = true
    if (options.fromLoginState === true) this.#link.resetConnectionOnNextRequest = true
    try {
      return await batch.run(() => `${settings}${reveal(script, secrets)}`)
    } finally {
      this.#busy = false
    }
  }

  /** The state after login in a round trip of its own: shows whether a connection that rested is still there. */
  async reset(): Promise<void> {
    const link = this.#link
    const target = link.peer.name
    const seconds = Math.ceil(this.#limits.connectTimeoutMs / 1000)
    const late = setTimeout(
      () => link.refuse(new KeyturnError('sql-timeout', { target, seconds })),
      this.#limits.connectTimeoutMs,
    )
    try {
      await new Promise<void>((resolve, reject) => {
        link.reset((error) =>
          error ? reject(link.refusal ?? new KeyturnError('sql-lost', { target })) : resolve(),
        )
      })
    } finally {
      clearTimeout(late)
    }
  }

  /** A batch that is under way ends as `sql-lost`. Closing again changes nothing. */
  async close(): Promise<void> {
    if (!this.alive) return
    this.#link.close()
    await this.#ended
  }
}

const noSecrets: ReadonlyMap<string, SecretBytes> = new Map()

/**
 * A connection of its own, its server's identity read and compared. `openSecret` is asked for each login; what it
 * gives is wiped here.
 */
export const openSession = async (
  connection: SqlConnection,
  openSecret: () => Promise<SecretBytes | null>,
  programName: string,
  limits: Limits,
): Promise<Session> => {
  if (programName === '' || programName.length > longestProgramName) throw new KeyturnError('internal')
  const secret = await openSecret()
  let link: GuardedConnection
  try {
    link = await connectLink(connection, secret, { programName, limits, purpose: 'login' })
  } finally {
    secret?.wipe()
  }
  try {
    const greeting = await readGreeting(link, limits)
    refuseStranger(connection, greeting.identity)
    return new Session(link, greeting, limits)
  } catch (error) {
    link.close()
    throw error
  }
}
