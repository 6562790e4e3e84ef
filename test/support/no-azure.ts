import { KeyturnError } from '../../shared/errors/problem.ts'
import type { Keeper } from '../../electron/engine/keeper.ts'
import type { HsmTargets } from '../../electron/ports/hsm-targets.ts'
import type { PowerShellHosts } from '../../electron/ports/powershell-host.ts'
import type { AzurePorts } from '../../electron/ports/azure.ts'

const never = (): never => {
  throw new KeyturnError('internal')
}

/** For jobs on a SQL Server: asking for Azure there is a bug. */
export const noAzure: AzurePorts = {
  controls: { open: never },
  directories: { open: never },
  vaults: { open: never, at: never, as: never, clockOf: never },
  storage: { accounts: never, at: never },
}

/** For jobs that have no token. */
export const noHsms: HsmTargets = { open: never, keptPin: never }
export const noHsm = never

/** No Windows host is reachable. */
export const noHosts: PowerShellHosts = {
  reachOf: () => ({ reachable: false, because: 'no host in this test' }),
  run: never,
}

/** For steps in which no secret comes into being. */
export const noKeeper: Keeper = { ready: never, keep: never, find: never, open: never, drop: never }
