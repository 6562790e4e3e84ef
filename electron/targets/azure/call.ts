import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { AzureMeans } from './means.ts'
import { readFailure, type Question } from './failures.ts'

/** One question or order to Azure. */
export interface Asked extends Omit<Question, 'attempt'> {
  /** True where the same request again can't make a second one of anything. */
  repeatable: boolean
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
  const limit = limited(asked, options.signal, options.timeoutMs ?? usualTimeoutMs)
  const { signal } = limit
  try {
    for (let attempt = 1; ; attempt += 1) {
      limit.refuseStopped()
      try {
        return await orAborted(send(signal), signal)
      } catch (thrown) {
        limit.refuseStopped()
        const { problem, again } = readFailure(thrown, { ...asked, attempt })
        const ms = again?.afterMs ?? backOff[attempt - 1]
        const worthIt = again !== null && (again.why === 'throttled' || asked.repeatable)
        if (!worthIt || attempt > backOff.length || ms === undefined || ms > longestWaitMs) throw problem
        options.onWait?.({ why: again.why, ms, attempt })
        await means.pause(ms, signal).catch(() => undefined)
      }
    }
  } finally {
    limit.end()
  }
}

/** A signal that comes at the caller's wish or when the time is up; `refuseStopped` throws which of the two it was. */
const limited = (
  { target, what }: Pick<Asked, 'target' | 'what'>,
  wish: AbortSignal | undefined,
  timeoutMs: number,
) => {
  const limit = new AbortController()
  const timer = setTimeout(() => limit.abort(), timeoutMs)
  return {
    signal: wish === undefined ? limit.signal : AbortSignal.any([wish, limit.signal]),
    refuseStopped: (): void => {
      if (wish?.aborted === true) throw new KeyturnError('azure-cancelled', { target, what })
      if (!limit.signal.aborted) return
      throw new KeyturnError('azure-timeout', { target, what, seconds: Math.ceil(timeoutMs / 1_000) })
    },
    end: (): void => clearTimeout(timer),
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
  const limit = limited(asked, options.signal, options.timeoutMs)
  const { signal } = limit
  try {
    for (let attempt = 1; ; attempt += 1) {
      limit.refuseStopped()
      let found: Found | null
      try {
        found = await look(signal)
      } catch (thrown) {
        limit.refuseStopped()
        throw thrown
      }
      if (found !== null) return found
      options.onWait?.({ why: 'not-there-yet', ms: everyMs, attempt })
      await means.pause(everyMs, signal).catch(() => undefined)
    }
  } finally {
    limit.end()
  }
}
