import type { Clock } from '../ports/clock.ts'

const freeTries = 2
const firstWaitMs = 5_000
const longestWaitMs = 300_000

/**
 * Slows down guessing at an open window: from the third wrong passphrase on 5 s, then double, at most 300 s. Kept in
 * memory only: who has the file can guess elsewhere, and scrypt is what stands against that.
 */
export class BackOff {
  readonly #clock: Clock
  #wrong = 0
  #until = -Infinity

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Seconds, rounded up; 0: now. */
  get waitSeconds(): number {
    return Math.max(0, Math.ceil((this.#until - this.#clock.monotonicMs()) / 1_000))
  }

  wrong(): void {
    this.#wrong += 1
    const doublings = this.#wrong - freeTries - 1
    if (doublings >= 0) {
      this.#until =
        this.#clock.monotonicMs() + Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(doublings, 10))
    }
  }

  right(): void {
    this.#wrong = 0
    this.#until = -Infinity
  }
}
