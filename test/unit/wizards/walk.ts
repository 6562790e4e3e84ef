import { KeyturnError } from '../../../shared/errors/problem.ts'
import { runMark } from '../../../shared/model/ids.ts'
import type { Evidence } from '../../../shared/model/evidence.ts'
import type { Json, Plan, PlannedStep } from '../../../shared/model/plan.ts'
import type { CheckResult, StepContext, StepHandler, StepOutcome } from '../../../electron/engine/contract.ts'
import { SecretBytes } from '../../../electron/platform/secret-bytes.ts'
import type { PowerShellHosts } from '../../../electron/ports/powershell-host.ts'
import type { SqlServer, SqlSession } from '../../../electron/ports/sql-server.ts'
import type { Verdicts } from '../../../electron/ports/verdicts.ts'
import { commonSteps } from '../../../electron/wizards/sqlserver/steps/index.ts'
import type { FakeServer } from './fake-server.ts'
import { runId } from './samples.ts'
import { noAzure, noHosts, noHsm, noKeeper } from '../../support/no-azure.ts'
import { noUsers } from '../../support/no-users.ts'

export const passwords = {
  dmk_password: 'Master-Key-Password-1',
  dmk_file_password: 'Master-File-Password-1',
  smk_file_password: 'Service-File-Password-1',
  certificate_file_password: 'Certificate-File-Pw-1',
} as const

export interface World<Server extends SqlServer = FakeServer> {
  server: Server
  /** Local folder of the person. */
  folder: string
  said: string[]
  percents: (number | null)[]
  verdicts: Verdicts
  secrets: Map<string, SecretBytes>
  /** Evidence of the steps that were walked so far, as the engine hands it on. */
  earlier: Evidence[]
  signal?: AbortSignal
  /** Other servers of the plan, by target. */
  others?: ReadonlyMap<string, SqlServer>
  /** Windows hosts; absent: none is reachable. */
  hosts?: PowerShellHosts
  /** Told of each session that a step opens. */
  opened?: (session: SqlSession) => void
}

export const world = <Server extends SqlServer>(server: Server, folder: string): World<Server> => ({
  server,
  folder,
  said: [],
  earlier: [],
  percents: [],
  verdicts: noUsers,
  secrets: new Map(Object.entries(passwords).map(([hole, text]) => [hole, SecretBytes.fromText(text)])),
})

const serverIn = (around: World<SqlServer>, id: string): SqlServer => around.others?.get(id) ?? around.server

export const contextOf = (step: PlannedStep, around: World<SqlServer>, before: Json = null): StepContext => ({
  runId,
  step,
  before,
  attempt: 1,
  sql: serverIn(around, step.target.id),
  server: (id) => serverIn(around, id),
  session: async () => {
    const session = await serverIn(around, step.target.id).session({
      programName: `Keyturn run ${runMark(runId)}`,
    })
    around.opened?.(session)
    return session
  },
  earlier: around.earlier,
  secrets: around.secrets,
  azure: noAzure,
  hosts: around.hosts ?? noHosts,
  hsm: noHsm,
  keeper: noKeeper,
  places: { folderOf: () => around.folder, label: () => '/home/j/keys' },
  verdicts: around.verdicts,
  clock: { now: () => new Date('2026-11-22T10:10:00Z'), monotonicMs: () => 0 },
  signal: around.signal ?? new AbortController().signal,
  progress: ({ percent }) => around.percents.push(percent),
  say: (message) => around.said.push(message),
})

export const handlerOf = (step: PlannedStep): StepHandler => {
  const found = Object.entries(commonSteps).find(([kind]) => kind === step.kind)?.[1]
  if (found === undefined) throw new Error(`no handler for ${step.kind}`)
  return found
}

export const stepOf = (plan: Plan, kind: string): PlannedStep => {
  const found = plan.steps.find((step) => step.kind === kind)
  if (found === undefined) throw new Error(`the plan has no step ${kind}`)
  return found
}

export type Walked = { step: PlannedStep; before: Json; outcome: StepOutcome }

/** One step as the engine walks it: check, durable intent, apply, verify. `before` survives a crash. */
export const walkStep = async (
  step: PlannedStep,
  around: World<SqlServer>,
  recorded: Json = null,
): Promise<Walked> => {
  const handler = handlerOf(step)
  const sessions: SqlSession[] = []
  try {
    return await walkWith(handler, step, closing(around, sessions), recorded)
  } finally {
    for (const session of sessions) await session.close()
  }
}

/** The engine closes what a step opened; so does this. */
const closing = (around: World<SqlServer>, sessions: SqlSession[]): World<SqlServer> => ({
  ...around,
  opened: (session) => sessions.push(session),
})

export const walkWith = async (
  handler: StepHandler,
  step: PlannedStep,
  around: World<SqlServer>,
  recorded: Json,
): Promise<Walked> => {
  const found = await handler.check(contextOf(step, around, recorded))
  if (found.state === 'foreign' || found.state === 'blocked') throw asError(found)
  if (found.state === 'needed') await handler.apply(contextOf(step, around, found.before))
  const outcome = await handler.verify(contextOf(step, around, found.before))
  around.earlier.push(...outcome.evidence)
  return { step, before: found.before, outcome }
}

export const walk = async (plan: Plan, around: World<SqlServer>): Promise<Walked[]> => {
  const walked: Walked[] = []
  for (const step of plan.steps) walked.push(await walkStep(step, around))
  return walked
}

const asError = (found: Extract<CheckResult, { problem: unknown }>): Error =>
  Object.assign(new Error(found.problem.title), { code: found.problem.code })

/** What a step did not get away with: the words of `step-not-verified`, or the code of another error. */
export const refusal = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work
  } catch (error) {
    if (error instanceof KeyturnError) return `${error.code}: ${error.problem.title}`
    throw error
  }
  return 'accepted'
}
