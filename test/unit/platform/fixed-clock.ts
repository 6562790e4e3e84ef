import type { Clock } from '../../../electron/ports/clock.ts'

/** Stands still until it is moved. */
export class FixedClock implements Clock {
  #ms: number

  constructor(start = '2026-11-22T08:00:00.000Z') {
    this.#ms = Date.parse(start)
  }

  now(): Date {
    return new Date(this.#ms)
  }

  monotonicMs(): number {
    return this.#ms
  }

  advance(ms: number): void {
    this.#ms += ms
  }
}
