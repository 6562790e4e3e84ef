import { setTimeout as sleep } from 'node:timers/promises'
import { problemOf } from '../../../../shared/errors/problem.ts'
import type { Evidence } from '../../../../shared/model/evidence.ts'
import { runMark } from '../../../../shared/model/ids.ts'
import type { StepContext } from '../../../engine/contract.ts'
import type { AzureControl } from '../../../ports/azure-control.ts'
import type { Directory } from '../../../ports/directory.ts'
import type { KeyVault } from '../../../ports/key-vault.ts'
import { evidenceLine } from '../../evidence-line.ts'

export const openControl = (ctx: StepContext): Promise<AzureControl> =>
  ctx.azure.controls.open(ctx.step.target, { signal: ctx.signal })
export const openDirectory = (ctx: StepContext): Promise<Directory> =>
  ctx.azure.directories.open(ctx.step.target, { signal: ctx.signal })

/** Lends the vault at a host, with the sign-in of the subscription, for as long as `work` needs it. */
export const withVault = async <Value>(
  ctx: StepContext,
  host: string,
  work: (vault: KeyVault) => Promise<Value>,
): Promise<Value> => {
  const vault = await ctx.azure.vaults.at(ctx.step.target, host, { signal: ctx.signal })
  try {
    return await work(vault)
  } finally {
    await vault.close()
  }
}

export const markOf = (ctx: StepContext): string => runMark(ctx.runId)

/** A line of what was read back; `where` is the thing that said it. */
export const line = (
  ctx: StepContext,
  where: string,
  statement: string,
  value: string,
  data?: Evidence['data'],
): Evidence => evidenceLine(ctx, `${ctx.step.target.name}, ${where}`, statement, value, data)

/** How a step waits for what Azure says is done and does not show yet. Passed in, so that tests need no time. */
export interface Waiting {
  pause(ms: number, signal: AbortSignal): Promise<void>
  /** Together, in milliseconds. */
  mostMs: number
}

export const patience: Waiting = {
  pause: (ms, signal) => sleep(ms, undefined, { signal }),
  mostMs: 10 * 60_000,
}

const firstPauseMs = 2_000
const longestPauseMs = 15_000

/**
 * Tries until `work` gives something else than null, with longer and longer pauses, each shown. Null: it did not within
 * `mostMs`.
 */
export const waitFor = async <Value>(
  ctx: StepContext,
  { pause, mostMs }: Waiting,
  what: string,
  work: () => Promise<Value | null>,
): Promise<Value | null> => {
  let waited = 0
  for (let attempt = 1; ; attempt += 1) {
    const found = await work()
    if (found !== null) return found
    const ms = Math.min(firstPauseMs * 2 ** (attempt - 1), longestPauseMs)
    if (waited + ms > mostMs) return null
    ctx.progress({
      percent: null,
      message: `Waiting for ${what}: tried ${attempt} times in ${Math.round(waited / 1000)} s, next in ${Math.round(ms / 1000)} s`,
    })
    await pause(ms, ctx.signal)
    waited += ms
  }
}

/** What a vault says to somebody who has no right, or not everywhere yet. */
export const notAllowedYet: readonly string[] = [
  'vault-no-permission',
  'vault-no-policy',
  'vault-token-refused',
]

/** Null where the answer was one of these codes; any other error goes up. */
export const unless =
  (codes: readonly string[]) =>
  async <Value>(work: Promise<Value>): Promise<Value | null> => {
    try {
      return await work
    } catch (error) {
      if (codes.includes(problemOf(error).code)) return null
      throw error
    }
  }
