import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Answers } from '../../../shared/forms/form.ts'
import { problemOf } from '../../../shared/errors/problem.ts'
import { asRunId } from '../../../shared/model/ids.ts'
import type { Json, Plan, PlannedStep } from '../../../shared/model/plan.ts'
import type { CheckResult, PlanOutcome, StepHandler, StepOutcome } from '../../../electron/engine/contract.ts'
import { createVerdicts } from '../../../electron/inventory/verdicts.ts'
import { SecretBytes } from '../../../electron/platform/secret-bytes.ts'
import type { SqlRow, SqlServer, SqlSession } from '../../../electron/ports/sql-server.ts'
import { createMasterKey } from '../../../electron/scripts/tsql/master-key.ts'
import { tde } from '../../../electron/wizards/tde/index.ts'
import type { Edition, MajorVersion } from '../../../sandbox/sqlserver/engine/instance.ts'
import { target } from './fake-server.ts'
import { runAll, simulatedServer, type Simulated } from './simulated.ts'
import { contextOf, passwords, world, type World } from './walk.ts'
import { planReader } from '../../support/plan-reader.ts'

export interface Done {
  step: PlannedStep
  before: Json
  outcome: StepOutcome
}

/** A simulated server with a master key, a folder of a person, and the job "TDE" on them. */
export interface TdeStage {
  simulated: Simulated
  server: SqlServer
  around: World<SqlServer>
  review(changes: Answers): Promise<PlanOutcome>
  /** The plan of a review that nothing blocks. */
  plan(changes: Answers): Promise<Plan>
  /** Two plans from the same answers and the same facts, read once. */
  planTwice(changes: Answers): Promise<[Plan, Plan]>
  check(step: PlannedStep, before?: Json): Promise<CheckResult>
  walkStep(step: PlannedStep, recorded?: Json): Promise<Done>
  walk(plan: Plan): Promise<Done[]>
  run(changes: Answers): Promise<Done[]>
  undo(done: Done): Promise<void>
  sql(text: string): Promise<void>
  rows(text: string): Promise<SqlRow[]>
  state(database: string): Promise<number>
  end(): Promise<void>
}

const inFiveYears = `${new Date().getUTCFullYear() + 5}-06-01`
let runs = 0

export const answers = (changes: Answers): Answers => ({
  target: target.id,
  task: 'turn-on',
  databases: ['Sales'],
  certificateMode: 'create',
  certificateName: 'KT_TDE',
  certificateSubject: 'TDE test',
  certificateExpiry: inFiveYears,
  algorithm: 'AES_256',
  format: 'pvk',
  keyFolder: 'D:\\Keys',
  certificateFilePassword: 'h-cert',
  proveOnServer: false,
  localCopy: 'p-mine',
  backupFolder: 'D:\\Backup',
  ...changes,
})

/** 2019: it has everything that is asked, and its keys of 2,048 bits are made in a fraction of the time. */
export const tdeStage = async (
  version: MajorVersion = 15,
  edition: Edition = 'Developer',
  databases: Parameters<typeof simulatedServer>[3] = [],
): Promise<TdeStage> => {
  const simulated = await simulatedServer(version, edition, undefined, databases)
  const server = await simulated.open()
  const folder = mkdtempSync(join(tmpdir(), 'kt-tde-'))
  await runAll(
    server,
    [createMasterKey()],
    new Map([['dmk_password', SecretBytes.fromText(passwords.dmk_password)]]),
  )
  const around: World<SqlServer> = { ...world(server, folder), verdicts: createVerdicts(simulated.servers) }
  const reader = planReader(() => server, { places: { folderOf: () => folder, label: () => folder } })
  const handlerOf = ({ kind }: PlannedStep): StepHandler => {
    const found = tde.steps[kind]
    if (found === undefined) throw new Error(`no handler for ${kind}`)
    return found
  }
  const withSessions = async <Value>(work: (place: World<SqlServer>) => Promise<Value>): Promise<Value> => {
    const sessions: SqlSession[] = []
    try {
      return await work({ ...around, opened: (session) => sessions.push(session) })
    } finally {
      for (const session of sessions) await session.close().catch(() => undefined)
    }
  }
  const stage: TdeStage = {
    simulated,
    server,
    around,
    review: async (changes) => {
      runs += 1
      const draft = tde.parse(answers(changes))
      const mark = String.fromCharCode(97 + Math.floor(runs / 26), 97 + (runs % 26))
      return tde.plan(
        draft,
        await tde.readFacts(draft, reader),
        asRunId(`${mark}nkeyturn22`.padEnd(12, 'a').slice(0, 12)),
      )
    },
    plan: async (changes) => {
      const { plan, advice } = await stage.review(changes)
      if (advice.blockers.length > 0) throw new Error(JSON.stringify(advice.blockers))
      return plan
    },
    planTwice: async (changes) => {
      const draft = tde.parse(answers(changes))
      const facts = await tde.readFacts(draft, reader)
      const plan = (): Plan => tde.plan(draft, facts, asRunId('k7f3ab2cdefg')).plan
      return [plan(), plan()]
    },
    check: (step, before = null) => handlerOf(step).check(contextOf(step, around, before)),
    walkStep: (step, recorded = null) =>
      withSessions(async (place) => {
        const handler = handlerOf(step)
        const found = await handler.check(contextOf(step, place, recorded))
        if (found.state === 'foreign' || found.state === 'blocked') {
          throw Object.assign(new Error(`${step.title}: ${found.problem.title}`), {
            code: found.problem.code,
          })
        }
        if (found.state === 'needed') await handler.apply(contextOf(step, place, found.before))
        const outcome = await handler.verify(contextOf(step, place, found.before))
        around.earlier.push(...outcome.evidence)
        return { step, before: found.before, outcome }
      }),
    walk: async ({ steps }) => {
      const done: Done[] = []
      around.earlier.length = 0
      for (const step of steps) done.push(await stage.walkStep(step))
      return done
    },
    run: async (changes) => stage.walk(await stage.plan(changes)),
    undo: (done) =>
      withSessions(async (place) => {
        await handlerOf(done.step).undo?.(contextOf(done.step, place, done.before))
      }),
    sql: (text) => runAll(server, [{ language: 'tsql', parts: [text] }]),
    rows: (text) => server.query(text),
    state: async (database) => {
      const [row] = await server.query(
        `SELECT k.encryption_state AS state FROM sys.dm_database_encryption_keys AS k JOIN sys.databases AS d ON d.database_id = k.database_id WHERE d.name = N'${database}'`,
      )
      return Number(row?.['state'] ?? 0)
    },
    end: async () => {
      await simulated.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  return stage
}

/** Code of the error that the work ends in; `accepted`: it ends in none. */
export const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work
    return 'accepted'
  } catch (error) {
    return (error as { code?: string }).code ?? problemOf(error).code
  }
}

export const kinds = (plan: Plan): string[] => plan.steps.map(({ kind }) => kind)

export const stepOfKind = (plan: Plan, kind: string): PlannedStep => {
  const found = plan.steps.find((step) => step.kind === kind)
  if (found === undefined) throw new Error(`the plan has no step ${kind}`)
  return found
}
