import type { Answers } from '../../../shared/forms/form.ts'
import { asHandleId, asRunId, type RunId, type TargetId } from '../../../shared/model/ids.ts'
import type { Evidence } from '../../../shared/model/evidence.ts'
import type { Json, Plan, PlannedStep } from '../../../shared/model/plan.ts'
import type { PlanOutcome, PlanReader, StepContext, StepHandler } from '../../../electron/engine/contract.ts'
import { createKeeper } from '../../../electron/engine/keeper.ts'
import { SecretBytes } from '../../../electron/platform/secret-bytes.ts'
import type { SqlServer, SqlSession } from '../../../electron/ports/sql-server.ts'
import { credential as job } from '../../../electron/wizards/credential/index.ts'
import { credentialSteps } from '../../../electron/wizards/credential/steps.ts'
import type { Facts } from '../../../electron/wizards/credential/facts-model.ts'
import type { Waiting } from '../../../electron/wizards/azure/steps/help.ts'
import { CONNECTOR_PATH } from '../../../sandbox/sqlserver/engine/ekm/library.ts'
import { azureRefOfTests, azureStage, clientSecret, type AzureStage } from '../../contract/azure-program.ts'
import { planReader } from '../../support/plan-reader.ts'
import { FakeKeyring } from '../engine/fakes/keyring.ts'
import type { EkmWorld } from './ekm-servers.ts'
import type { SharingServer } from './simulated-servers.ts'
import { contextOf, world } from './walk.ts'

/** A process that ended at this moment: nothing of ours may catch it. */
export class Killed extends Error {}

/** What the record holds of a step. */
interface Kept {
  before: Json
  intent: boolean
  done: boolean
}

export interface CredentialStage {
  keyring: FakeKeyring
  side: AzureStage
  evidence: Evidence[]
  facts(answers: Answers): Promise<Facts>
  review(answers: Answers): Promise<PlanOutcome>
  ready(answers: Answers): Promise<Plan>
  /** Goes on where the record says, as the engine does, until a step throws. Gives the kinds that were done. */
  run(plan: Plan, until?: string): Promise<string[]>
  undo(plan: Plan): Promise<string[]>
  /** Called right before `apply` of a step, or right after; what it throws goes up as a kill does. */
  kill: ((step: PlannedStep, when: 'before' | 'after') => void) | null
  end(): void
}

let runs = 0
const nextRun = (): RunId => {
  runs += 1
  return asRunId(`c${String(runs).padStart(7, 'a')}wxyz`)
}

/** The job on simulated servers and simulated Azure. `secrets`: what a person typed, by handle. */
export const credentialStage = (
  place: EkmWorld,
  servers: readonly SharingServer[],
  secrets: Readonly<Record<string, string>> = {},
): CredentialStage => {
  const operator = place.azure.facts().applications.find(({ name }) => name === 'ktr-operator')
  if (operator === undefined) throw new Error('no operator')
  const side = azureStage({
    facts: place.azure.facts(),
    signIn: clientSecret(operator.clientId),
    secret: operator.secret,
    host: place.host,
  })
  const { controls, directories, vaults, storage } = side.azure
  const ports = { controls, directories, vaults, storage }
  const run = nextRun()
  const keyring = new FakeKeyring()
  const evidence: Evidence[] = []
  const record = new Map<string, Kept>()
  const waiting: Waiting = {
    pause: () => new Promise((resolve) => setTimeout(resolve, 20)),
    mostMs: 60_000,
  }
  const steps = credentialSteps(waiting)
  const open = async (id: TargetId): Promise<SqlServer> => {
    const found = servers.find(({ ref }) => ref.id === id)
    if (found === undefined) throw new Error(`no server ${id}`)
    return found.open()
  }
  const reader: PlanReader = planReader((target) => open(target.id), {
    azure: ports,
    keptFor: () => [],
    knownServers: () =>
      servers.map(({ ref }) => ({ ref, host: ref.name.toLowerCase(), serverName: ref.name })),
  })
  const handlerOf = ({ kind }: PlannedStep): StepHandler => {
    const found = Object.entries(steps).find(([name]) => name === kind)?.[1]
    if (found === undefined) throw new Error(`no handler for ${kind}`)
    return found
  }
  const withContext = async <Value>(
    plan: Plan,
    step: PlannedStep,
    work: (context: (before: Json) => StepContext) => Promise<Value>,
  ): Promise<Value> => {
    const opened = new Map<string, SqlServer>()
    for (const { ref } of plan.targets) {
      if (ref.kind === 'sqlserver') opened.set(ref.id, await open(ref.id))
    }
    const sessions: SqlSession[] = []
    const first = [...opened.values()][0]
    if (first === undefined) throw new Error('no server')
    const around = {
      ...world<SqlServer>(first, '/tmp'),
      others: opened,
      earlier: evidence,
      opened: (session: SqlSession) => void sessions.push(session),
      secrets: new Map(
        plan.secrets.map(({ hole, handle }) => [hole, SecretBytes.fromText(secrets[handle] ?? '')]),
      ),
    }
    try {
      return await work((before) => ({
        ...contextOf(step, around, before),
        runId: run,
        azure: ports,
        keeper: createKeeper(keyring.port(), run),
        clock: { now: () => new Date(), monotonicMs: () => 0 },
      }))
    } finally {
      for (const session of sessions) await session.close().catch(() => undefined)
    }
  }
  const runStep = (plan: Plan, step: PlannedStep): Promise<boolean> =>
    withContext(plan, step, async (context) => {
      const kept = record.get(step.id) ?? { before: null, intent: false, done: false }
      if (kept.done) return false
      const verbs = handlerOf(step)
      const found = await verbs.check(context(kept.before))
      if (found.state === 'foreign' || found.state === 'blocked') {
        throw Object.assign(new Error(found.problem.title), { code: found.problem.code })
      }
      const before = kept.intent ? kept.before : found.before
      if (found.state === 'needed') {
        record.set(step.id, { before: found.before, intent: true, done: false })
        stage.kill?.(step, 'before')
        await verbs.apply(context(found.before))
        stage.kill?.(step, 'after')
      }
      const outcome = await verbs.verify(context(before))
      evidence.push(...outcome.evidence)
      record.set(step.id, { before, intent: kept.intent || found.state === 'needed', done: true })
      return true
    })
  const stage: CredentialStage = {
    keyring,
    side,
    evidence,
    kill: null,
    facts: async (answers) => {
      const read = await job.readFacts(job.parse(answers), reader)
      if (read.use !== 'key-vault') throw new Error('facts of storage')
      return read.facts
    },
    review: async (answers) => {
      const draft = job.parse(answers)
      return job.plan(draft, await job.readFacts(draft, reader), run)
    },
    ready: async (answers) => {
      const { plan, advice } = await stage.review(answers)
      if (advice.blockers.length > 0) throw new Error(JSON.stringify(advice.blockers, null, 1))
      return plan
    },
    run: async (plan, until) => {
      const done: string[] = []
      for (const step of plan.steps) {
        if (step.kind === until) break
        if (await runStep(plan, step)) done.push(step.kind)
      }
      return done
    },
    undo: async (plan) => {
      const said: string[] = []
      for (const step of plan.steps.toReversed()) {
        const kept = record.get(step.id)
        if (kept === undefined || !kept.intent) continue
        const later = step.undo.can === 'until' ? plan.steps[step.undo.beforeStep - 1] : undefined
        const tooLate = later !== undefined && record.get(later.id)?.intent === true
        await withContext(plan, step, async (context) => {
          const verbs = handlerOf(step)
          if (step.undo.can === false || tooLate || verbs.undo === undefined) {
            said.push(`${step.kind} stays`)
            return
          }
          const found = await verbs.check(context(kept.before))
          if (found.state === 'needed' && found.partly !== true) {
            said.push(`${step.kind} nothing there`)
            return
          }
          await verbs.undo(context(kept.before))
          said.push(`${step.kind} undone`)
        })
      }
      return said
    },
    end: () => side.azure.closeAll(),
  }
  return stage
}

/** Option and provider, as the job "TDE with a vault key" leaves them. */
export const withProvider = async (server: SharingServer): Promise<void> => {
  await server.run(
    "EXEC sp_configure 'show advanced options', 1; RECONFIGURE; EXEC sp_configure 'EKM provider enabled', 1; RECONFIGURE;",
  )
  await server.run(`CREATE CRYPTOGRAPHIC PROVIDER AKV FROM FILE = '${CONNECTOR_PATH}'`)
}

/** A key of the vault with login and credential. */
export const withKey = async (server: SharingServer, place: EkmWorld): Promise<void> => {
  const secret = `${place.application.clientId.replaceAll('-', '')}${place.application.secret}`
  await withProvider(server)
  await server.run(
    `CREATE CREDENTIAL tde_cred WITH IDENTITY = 'ktr-vault-weu', SECRET = '${secret}' FOR CRYPTOGRAPHIC PROVIDER AKV; ALTER LOGIN keyturn ADD CREDENTIAL tde_cred`,
  )
  await server.run(
    "CREATE ASYMMETRIC KEY tde FROM PROVIDER AKV WITH PROVIDER_KEY_NAME = 'ktr-tde-sql01', CREATION_DISPOSITION = OPEN_EXISTING",
  )
  await server.run(
    'CREATE LOGIN tde_login FROM ASYMMETRIC KEY tde; ALTER LOGIN keyturn DROP CREDENTIAL tde_cred; ALTER LOGIN tde_login ADD CREDENTIAL tde_cred',
  )
}

/** The same, and `Sales` is encrypted under the key. */
export const encrypted = async (server: SharingServer, place: EkmWorld): Promise<void> => {
  await withKey(server, place)
  await encryptSales(server)
}

export const encryptSales = async (server: SharingServer): Promise<void> => {
  await server.run(
    'USE Sales; CREATE DATABASE ENCRYPTION KEY WITH ALGORITHM = AES_256 ENCRYPTION BY SERVER ASYMMETRIC KEY tde; ALTER DATABASE Sales SET ENCRYPTION ON; USE master',
  )
  await encryptedNow(server)
}

const encryptedNow = async (server: SharingServer): Promise<void> => {
  for (;;) {
    const [row] = await server.rows(
      "SELECT k.encryption_state AS state FROM sys.dm_database_encryption_keys AS k JOIN sys.databases AS d ON d.database_id = k.database_id WHERE d.name = N'Sales'",
    )
    if (Number(row?.['state']) === 3) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

export const typedSecret = asHandleId('h-typed')

/** Answers of a person who goes on without Azure. */
export const answersFor = (server: SharingServer, changes: Answers = {}): Answers => ({
  target: server.ref.id,
  use: 'key-vault',
  task: 'create',
  azureMode: 'without',
  provider: 'AKV',
  identityKind: 'service-principal',
  vaultHost: 'ktr-vault-weu.vault.azure.net',
  credentialName: 'vault_cred',
  clientSecret: typedSecret,
  mapTo: 'none',
  proveHere: true,
  ...changes,
})

export const withAzure = (server: SharingServer, changes: Answers = {}): Answers =>
  answersFor(server, { azureMode: 'connected', azure: azureRefOfTests.id, ...changes })
