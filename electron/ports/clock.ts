export interface Clock {
  now(): Date
  /** Milliseconds of a clock that never goes back; only differences mean anything. */
  monotonicMs(): number
}
