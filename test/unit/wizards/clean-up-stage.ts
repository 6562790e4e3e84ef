import type { Answers } from '../../../shared/forms/form.ts'
import { asRunId } from '../../../shared/model/ids.ts'
import type { Json, Plan, PlannedStep } from '../../../shared/model/plan.ts'
import type { PlanOutcome } from '../../../electron/engine/contract.ts'
import { createVerdicts } from '../../../electron/inventory/verdicts.ts'
import type { PowerShellHosts } from '../../../electron/ports/powershell-host.ts'
import { cleanUp } from '../../../electron/wizards/ekm-clean-up/index.ts'
import { noHosts } from '../../support/no-azure.ts'
import { planReader } from '../../support/plan-reader.ts'
import type { Chain } from './ekm-chain.ts'
import { stepStage, type EkmWorld, type StepStage } from './ekm-servers.ts'
import type { Walked } from './walk.ts'

/** The job "Clean up EKM" on a simulated server that has a whole chain. */
export interface CleanUpStage {
  answers: Answers
  stage: StepStage
  review(changes?: Answers): Promise<PlanOutcome>
  /** The plan of a review that nothing blocks. */
  plan(changes?: Answers): Promise<Plan>
  walk(plan: Plan): Promise<Walked[]>
  /** As the engine does it: last step first, what has a way back. What has none is named. */
  undo(plan: Plan, done: readonly Walked[]): Promise<string[]>
  /** What is there of the chain. */
  there(): Promise<Record<string, string>>
}

export const cleanUpStage = async (
  { application }: EkmWorld,
  { server }: Chain,
  hosts: PowerShellHosts = noHosts,
): Promise<CleanUpStage> => {
  const opened = await server.open()
  const verdicts = createVerdicts({ open: () => server.open() })
  const stage = stepStage(opened, cleanUp.steps, { secret: application.secret })
  stage.around.verdicts = verdicts
  stage.around.hosts = hosts
  const reader = planReader(() => server.open(), { verdicts, hosts })
  const answers: Answers = {
    target: server.ref.id,
    scope: 'key',
    key: 'tde',
    keyLogin: 'tde_login',
    credential: 'tde_cred',
    parts: ['mapping', 'login', 'key'],
    confirmation: 'tde',
  }
  const result: CleanUpStage = {
    answers,
    stage,
    review: async (changes = {}) => {
      const draft = cleanUp.parse({ ...answers, ...changes })
      return cleanUp.plan(draft, await cleanUp.readFacts(draft, reader), asRunId('k7f3ab2cdefg'))
    },
    plan: async (changes) => {
      const { plan, advice } = await result.review(changes)
      if (advice.blockers.length > 0) throw new Error(JSON.stringify(advice.blockers))
      return plan
    },
    walk: async ({ steps }) => {
      const done: Walked[] = []
      stage.around.earlier.length = 0
      for (const step of steps) done.push(await stage.walk(step))
      return done
    },
    undo: async ({ steps }, done) => {
      const stays: string[] = []
      for (const walked of [...done].toReversed()) {
        const { undo } = walked.step
        const later = undo.can === 'until' ? steps[undo.beforeStep - 1] : undefined
        const tooLate = later !== undefined && done.some(({ step }) => step.id === later.id)
        if (undo.can === false || tooLate) stays.push(walked.step.kind)
        else await stage.undo(walked)
      }
      return stays
    },
    there: async () => {
      const names = async (query: string): Promise<string> =>
        (await server.rows(query)).map((row) => String(row['name'])).join(',')
      return {
        logins: await names("SELECT name FROM sys.server_principals WHERE type = 'K' ORDER BY name"),
        keys: await names('SELECT name FROM master.sys.asymmetric_keys ORDER BY name'),
        credentials: await names('SELECT name FROM sys.credentials ORDER BY name'),
        held: await names(
          'SELECT l.name AS name FROM sys.server_principal_credentials AS s JOIN sys.server_principals AS l ON l.principal_id = s.principal_id ORDER BY l.name',
        ),
        providers: await names('SELECT name FROM sys.cryptographic_providers ORDER BY name'),
        option: await names(
          "SELECT CAST(CAST(value_in_use AS int) AS nvarchar(1)) AS name FROM sys.configurations WHERE name = 'EKM provider enabled'",
        ),
      }
    },
  }
  return result
}

export const stepNamed = (plan: Plan, kind: string): PlannedStep => {
  const found = plan.steps.find((step) => step.kind === kind)
  if (found === undefined) throw new Error(`the plan has no ${kind}`)
  return found
}

export const nothing: Json = null
