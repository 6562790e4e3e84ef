import { describe, expect, it } from 'vitest'
import { asTargetId } from '../../../shared/model/ids.ts'
import type { PlannedStep, PlanTarget } from '../../../shared/model/plan.ts'
import type { TargetRef } from '../../../shared/model/target.ts'
import type { Job, StepContext } from '../../../electron/engine/contract.ts'
import type { AzurePorts } from '../../../electron/ports/azure.ts'
import type { AzureControl } from '../../../electron/ports/azure-control.ts'
import type { KeyVault } from '../../../electron/ports/key-vault.ts'
import { noAzure } from '../../support/no-azure.ts'
import { approveAndStart, houseOf, openHouse, refusal, runToRest } from './fakes/house.ts'
import { fakeJob } from './fakes/job.ts'
import { FakeServer } from './fakes/world.ts'

const ref: TargetRef = {
  id: asTargetId('t-azureaaaaaaa'),
  kind: 'azure',
  name: 'Contoso production',
  environment: 'production',
}
const identity = {
  tenantId: '11111111-1111-4111-8111-111111111111',
  subscriptionId: '22222222-2222-4222-8222-222222222222',
}

const principal: AzureControl['principal'] = {
  tenantId: identity.tenantId,
  objectId: '33333333-3333-4333-8333-333333333333',
  applicationId: null,
  kind: 'user',
  name: 'j.ortiz@contoso.example',
}

/** A subscription that knows only who it is: what a step does there is the test's own affair. */
const subscription = (now: () => typeof identity): AzurePorts => ({
  ...noAzure,
  controls: {
    open: async (target) => {
      const control: Pick<AzureControl, 'ref' | 'identity' | 'principal'> = {
        ref: target,
        identity: now(),
        principal,
      }
      return control as AzureControl
    },
  },
})

const step: PlannedStep = {
  id: 's01',
  kind: 'make',
  target: ref,
  title: 'Make a group',
  now: 'not there',
  after: 'there',
  scripts: [],
  params: null,
  permission: 'none',
  undo: { can: false, because: 'it stays' },
  resume: 'named',
  stopNow: null,
}

const jobThere = (
  apply: (ctx: StepContext) => Promise<void>,
  where: { ref: TargetRef; identity: PlanTarget['identity'] } = { ref, identity },
): Job => ({
  ...fakeJob(new FakeServer('SQLTEST'), []).job,
  plan: (_draft, _facts, runId) => ({
    plan: {
      format: 1,
      job: 'encrypted-backup',
      runId,
      title: 'Make a group',
      targets: [where],
      steps: [{ ...step, target: where.ref }],
      secrets: [],
      relied: [],
    },
    advice: { satisfied: [], blockers: [], warnings: [], notes: [], factsAt: '2026-11-25T10:00:00.000Z' },
  }),
  steps: {
    make: {
      check: async () => ({ state: 'needed', before: null }),
      apply,
      verify: async () => ({ evidence: [], proofs: [] }),
    },
  },
})

const houseWith = (apply: (ctx: StepContext) => Promise<void>, now = () => identity) => {
  const server = new FakeServer('SQLTEST')
  const house = houseOf(fakeJob(server, []), server)
  return openHouse(house, { jobs: [jobThere(apply)], azure: subscription(now) })
}

describe('a run on Azure', () => {
  it('opens the subscription, names who signed in, and needs no SQL Server', async () => {
    const opened: string[] = []
    const { engine } = houseWith(async (ctx) => {
      opened.push((await ctx.azure.controls.open(ctx.step.target)).identity.subscriptionId)
    })
    const run = await runToRest(engine)
    expect(run.state).toBe('verified')
    expect(run.principal).toBe(
      'j.ortiz@contoso.example (object 33333333-3333-4333-8333-333333333333) on Contoso production',
    )
    expect(opened).toEqual([identity.subscriptionId])
  })

  it('does not begin where another subscription answers than the plan was made for', async () => {
    let answers = identity
    const { engine } = houseWith(
      async () => undefined,
      () => answers,
    )
    const { digest } = await engine.review('encrypted-backup', {})
    answers = { ...identity, subscriptionId: '44444444-4444-4444-8444-444444444444' }
    const refused = await refusal(engine.start({ digest, ticket: 'CHG-1', reason: 'Because' }))
    expect(refused.code).toBe('azure-identity-changed')
    expect(refused.title).toContain('Contoso production')
    expect(refused.title).toContain(
      `subscriptionId was ${identity.subscriptionId}, is 44444444-4444-4444-8444-444444444444`,
    )
  })

  it('does not begin where another vault answers under the same name', async () => {
    const vault: TargetRef = { ...ref, kind: 'keyvault', name: 'ktr-vault' }
    const planned = {
      host: 'ktr-vault.vault.azure.net',
      tenantId: identity.tenantId,
      resourceId: '/vaults/one',
    }
    const server = new FakeServer('SQLTEST')
    const house = houseOf(fakeJob(server, []), server)
    const { engine } = openHouse(house, {
      jobs: [jobThere(async () => undefined, { ref: vault, identity: planned })],
      azure: {
        ...noAzure,
        vaults: {
          ...noAzure.vaults,
          open: async (target) =>
            ({ ref: target, identity: { ...planned, resourceId: '/vaults/two' }, principal }) as KeyVault,
        },
      },
    })
    const { digest } = await engine.review('encrypted-backup', {})
    const refused = await refusal(engine.start({ digest, ticket: 'CHG-1', reason: 'Because' }))
    expect(refused.code).toBe('vault-identity-changed')
    expect(refused.title).toContain('resourceId was /vaults/one, is /vaults/two')
  })

  it('fails as a bug where its step asks for a SQL Server', async () => {
    const { engine } = houseWith(async (ctx) => void ctx.sql)
    const run = await engine.settled(await approveAndStart(engine))
    expect(run.steps[0]?.problem?.code).toBe('internal')
  })
})
