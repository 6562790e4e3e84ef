import { setTimeout as sleep } from 'node:timers/promises'
import type { RunId } from '../../shared/model/ids.ts'
import type { Operator } from '../../shared/model/record.ts'
import type { AzurePorts } from '../ports/azure.ts'
import type { Clock } from '../ports/clock.ts'
import type { HsmTargets } from '../ports/hsm-targets.ts'
import type { Keyring } from '../ports/keyring.ts'
import type { Places } from '../ports/places.ts'
import type { PowerShellHosts } from '../ports/powershell-host.ts'
import type { KnownServer, SqlServers } from '../ports/sql-server.ts'
import type { Verdicts } from '../ports/verdicts.ts'
import type { RandomSource } from '../platform/random.ts'
import type { Record } from '../record/record.ts'
import type { Job } from './contract.ts'

export const probePoints = [
  'before-intent',
  'after-intent',
  'after-apply',
  'before-outcome',
  'after-outcome',
] as const
export type ProbePoint = (typeof probePoints)[number]

/** Where a crash test stops the process. `stepId` is `s03`, and `undo:s03` while step s03 is being undone. */
export interface EngineProbe {
  at(point: ProbePoint, stepId: string, runId: RunId): void | Promise<void>
}

export interface EngineOptions {
  jobs: readonly Job[]
  record: Record
  keyring: Pick<
    Keyring,
    | 'status'
    | 'sealRun'
    | 'openRun'
    | 'eraseRun'
    | 'sealedRuns'
    | 'list'
    | 'onChange'
    | 'put'
    | 'replace'
    | 'open'
    | 'drop'
  >
  servers: SqlServers
  knownServers: () => readonly KnownServer[]
  azure: AzurePorts
  hosts: PowerShellHosts
  hsms: HsmTargets
  places: Places
  verdicts: Verdicts
  clock: Clock
  operator: Operator
  random?: RandomSource
  /** Crash tests only. */
  probe?: EngineProbe
  /** How long a resumed run waits for a statement of its earlier attempt, in milliseconds; default 10 minutes. */
  oldSessionWaitMs?: number
  /** Default: a timer. */
  pause?: (ms: number) => Promise<void>
}

export interface EngineDeps extends EngineOptions {
  oldSessionWaitMs: number
  pause: (ms: number) => Promise<void>
  probe: EngineProbe
}

const noProbe: EngineProbe = { at: () => undefined }

export const withDefaults = (options: EngineOptions): EngineDeps => ({
  ...options,
  probe: options.probe ?? noProbe,
  oldSessionWaitMs: options.oldSessionWaitMs ?? 10 * 60_000,
  pause: options.pause ?? ((ms) => sleep(ms)),
})
