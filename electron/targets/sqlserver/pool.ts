import { Pool, TimeoutError } from 'tarn'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { Limits } from './limits.ts'
import type { Session } from './session.ts'

const idleTimeoutMs = 30_000

/** At most a few logins for reads, each used by one read at a time and reset before the next. */
export class SessionPool {
  readonly #pool: Pool<Session>
  readonly #target: string
  readonly #limits: Limits
  readonly #used = new WeakSet<Session>()

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

  async use<Result>(work: (session: Session) => Promise<Result>): Promise<Result> {
    const session = await this.#ready()
    try {
      return await work(session)
    } finally {
      this.#pool.release(session)
    }
  }

  /** A connection that was cut while nobody used it shows that only when it is asked: then another one is taken. */
  async #ready(): Promise<Session> {
    for (let left = this.#limits.poolSize; ; left -= 1) {
      const session = await this.#acquire()
      if (!this.#used.has(session)) {
        this.#used.add(session)
        return session
      }
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
