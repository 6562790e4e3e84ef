import { setTimeout as sleep } from 'node:timers/promises'
import type { StepContext } from '../../../engine/contract.ts'
import type { DatabaseUnderKey } from '../ekm-facts.ts'
import { readDatabasesUnder } from '../read-ekm.ts'

const longestMs = 10 * 60_000
const firstPauseMs = 100
const longestPauseMs = 5_000

/** While the vault is asked a database is RECOVERING: waits until each is one thing or the other. */
export const settledDatabases = async (
  ctx: StepContext,
  wanted: readonly string[],
): Promise<DatabaseUnderKey[]> => {
  const end = ctx.clock.monotonicMs() + longestMs
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(longestPauseMs, pauseMs * 1.5)) {
    const found = (await readDatabasesUnder(ctx.sql)).filter(({ name }) => wanted.includes(name))
    const busy = found.filter(({ state }) => state === 'RECOVERING')
    if (busy.length === 0 || ctx.signal.aborted || ctx.clock.monotonicMs() > end) return found
    ctx.progress({ percent: null, message: `${busy.map(({ name }) => name).join(', ')}: recovering` })
    await sleep(pauseMs, undefined, { signal: ctx.signal }).catch(() => undefined)
  }
}
