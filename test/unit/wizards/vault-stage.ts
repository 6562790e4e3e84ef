import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Answers } from '../../../shared/forms/form.ts'
import type { VaultDraft } from '../../../shared/forms/vault-draft.ts'
import { asRunId, type RunId } from '../../../shared/model/ids.ts'
import type { Evidence } from '../../../shared/model/evidence.ts'
import type { Json, Plan, PlannedStep } from '../../../shared/model/plan.ts'
import type {
  CheckResult,
  PlanOutcome,
  PlanReader,
  StepContext,
  StepHandler,
  StepOutcome,
} from '../../../electron/engine/contract.ts'
import { createKeeper } from '../../../electron/engine/keeper.ts'
import { SecretBytes } from '../../../electron/platform/secret-bytes.ts'
import type { AzurePorts } from '../../../electron/ports/azure.ts'
import type { Waiting } from '../../../electron/wizards/azure/steps/help.ts'
import type { Facts } from '../../../electron/wizards/vault/facts-model.ts'
import { vault as job } from '../../../electron/wizards/vault/index.ts'
import { vaultSteps } from '../../../electron/wizards/vault/steps/index.ts'
import { noHosts, noHsm, noHsms } from '../../support/no-azure.ts'
import {
  emptyVault,
  azureTarget,
  fakeAzure,
  goodVault,
  fakeKey,
  type FakeAzure,
} from '../../support/azure-fake.ts'
import { FakeKeyring } from '../engine/fakes/keyring.ts'
import { noUsers } from '../../support/no-users.ts'

export const runId: RunId = asRunId('k7f3ab2cwxyz')
export const mark = 'k7f3ab2c'
export const plannedAt = new Date('2026-11-22T10:00:00Z')
const workspace =
  '/subscriptions/22222222-2222-4222-8222-222222222222/resourceGroups/ktr-rg/providers/Microsoft.OperationalInsights/workspaces/ktr-logs'

/** A vault with everything new. */
export const newVaultAnswers = (changes: Answers = {}): Answers => ({
  azure: azureTarget.id,
  service: 'create',
  groupMode: 'create',
  newGroup: 'rg-sql-keys',
  region: 'westeurope',
  vaultName: 'kv-sqlprod',
  tier: 'premium',
  retentionDays: 90,
  purgeProtection: true,
  rights: 'roles',
  network: 'all',
  lock: true,
  log: 'workspace',
  logDestination: workspace,
  operatorRole: false,
  applicationMode: 'create',
  applicationName: 'sp-sqlprod-ekm',
  secretMonths: 12,
  useScope: 'key',
  keyMode: 'create',
  keyName: 'SQL-TDE-2026',
  keyType: 'RSA-HSM',
  keyBits: '3072',
  keyExpiry: '',
  keyBackup: 'p-mine',
  ...changes,
})

/** A vault, an application and a key that are there. */
export const thereAnswers = (changes: Answers = {}): Answers =>
  newVaultAnswers({
    service: 'vault',
    vault: 'ktr-there',
    rights: 'as-is',
    network: 'as-is',
    log: 'none',
    ...changes,
  })

export const withGoodVault = (azure: FakeAzure, changes: Parameters<typeof goodVault>[0] = {}): void => {
  const vault = goodVault(changes)
  azure.vaults.set(vault.name, vault)
  const held = emptyVault()
  held.keys.set('ktr-key', [fakeKey({ name: 'ktr-key' })])
  azure.keys.set(vault.host, held)
}

/** A process that ended at this moment: nothing of ours may catch it. */
export class Killed extends Error {}

/** What the record holds of a step. */
interface Kept {
  before: Json
  intent: boolean
  done: boolean
}

export interface VaultStage {
  azure: FakeAzure
  keyring: FakeKeyring
  folder: string
  progress: string[]
  waits: number[]
  facts(answers: Answers): Promise<Facts>
  review(answers: Answers): Promise<PlanOutcome>
  /** The plan of a review that nothing blocks. */
  ready(answers: Answers): Promise<Plan>
  check(step: PlannedStep, before?: Json): Promise<CheckResult>
  /** Goes on where the record says, as the engine does; a `Killed` goes up. */
  run(plan: Plan): Promise<StepOutcome[]>
  undo(plan: Plan): Promise<string[]>
  handler(step: PlannedStep): StepHandler
  context(step: PlannedStep, before?: Json): StepContext
  files(): string[]
  end(): void
}

export interface StageOptions {
  /** Default: the fake's. */
  ports?: AzurePorts
  run?: RunId
  /** Default: none is waited. */
  pause?: Waiting['pause']
  plannedAt?: Date
  /** Of a key's file that is imported. */
  filePassword?: string
}

export const vaultStage = (options: StageOptions = {}): VaultStage => {
  const azure = fakeAzure()
  const ports = options.ports ?? azure.ports
  const run = options.run ?? runId
  const planned = options.plannedAt ?? plannedAt
  const keyring = new FakeKeyring()
  const folder = mkdtempSync(join(tmpdir(), 'kt-vault-'))
  const progress: string[] = []
  const waits: number[] = []
  const record = new Map<string, Kept>()
  const evidence: Evidence[] = []
  const waiting: Waiting = {
    pause: async (ms, signal) => {
      waits.push(ms)
      await options.pause?.(ms, signal)
    },
    mostMs: 120_000,
  }
  const steps = vaultSteps(waiting)
  const reader: PlanReader = {
    plannedAt: planned,
    sqlServer: async () => {
      throw new Error('no SQL Server here')
    },
    azure: ports,
    hosts: noHosts,
    hsms: noHsms,
    keptFor: () => [],
    secretInfo: () => ({ generation: 1, label: 'kept' }),
    knownServers: () => [],
    verdicts: noUsers,
    clock: { now: () => planned, monotonicMs: () => 0 },
    places: { folderOf: () => folder, label: () => '/home/j/keys' },
  }
  const draftOf = (answers: Answers): VaultDraft => job.parse(answers) as VaultDraft
  const context = (step: PlannedStep, before: Json = null): StepContext => ({
    runId: run,
    step,
    before,
    attempt: 1,
    get sql(): never {
      throw new Error('no SQL Server here')
    },
    azure: ports,
    hosts: noHosts,
    hsm: noHsm,
    server: () => {
      throw new Error('no SQL Server here')
    },
    session: async () => {
      throw new Error('no SQL Server here')
    },
    earlier: evidence,
    secrets: new Map([
      ['application_secret', SecretBytes.fromText('Typed~secret-of-an-application')],
      ['key_file_password', SecretBytes.fromText(options.filePassword ?? '')],
    ]),
    keeper: createKeeper(keyring.port(), run),
    places: reader.places,
    verdicts: noUsers,
    clock: reader.clock,
    signal: new AbortController().signal,
    progress: ({ message }) => progress.push(message),
    say: () => undefined,
  })
  const handler = (step: PlannedStep): StepHandler => {
    const found = Object.entries(steps).find(([kind]) => kind === step.kind)?.[1]
    if (found === undefined) throw new Error(`no handler for ${step.kind}`)
    return found
  }
  const runStep = async (step: PlannedStep): Promise<StepOutcome | null> => {
    const kept = record.get(step.id) ?? { before: null, intent: false, done: false }
    if (kept.done) return null
    const verbs = handler(step)
    const found = await verbs.check(context(step, kept.before))
    if (found.state === 'foreign' || found.state === 'blocked') {
      throw Object.assign(new Error(found.problem.title), { code: found.problem.code })
    }
    const before = kept.intent ? kept.before : found.before
    if (found.state === 'needed') {
      record.set(step.id, { before: found.before, intent: true, done: false })
      await verbs.apply(context(step, found.before))
    }
    const outcome = await verbs.verify(context(step, before))
    evidence.push(...outcome.evidence)
    record.set(step.id, { before, intent: kept.intent || found.state === 'needed', done: true })
    return outcome
  }
  const stage: VaultStage = {
    azure,
    keyring,
    folder,
    progress,
    waits,
    facts: (answers) => job.readFacts(draftOf(answers), reader) as Promise<Facts>,
    review: async (answers) => {
      const draft = draftOf(answers)
      return job.plan(draft, await job.readFacts(draft, reader), run)
    },
    ready: async (answers) => {
      const { plan, advice } = await stage.review(answers)
      expect(advice.blockers).toEqual([])
      return plan
    },
    check: (step, before = null) => handler(step).check(context(step, before)),
    run: async (plan) => {
      const outcomes: StepOutcome[] = []
      for (const step of plan.steps) {
        const outcome = await runStep(step)
        if (outcome !== null) outcomes.push(outcome)
      }
      return outcomes
    },
    undo: async (plan) => {
      const said: string[] = []
      for (const [index, step] of [...plan.steps.entries()].toReversed()) {
        const kept = record.get(step.id)
        if (kept === undefined || !kept.intent) continue
        const { undo } = step
        const later = undo.can === 'until' ? plan.steps[undo.beforeStep - 1] : undefined
        const tooLate = later !== undefined && record.get(later.id)?.intent === true
        const verbs = handler(step)
        if (undo.can === false || tooLate || verbs.undo === undefined) {
          said.push(`${index + 1} ${step.kind} stays`)
          continue
        }
        const found = await verbs.check(context(step, kept.before))
        if (found.state === 'needed' && found.partly !== true) {
          said.push(`${index + 1} ${step.kind} nothing there`)
          continue
        }
        await verbs.undo(context(step, kept.before))
        said.push(`${index + 1} ${step.kind} undone`)
      }
      return said
    },
    handler,
    context,
    files: () => readdirSync(folder).toSorted(),
    end: () => rmSync(folder, { recursive: true, force: true }),
  }
  return stage
}
