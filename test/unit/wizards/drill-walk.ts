import { restoreDrill } from '../../../electron/wizards/restore-drill/index.ts'
import { drillSteps } from '../../../electron/wizards/restore-drill/steps/index.ts'
import { SecretBytes } from '../../../electron/platform/secret-bytes.ts'
import type { PlanReader, StepContext, StepHandler } from '../../../electron/engine/contract.ts'
import type { PlanOutcome } from '../../../electron/engine/contract.ts'
import { createVerdicts } from '../../../electron/inventory/verdicts.ts'
import type { SqlServer, SqlSession } from '../../../electron/ports/sql-server.ts'
import { asHandleId, runMark } from '../../../shared/model/ids.ts'
import type { Evidence, KeyCopyProof } from '../../../shared/model/evidence.ts'
import { problemOf, type Problem } from '../../../shared/errors/problem.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import type { Json, Plan, PlannedStep } from '../../../shared/model/plan.ts'
import { filePassword, share, type DrillServers } from './drill-servers.ts'
import { runId } from './samples.ts'
import { noAzure, noHosts, noHsm, noKeeper } from '../../support/no-azure.ts'
import { planReader } from '../../support/plan-reader.ts'

export const drillAnswers = (changes: Answers = {}): Answers => ({
  target: 't-source',
  which: 'latest',
  backups: [],
  follow: true,
  drillTarget: 't-drill',
  filesWhere: 'same',
  backupFolder: '',
  dataFolder: 'D:\\Data',
  logFolder: 'D:\\Data',
  masterKeyMode: 'throw-away',
  masterKeyPassword: null,
  keyFiles: 'named',
  keyFolder: share,
  moreKeyFolders: '',
  keyNames: 'KT_A.cer\nKT_A.pvk',
  passwordFrom: 'typed',
  keyPassword: 'h-key',
  consistency: true,
  stats: 25,
  ...changes,
})

export const readerOf = ({ source, drill }: DrillServers): PlanReader =>
  planReader(({ id }) => (id === source.ref.id ? source.open() : drill.open()), {
    keptFor: () => [
      { id: asHandleId('h-kept'), label: 'Private key file', keptAt: '2026-11-01T10:00:00.000Z' },
    ],
  })

export const planDrill = async (servers: DrillServers, changes: Answers = {}): Promise<PlanOutcome> => {
  const draft = restoreDrill.parse(drillAnswers(changes))
  return restoreDrill.plan(draft, await restoreDrill.readFacts(draft, readerOf(servers)), runId)
}

export interface DrillWalk {
  server: SqlServer
  earlier: Evidence[]
  proofs: KeyCopyProof[]
  percents: (number | null)[]
  said: string[]
  secrets: Map<string, SecretBytes>
  servers: DrillServers
  signal?: AbortSignal
  places?: StepContext['places']
}

export const walkOn = async (servers: DrillServers, password = filePassword): Promise<DrillWalk> => ({
  server: await servers.drill.open(),
  earlier: [],
  proofs: [],
  percents: [],
  said: [],
  secrets: new Map(
    Object.entries({
      throw_away_password: 'Throw-Away-Password-1',
      key_file_password: password,
      key_file_password_2: password,
      dmk_password: 'Master-Key-Password-2',
    }).map(([hole, text]) => [hole, SecretBytes.fromText(text)]),
  ),
  servers,
})

export const drillHandler = (kind: string): StepHandler => {
  const found = Object.entries(drillSteps).find(([one]) => one === kind)?.[1]
  if (found === undefined) throw new Error(`no handler for ${kind}`)
  return found
}

export const drillContext = (
  step: PlannedStep,
  walk: DrillWalk,
  before: Json,
  sessions: SqlSession[] = [],
): StepContext => ({
  runId,
  step,
  before,
  attempt: 1,
  sql: walk.server,
  server: () => walk.server,
  session: async () => {
    const session = await walk.server.session({ programName: `Keyturn run ${runMark(runId)}` })
    sessions.push(session)
    return session
  },
  earlier: walk.earlier,
  secrets: walk.secrets,
  azure: noAzure,
  hosts: noHosts,
  hsm: noHsm,
  keeper: noKeeper,
  places: walk.places ?? { folderOf: () => '', label: () => '' },
  verdicts: createVerdicts(walk.servers.drill.servers),
  clock: { now: () => new Date(), monotonicMs: () => 0 },
  signal: walk.signal ?? new AbortController().signal,
  progress: ({ percent }) => walk.percents.push(percent),
  say: (message) => walk.said.push(message),
})

export interface Walked {
  done: { step: PlannedStep; before: Json }[]
  /** The step that failed and why; null: all went well. */
  failed: { step: PlannedStep; problem: Problem } | null
}

/** Walks the plan as the engine does: check, apply, verify; stops at the first failure. */
export const walkDrill = (plan: Plan, walk: DrillWalk): Promise<Walked> => walkSteps(plan, walk, drillHandler)

/** The same for any job whose steps run on one server. */
export const walkSteps = async (
  plan: Plan,
  walk: DrillWalk,
  handlerOf: (kind: string) => StepHandler,
): Promise<Walked> => {
  const done: Walked['done'] = []
  for (const step of plan.steps) {
    const sessions: SqlSession[] = []
    let before: Json = null
    try {
      const handler = handlerOf(step.kind)
      const found = await handler.check(drillContext(step, walk, null, sessions))
      if (found.state === 'foreign' || found.state === 'blocked')
        return { done, failed: { step, problem: found.problem } }
      before = found.before
      if (found.state === 'needed') {
        done.push({ step, before })
        await handler.apply(drillContext(step, walk, before, sessions))
      }
      const { evidence, proofs } = await handler.verify(drillContext(step, walk, before, sessions))
      walk.earlier.push(...evidence)
      walk.proofs.push(...proofs)
    } catch (error) {
      return { done, failed: { step, problem: problemOf(error) } }
    } finally {
      for (const session of sessions) await session.close()
    }
  }
  return { done, failed: null }
}

/** Goes back over what was done, last first, as the engine's undo does. */
export const undoDrill = async (
  { done }: Walked,
  walk: DrillWalk,
  handlerOf: (kind: string) => StepHandler = drillHandler,
): Promise<string[]> => {
  const said: string[] = []
  for (const { step, before } of done.toReversed()) {
    const sessions: SqlSession[] = []
    const handler = handlerOf(step.kind)
    try {
      if (step.undo.can === false || handler.undo === undefined) continue
      const found = await handler.check(drillContext(step, walk, before, sessions))
      if (found.state === 'needed' && found.partly !== true) continue
      const evidence = await handler.undo(drillContext(step, walk, before, sessions))
      said.push(...evidence.map(({ statement, value }) => `${statement}: ${value}`))
    } finally {
      for (const session of sessions) await session.close()
    }
  }
  return said
}

/** What a drill can leave on its server. Empty: nothing. */
export const leftOn = async ({ drill }: DrillServers): Promise<string[]> => {
  const server = await drill.open()
  const rows = await Promise.all([
    server.query('SELECT d.name AS name FROM sys.databases AS d WHERE d.database_id > 4'),
    server.query(`SELECT c.name AS name FROM master.sys.certificates AS c WHERE c.name NOT LIKE N'##%'`),
    server.query(
      `SELECT k.name AS name FROM master.sys.symmetric_keys AS k WHERE k.name = N'##MS_DatabaseMasterKey##'`,
    ),
    server.query(
      `SELECT f.file_or_directory_name AS name FROM sys.dm_os_enumerate_filesystem(N'D:\\Data', N'*') AS f`,
    ),
  ])
  return rows.flat().map((row) => String(row['name']))
}
