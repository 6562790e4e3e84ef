import { lockWarningSeconds, type LockReason } from '../../shared/model/keyring.ts'
import type { Clock } from '../ports/clock.ts'

export interface AutoLockOptions {
  clock: Clock
  /** Minutes without a sign of a person. */
  minutes(): number
  lock(because: Extract<LockReason, 'idle' | 'long'>): void
  /** A warning began or ended. */
  changed(): void
  /** Default: a timer that keeps no process alive. */
  schedule?: (run: () => void, ms: number) => { cancel(): void }
}

export interface AutoLock {
  /** Unlocked now: time begins to count. */
  start(): void
  /** Locked now: nothing is left to do. */
  stop(): void
  /** A person did something. */
  active(): void
  /** The setting changed. */
  look(): void
  warning(): { seconds: number; extendable: boolean } | null
}

/** Looks at the clock this often, so that a machine that slept is noticed soon after it woke up. */
const lookMs = 15_000
const warningMs = lockWarningSeconds * 1_000

/**
 * However often the page says that somebody is there, the passphrase is asked again after this long: a page that was
 * taken over can't keep the keyring open for ever. More than 20 hours need no way to extend (WCAG 2.2.1).
 */
const longestMs = 20 * 60 * 60_000 + warningMs

const timer = (run: () => void, ms: number): { cancel(): void } => {
  const set = setTimeout(run, ms).unref()
  return { cancel: () => clearTimeout(set) }
}

/**
 * Locks when nobody used the window for the set minutes, with a warning in the last minute. Time is counted by both
 * clocks and the longer counts: the steady one stands still while a machine sleeps, the wall clock may be set back.
 */
export const createAutoLock = (options: AutoLockOptions): AutoLock => {
  const { clock, lock, changed, schedule = timer } = options
  interface Since {
    steady: number
    wall: number
  }
  const now = (): Since => ({ steady: clock.monotonicMs(), wall: clock.now().getTime() })
  const passed = (since: Since): number =>
    Math.max(clock.monotonicMs() - since.steady, clock.now().getTime() - since.wall)
  let entered: Since | null = null
  let last: Since = now()
  let warned = false
  let waiting: { cancel(): void } | null = null

  const limitMs = (): number => options.minutes() * 60_000
  const idleLeft = (): number => limitMs() - passed(last)
  const longLeft = (): number => (entered === null ? longestMs : longestMs - passed(entered))
  const left = (): number => Math.min(idleLeft(), longLeft())

  const stop = (): void => {
    waiting?.cancel()
    waiting = null
    entered = null
    warned = false
  }
  const look = (): void => {
    waiting?.cancel()
    waiting = null
    if (entered === null) return
    const remaining = left()
    if (remaining <= 0) {
      const because = longLeft() <= 0 ? 'long' : 'idle'
      stop()
      return lock(because)
    }
    const warns = remaining <= warningMs
    const told = warns !== warned
    warned = warns
    waiting = schedule(look, Math.min(lookMs, warns ? remaining : remaining - warningMs))
    if (told) changed()
  }
  return {
    start: () => {
      entered = last = now()
      look()
    },
    stop,
    active: () => {
      // Too late is too late: a timer that has not run yet is no reason to stay open.
      if (entered !== null && left() > 0) last = now()
      look()
    },
    look,
    warning: () =>
      warned && entered !== null
        ? { seconds: Math.max(0, Math.ceil(left() / 1_000)), extendable: longLeft() > idleLeft() }
        : null,
  }
}
