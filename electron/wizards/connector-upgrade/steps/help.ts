import { setTimeout as sleep } from 'node:timers/promises'
import { KeyturnError } from '../../../../shared/errors/problem.ts'
import type { StepContext } from '../../../engine/contract.ts'
import type { DatabaseUnderKey, ProviderFact } from '../../sqlserver/ekm-facts.ts'
import { readDatabasesUnder, readProviders } from '../../sqlserver/read-ekm.ts'

export const views = {
  databases: 'sys.databases, sys.dm_database_encryption_keys',
  providers: 'sys.cryptographic_providers',
  keys: 'master.sys.asymmetric_keys',
  backups: 'msdb.dbo.backupset',
} as const

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

export const providerNamed = async (ctx: StepContext, name: string): Promise<ProviderFact> => {
  const found = (await readProviders(ctx.sql)).find((one) => one.name === name)
  if (found === undefined) throw new KeyturnError('not-found', { what: `Provider ${name}` })
  return found
}
