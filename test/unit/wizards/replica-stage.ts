import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Answers } from '../../../shared/forms/form.ts'
import { asRunId, asTargetId } from '../../../shared/model/ids.ts'
import type { Plan, PlannedStep } from '../../../shared/model/plan.ts'
import type { TargetRef } from '../../../shared/model/target.ts'
import type { CheckResult, Job, PlanOutcome, PlanReader } from '../../../electron/engine/contract.ts'
import { createVerdicts } from '../../../electron/inventory/verdicts.ts'
import { SecretBytes } from '../../../electron/platform/secret-bytes.ts'
import type { SqlServer } from '../../../electron/ports/sql-server.ts'
import { createMasterKey } from '../../../electron/scripts/tsql/master-key.ts'
import { AvailabilityGroup } from '../../../sandbox/sqlserver/availability/group.ts'
import { target } from './fake-server.ts'
import { runAll, simulatedServer, type Simulated } from './simulated.ts'
import { contextOf, passwords, walkWith, world, type Walked, type World } from './walk.ts'
import { planReader } from '../../support/plan-reader.ts'

/** The group AG1 over Sales on two simulated servers, both with a master key; KTR-AG-01 is the primary. */
export interface ReplicaStage {
  group: AvailabilityGroup
  primary: SqlServer
  secondary: SqlServer
  simulated: readonly [Simulated, Simulated]
  reader: PlanReader
  around: World<SqlServer>
  review<Draft, Facts>(job: Job<Draft, Facts>, answers: Answers): Promise<PlanOutcome>
  /** The plan of a review that nothing blocks. */
  ready<Draft, Facts>(job: Job<Draft, Facts>, answers: Answers): Promise<Plan>
  check(job: Pick<Job, 'steps'>, step: PlannedStep): Promise<CheckResult>
  step(job: Pick<Job, 'steps'>, step: PlannedStep): Promise<Walked>
  walk(job: Pick<Job, 'steps'>, plan: Plan): Promise<Walked[]>
  /** As an administrator would. */
  sql(server: SqlServer, text: string): Promise<void>
  state(server: SqlServer): Promise<number>
  end(): Promise<void>
}

export const primaryRef: TargetRef = { ...target, name: 'KTR-AG-01' }
export const secondaryRef: TargetRef = { ...target, id: asTargetId('t-otherserver2'), name: 'KTR-AG-02' }
let runs = 0

export const replicaStage = async (): Promise<ReplicaStage> => {
  const simulated = [
    await simulatedServer(15, 'Developer', primaryRef),
    await simulatedServer(15, 'Developer', secondaryRef),
  ] as const
  const folder = mkdtempSync(join(tmpdir(), 'kt-replica-'))
  const [primary, secondary] = [await simulated[0].open(), await simulated[1].open()]
  const sql = (server: SqlServer, text: string): Promise<void> =>
    runAll(server, [{ language: 'tsql', parts: [text] }])
  for (const server of [primary, secondary]) {
    const secrets = new Map([['dmk_password', SecretBytes.fromText(passwords.dmk_password)]])
    await runAll(server, [createMasterKey()], secrets)
  }
  await sql(secondary, 'DROP DATABASE [Sales]')
  // A database joins a group only in FULL recovery, with a full backup behind it.
  await sql(
    primary,
    "ALTER DATABASE [Sales] SET RECOVERY FULL; BACKUP DATABASE [Sales] TO DISK = N'D:\\Backup\\before-the-group.bak' WITH FORMAT",
  )
  const group = new AvailabilityGroup({
    name: 'AG1',
    file: join(folder, 'AG1.json'),
    replicas: simulated.map(({ instance }) => ({ name: instance.serverName, instance: () => instance })),
    databases: ['Sales'],
  })
  group.join()
  const open = async ({ id }: Pick<TargetRef, 'id'>): Promise<SqlServer> =>
    id === secondaryRef.id ? secondary : primary
  const around: World<SqlServer> = {
    ...world(primary, folder),
    others: new Map([[secondaryRef.id as string, secondary]]),
    verdicts: createVerdicts({ open }),
  }
  const stage: ReplicaStage = {
    group,
    primary,
    secondary,
    simulated,
    reader: planReader(open, {
      knownServers: () => [
        { ref: primaryRef, host: '127.0.0.1', serverName: 'ktr-ag-01' },
        { ref: secondaryRef, host: '127.0.0.1', serverName: 'KTR-AG-02' },
      ],
      places: { folderOf: () => folder, label: () => folder },
    }),
    around,
    review: async (job, answers) => {
      runs += 1
      const draft = job.parse(answers)
      const mark = String.fromCharCode(97 + Math.floor(runs / 26), 97 + (runs % 26))
      return job.plan(
        draft,
        await job.readFacts(draft, stage.reader),
        asRunId(`${mark}replica2222`.slice(0, 12)),
      )
    },
    ready: async (job, answers) => {
      const { plan, advice } = await stage.review(job, answers)
      if (advice.blockers.length > 0) throw new Error(JSON.stringify(advice.blockers))
      return plan
    },
    check: (job, step) => handlerIn(job, step).check(contextOf(step, around)),
    step: (job, step) => walkWith(handlerIn(job, step), step, around, null),
    walk: async (job, plan) => {
      const walked: Walked[] = []
      around.earlier.length = 0
      for (const step of plan.steps) walked.push(await stage.step(job, step))
      return walked
    },
    sql,
    state: async (server) => {
      const [row] = await server.query(
        "SELECT k.encryption_state AS state FROM sys.dm_database_encryption_keys AS k JOIN sys.databases AS d ON d.database_id = k.database_id WHERE d.name = N'Sales'",
      )
      return Number(row?.['state'] ?? 0)
    },
    end: async () => {
      for (const one of simulated) await one.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  return stage
}

const handlerIn = ({ steps }: Pick<Job, 'steps'>, { kind }: PlannedStep) => {
  const handler = steps[kind]
  if (handler === undefined) throw new Error(`no handler for ${kind}`)
  return handler
}
