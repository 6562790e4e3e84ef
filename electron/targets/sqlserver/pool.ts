import { performance } from 'node:perf_hooks'
import { Pool, TimeoutError } from 'tarn'
import { KeyturnError, problemOf } from '../../../shared/errors/problem.ts'
import type { Limits } from './limits.ts'
import type { Session } from './session.ts'

const idleTimeoutMs = 30_000

/** `used`: somebody had the session before, so the work must begin with the state after login. */
type Work<Result> = (session: Session, used: boolean) => Promise<Result>

/** At most a few logins for reads, each used by one read at a time and reset before the next. */
export class SessionPool {
  readonly #pool: Pool<Session>
  readonly #target: string
  readonly #limits: Limits
  /** When each session was given back; one that is not here was never lent. */
  readonly #restingSince = new WeakMap<Session, number>()

  constructor(target: string, open: () => Promise<Session>, limits: Limits) {
    this.#target = target
    this.#limits = limits
    this.#pool = new Pool<Session>({
      create: open,
      destroy: (session) => session.close(),
      validate: (session) => session.alive,
      min: 0,
      max: limits.poolSize,
      acquireTimeoutMillis: limits.acquireTimeoutMs,
      createTimeoutMillis: limits.acquireTimeoutMs,
      idleTimeoutMillis: idleTimeoutMs,
      propagateCreateError: true,
    })
  }

  /**
   * `work` only reads: a connection that was cut while nobody used it may show that only when it is asked, and then the
   * work is done once more, on one that answers.
   */
  async use<Result>(work: Work<Result>): Promise<Result> {
    const session = await this.#acquire()
    const restingSince = this.#restingSince.get(session)
    if (restingSince === undefined) return this.#lend(session, work, false)
    if (performance.now() - restingSince <= this.#limits.restMs) {
      try {
        return await this.#lend(session, work, true)
      } catch (error) {
        if (problemOf(error).code !== 'sql-lost') throw error
      }
    } else {
      this.#pool.release(session)
    }
    return this.#lend(await this.#answering(), work, true)
  }

  async #lend<Result>(session: Session, work: Work<Result>, used: boolean): Promise<Result> {
    try {
      return await work(session, used)
    } finally {
      this.#restingSince.set(session, performance.now())
      this.#pool.release(session)
    }
  }

  /** A new session, or one that has just answered. */
  async #answering(): Promise<Session> {
    for (let left = this.#limits.poolSize; ; left -= 1) {
      const session = await this.#acquire()
      if (!this.#restingSince.has(session)) return session
      try {
        await session.reset()
        return session
      } catch (error) {
        await session.close()
        this.#pool.release(session)
        if (left <= 0) throw error
      }
    }
  }

  async close(): Promise<void> {
    await this.#pool.destroy()
  }

  async #acquire(): Promise<Session> {
    try {
      return await this.#pool.acquire().promise
    } catch (error) {
      if (error instanceof KeyturnError) throw error
      if (error instanceof TimeoutError) {
        const seconds = Math.ceil(this.#limits.acquireTimeoutMs / 1000)
        throw new KeyturnError('sql-timeout', { target: this.#target, seconds })
      }
      throw new KeyturnError('sql-lost', { target: this.#target }, { cause: error })
    }
  }
}
