import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { AzureMeans } from './means.ts'
import { readFailure, type AskedService } from './failures.ts'

/** One question or order to Azure, as errors and waits name it. */
export interface Asked {
  service: AskedService
  /** Name of the target. */
  target: string
  host: string
  /** What is done, as a noun with its object: `reading the key tde-2026`. */
  what: string
  /** The right that it needs, as Azure spells it. */
  permission: string
  /** Who asks. */
  principal: string
  /** Name of the key that it is about; empty: none. */
  key?: string
  /** True where the same request again can't make a second one of anything. */
  repeatable: boolean
  /** False where the answer could quote what was sent, and that is a secret. */
  quotable?: boolean
}

export interface AskOptions {
  signal?: AbortSignal
  timeoutMs?: number
  onWait?: (wait: { why: 'throttled' | 'service'; ms: number; attempt: number }) => void
}

/** Azure's own advice for what names no time: 1, 2, 4, 8, 16 s, then it is said. */
export const backOff: readonly number[] = [1_000, 2_000, 4_000, 8_000, 16_000]
/** A service may ask for more; a person is told instead of waiting longer. */
const longestWaitMs = 60_000
export const usualTimeoutMs = 60_000

/**
 * Sends it, and again after a wait where it was turned away (429, which had no effect), or failed at Azure and is
 * repeatable. At most five waits, all within `timeoutMs`. Throws `KeyturnError` only.
 */
export const ask = async <Answer>(
  asked: Asked,
  means: Pick<AzureMeans, 'pause'>,
  options: AskOptions,
  send: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> => {
  const timeoutMs = options.timeoutMs ?? usualTimeoutMs
  const limit = new AbortController()
  const timer = setTimeout(() => limit.abort(), timeoutMs)
  const signal = options.signal === undefined ? limit.signal : AbortSignal.any([options.signal, limit.signal])
  const stopped = (): KeyturnError | null => {
    const { target, what } = asked
    if (options.signal?.aborted === true) return new KeyturnError('azure-cancelled', { target, what })
    if (!limit.signal.aborted) return null
    return new KeyturnError('azure-timeout', { target, what, seconds: Math.ceil(timeoutMs / 1_000) })
  }
  try {
    for (let attempt = 1; ; attempt += 1) {
      const before = stopped()
      if (before !== null) throw before
      try {
        return await orAborted(send(signal), signal)
      } catch (thrown) {
        const because = stopped()
        if (because !== null) throw because
        const { problem, again } = readFailure(thrown, { ...asked, attempt })
        const ms = again?.afterMs ?? backOff[attempt - 1]
        const worthIt = again !== null && (again.why === 'throttled' || asked.repeatable)
        if (!worthIt || attempt > backOff.length || ms === undefined || ms > longestWaitMs) throw problem
        options.onWait?.({ why: again.why, ms, attempt })
        await means.pause(ms, signal).catch(() => undefined)
      }
    }
  } finally {
    clearTimeout(timer)
  }
}

/** The sign-in library takes no signal, and a list none for its later pages: what is waited for ends here all the same. */
const orAborted = <Answer>(sent: Promise<Answer>, signal: AbortSignal): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const stop = (): void => reject(new Error('stopped'))
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    sent.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })

/** Asks until `look` finds it, at most once per `everyMs`. The outer limit is the caller's `timeoutMs`. */
export const until = async <Found>(
  asked: Asked,
  means: Pick<AzureMeans, 'pause'>,
  options: Omit<AskOptions, 'onWait'> & {
    timeoutMs: number
    onWait?: (wait: { why: 'not-there-yet'; ms: number; attempt: number }) => void
  },
  look: (signal: AbortSignal) => Promise<Found | null>,
  everyMs = 1_000,
): Promise<Found> => {
  const limit = new AbortController()
  const timer = setTimeout(() => limit.abort(), options.timeoutMs)
  const signal = options.signal === undefined ? limit.signal : AbortSignal.any([options.signal, limit.signal])
  const { target, what } = asked
  const refuseStopped = (): void => {
    if (options.signal?.aborted === true) throw new KeyturnError('azure-cancelled', { target, what })
    if (!limit.signal.aborted) return
    const seconds = Math.ceil(options.timeoutMs / 1_000)
    throw new KeyturnError('azure-timeout', { target, what, seconds })
  }
  try {
    for (let attempt = 1; ; attempt += 1) {
      refuseStopped()
      let found: Found | null
      try {
        found = await look(signal)
      } catch (thrown) {
        refuseStopped()
        throw thrown
      }
      if (found !== null) return found
      options.onWait?.({ why: 'not-there-yet', ms: everyMs, attempt })
      await means.pause(everyMs, signal).catch(() => undefined)
    }
  } finally {
    clearTimeout(timer)
  }
}
