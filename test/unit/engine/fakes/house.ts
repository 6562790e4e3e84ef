import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { KeyturnError } from '../../../../shared/errors/problem.ts'
import type { RunId } from '../../../../shared/model/ids.ts'
import type { RunView } from '../../../../shared/model/plan.ts'
import { createEngine, type Engine } from '../../../../electron/engine/engine.ts'
import type { EngineOptions } from '../../../../electron/engine/engine-deps.ts'
import { createRecord, type Record, type RecordOptions } from '../../../../electron/record/record.ts'
import type { EpochKeys } from '../../../../electron/record/signing/key-files.ts'
import { memoryKeys } from '../../../support/memory-keys.ts'
import { FixedClock } from '../../platform/fixed-clock.ts'
import type { FakeJob } from './job.ts'
import { FakeKeyring } from './keyring.ts'
import { serversOf, type FakeServer } from './world.ts'
import { noAzure, noHosts, noHsms } from '../../../support/no-azure.ts'
import { noUsers } from '../../../support/no-users.ts'

export const operator = { account: 'kt', name: 'Ada Example' }

export const folderForTest = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-engine-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export interface House {
  server: FakeServer
  servers: FakeServer[]
  fake: FakeJob
  folder: string
  keyring: FakeKeyring
  clock: FixedClock
  /** The record's keys: in memory, because what happens to their files has tests of its own. */
  keys: EpochKeys
}

export interface OpenHouse {
  engine: Engine
  record: Record
}

export const houseOf = (fake: FakeJob, ...servers: [FakeServer, ...FakeServer[]]): House => ({
  server: servers[0],
  servers,
  fake,
  folder: folderForTest(),
  keyring: new FakeKeyring(),
  clock: new FixedClock(),
  keys: memoryKeys(),
})

/** A process: its own record handle and engine over what is on disk and on the servers. */
export const openHouse = (
  house: House,
  options: Partial<EngineOptions> = {},
  recordOptions: Partial<RecordOptions> = {},
): OpenHouse => {
  const { clock, keys } = house
  const file = join(house.folder, 'record.db')
  const record = createRecord({ file, clock, operator, keys, ...recordOptions })
  onTestFinished(() => record.close())
  const engine = createEngine({
    jobs: [house.fake.job],
    record,
    keyring: house.keyring.port(),
    servers: serversOf(...house.servers),
    knownServers: () => [],
    azure: noAzure,
    hosts: noHosts,
    hsms: noHsms,
    places: { folderOf: () => house.folder, label: () => 'folder' },
    verdicts: noUsers,
    clock,
    operator,
    pause: async (ms) => clock.advance(ms),
    ...options,
  })
  return { engine, record }
}

export const approveAndStart = async (engine: Engine, draft: unknown = {}): Promise<RunId> => {
  const { digest } = await engine.review('encrypted-backup', draft)
  return engine.start({ digest, ticket: 'CHG-1', reason: 'Because' })
}

export const runToRest = async (engine: Engine, draft: unknown = {}): Promise<RunView> =>
  engine.settled(await approveAndStart(engine, draft))

/** The code and title of a refusal; anything else fails the test. */
export const refusal = async (
  work: Promise<unknown> | (() => unknown),
): Promise<{ code: string; title: string }> => {
  try {
    await (typeof work === 'function' ? work() : work)
  } catch (error) {
    if (error instanceof KeyturnError) return { code: error.code, title: error.problem.title }
    throw error
  }
  throw new Error('it was not refused')
}

export const kindsOf = (record: Record, run?: RunId): string[] =>
  record
    .page({
      offset: 0,
      limit: 100,
      order: 'oldest-first',
      ...(run === undefined ? {} : { filter: { runId: run } }),
    })
    .rows.map((row) => row.kind)

export const statesOf = (view: RunView): string[] => view.steps.map((step) => step.state)

/** A gate that a hook waits at, and that the test opens. */
export const gate = (): { reached: Promise<void>; wait: () => Promise<void>; open: () => void } => {
  const arrived = Promise.withResolvers<void>()
  const opened = Promise.withResolvers<void>()
  return {
    reached: arrived.promise,
    wait: () => {
      arrived.resolve()
      return opened.promise
    },
    open: () => opened.resolve(),
  }
}
