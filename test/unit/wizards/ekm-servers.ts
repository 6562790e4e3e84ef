import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Json, PlannedStep } from '../../../shared/model/plan.ts'
import type { CheckResult, StepContext, StepHandler, StepOutcome } from '../../../electron/engine/contract.ts'
import { createKeeper } from '../../../electron/engine/keeper.ts'
import { SecretBytes } from '../../../electron/platform/secret-bytes.ts'
import type { AzurePorts } from '../../../electron/ports/azure.ts'
import type { SqlServer, SqlSession } from '../../../electron/ports/sql-server.ts'
import { WITHOUT_DELAYS } from '../../../sandbox/azure/settings.ts'
import { startAzure, type AzureSandbox } from '../../../sandbox/azure/start.ts'
import { reachAzure } from '../../../sandbox/sqlserver/host/ekm.ts'
import { FakeKeyring } from '../engine/fakes/keyring.ts'
import { sharingServers, type SharingServer } from './simulated-servers.ts'
import { contextOf, walkWith, world, type Walked, type World } from './walk.ts'

/** Simulated SQL Servers whose connector asks simulated Azure, and steps on them. */
export interface EkmWorld {
  azure: AzureSandbox
  /** Vault of the estate that is in order. */
  host: string
  /** The application that SQL Server signs in as. */
  application: { name: string; clientId: string; secret: string }
  start(
    name: string,
    connector?: string | null,
    databases?: { name: string; bytes: number }[],
  ): Promise<SharingServer>
  end(): Promise<void>
}

export const ekmWorld = async (): Promise<EkmWorld> => {
  const folder = mkdtempSync(join(tmpdir(), 'kt-ekm-'))
  const azure = await startAzure({ folder, settings: WITHOUT_DELAYS })
  const servers = sharingServers('\\\\ktr-files\\exchange')
  const application = azure.facts().applications.find(({ name }) => name === 'ktr-ekm-sql01')
  if (application === undefined) throw new Error('no application')
  return {
    azure,
    host: 'ktr-vault-weu.vault.azure.net',
    application,
    start: (name, connector = '15.0.2000.440', databases = [{ name: 'Sales', bytes: 64 * 1024 }]) =>
      servers.start({
        name,
        id: `t-${name.toLowerCase()}`,
        version: 15,
        databases,
        connector: { version: connector, ekm: { reach: reachAzure(azure), pause: 0 } },
      }),
    end: async () => {
      await servers.stop()
      await azure.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export interface StepStage {
  around: World<SqlServer>
  keyring: FakeKeyring
  context(step: PlannedStep, before?: Json): StepContext
  check(step: PlannedStep, before?: Json): Promise<CheckResult>
  walk(step: PlannedStep, recorded?: Json): Promise<Walked>
  undo(done: { step: PlannedStep; before: Json }): Promise<void>
}

/** Walks steps of these verbs; `ports` is Azure of the plan. */
export const stepStage = (
  server: SqlServer,
  steps: Readonly<Record<string, StepHandler>>,
  options: { ports?: AzurePorts; others?: ReadonlyMap<string, SqlServer>; secret?: string } = {},
): StepStage => {
  const keyring = new FakeKeyring()
  const around: World<SqlServer> = {
    ...world(server, tmpdir()),
    ...(options.others === undefined ? {} : { others: options.others }),
  }
  if (options.secret !== undefined) {
    around.secrets.set('ekm_client_secret', SecretBytes.fromText(options.secret))
  }
  const handlerOf = ({ kind }: PlannedStep): StepHandler => {
    const found = steps[kind]
    if (found === undefined) throw new Error(`no handler for ${kind}`)
    return found
  }
  const lent = async <Value>(work: (place: World<SqlServer>) => Promise<Value>): Promise<Value> => {
    const sessions: SqlSession[] = []
    try {
      return await work({ ...around, opened: (session) => sessions.push(session) })
    } finally {
      for (const session of sessions) await session.close().catch(() => undefined)
    }
  }
  const inContext = (step: PlannedStep, place: World<SqlServer>, before: Json): StepContext => {
    const context = contextOf(step, place, before)
    return {
      ...context,
      ...(options.ports === undefined ? {} : { azure: options.ports }),
      keeper: createKeeper(keyring.port(), context.runId),
      clock: { now: () => new Date(), monotonicMs: () => 0 },
    }
  }
  const stage: StepStage = {
    around,
    keyring,
    context: (step, before = null) => inContext(step, around, before),
    check: (step, before = null) => handlerOf(step).check(inContext(step, around, before)),
    walk: (step, recorded = null) =>
      lent(async (place) => {
        const handler = handlerOf(step)
        const wrapped: StepHandler = {
          check: (ctx) => handler.check(inContext(step, place, ctx.before)),
          apply: (ctx) => handler.apply(inContext(step, place, ctx.before)),
          verify: (ctx): Promise<StepOutcome> => handler.verify(inContext(step, place, ctx.before)),
        }
        return walkWith(wrapped, step, place, recorded)
      }),
    undo: ({ step, before }) =>
      lent(async (place) => {
        await handlerOf(step).undo?.(inContext(step, place, before))
      }),
  }
  return stage
}
