import { KeyturnError } from '../../../../shared/errors/problem.ts'
import type { StepContext } from '../../../engine/contract.ts'
import type { ProviderFact } from '../../sqlserver/ekm-facts.ts'
import { readProviders } from '../../sqlserver/read-ekm.ts'

export const views = {
  databases: 'sys.databases, sys.dm_database_encryption_keys',
  providers: 'sys.cryptographic_providers',
  keys: 'master.sys.asymmetric_keys',
  backups: 'msdb.dbo.backupset',
} as const

export const providerNamed = async (ctx: StepContext, name: string): Promise<ProviderFact> => {
  const found = (await readProviders(ctx.sql)).find((one) => one.name === name)
  if (found === undefined) throw new KeyturnError('not-found', { what: `Provider ${name}` })
  return found
}
