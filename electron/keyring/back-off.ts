import type { Clock } from '../ports/clock.ts'
import type { UpkeepFile } from './upkeep-file.ts'

const freeTries = 2
const firstWaitMs = 5_000
const longestWaitMs = 300_000

/**
 * Slows down guessing at an open window: from the third wrong passphrase on 5 s, then double, at most 300 s. Counts on
 * after a restart. Who has the file can guess elsewhere, and who may write in the profile can remove the count: scrypt
 * and the outer wrap are what stands against that.
 */
export class BackOff {
  readonly #clock: Clock
  readonly #file: UpkeepFile
  #wrong: number
  #until: number

  constructor(clock: Clock, file: UpkeepFile) {
    const { count, until } = file.content.wrong
    this.#clock = clock
    this.#file = file
    this.#wrong = count
    // A clock that was set back in between can't make the wait longer than any wait is.
    const left = until === null ? 0 : Math.min(longestWaitMs, Date.parse(until) - clock.now().getTime())
    this.#until = clock.monotonicMs() + Math.max(0, left)
  }

  /** Seconds, rounded up; 0: now. */
  get waitSeconds(): number {
    return Math.max(0, Math.ceil((this.#until - this.#clock.monotonicMs()) / 1_000))
  }

  /** In force at once; durable when this resolves, where the disk lets it. */
  async wrong(): Promise<void> {
    this.#wrong += 1
    const doublings = this.#wrong - freeTries - 1
    const wait = doublings < 0 ? 0 : Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(doublings, 10))
    if (wait > 0) this.#until = this.#clock.monotonicMs() + wait
    await this.#keep(wait === 0 ? null : new Date(this.#clock.now().getTime() + wait).toISOString())
  }

  async right(): Promise<void> {
    const had = this.#wrong > 0
    this.#wrong = 0
    this.#until = -Infinity
    if (had) await this.#keep(null)
  }

  async #keep(until: string | null): Promise<void> {
    await this.#file.update({ wrong: { count: this.#wrong, until } }).catch(() => undefined)
  }
}
