import type { PlanReader } from '../../electron/engine/contract.ts'
import type { SqlServer } from '../../electron/ports/sql-server.ts'
import type { TargetRef } from '../../shared/model/target.ts'
import { noAzure, noHosts, noHsms } from './no-azure.ts'
import { noUsers } from './no-users.ts'

/** What a job on SQL Servers is planned with, outside an engine. */
export const planReader = (
  sqlServer: (target: TargetRef) => SqlServer | Promise<SqlServer>,
  changes: Partial<PlanReader> = {},
): PlanReader => ({
  plannedAt: new Date(),
  azure: noAzure,
  hosts: noHosts,
  hsms: noHsms,
  sqlServer: async (target) => sqlServer(target),
  knownServers: () => [],
  keptFor: () => [],
  secretInfo: () => ({ generation: 1, label: 'kept' }),
  verdicts: noUsers,
  clock: { now: () => new Date(), monotonicMs: () => 0 },
  places: { folderOf: () => '', label: () => '' },
  ...changes,
})
