import { expect, test } from 'vitest'
import { asHandleId, asTargetId } from '../../../shared/model/ids.ts'
import type { PlannedStep } from '../../../shared/model/plan.ts'
import type { TargetRef } from '../../../shared/model/target.ts'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { Job, StepHandler } from '../../../electron/engine/contract.ts'
import type { HsmToken } from '../../../electron/ports/hsm.ts'
import type { HsmTargets, OpenHsm } from '../../../electron/ports/hsm-targets.ts'
import { gate, houseOf, openHouse, runToRest } from './fakes/house.ts'
import { fakeJob } from './fakes/job.ts'
import { FakeServer } from './fakes/world.ts'

const ref: TargetRef = { id: asTargetId('t-token'), kind: 'hsm', name: 'token-1', environment: 'test' }
const identity = { serial: '1234', manufacturer: 'Maker', model: 'Model' }

const tokens = () => {
  const seen = { logIns: 0, open: 0 }
  const open = async (): Promise<OpenHsm> => {
    let loggedIn = false
    seen.open += 1
    const token: Partial<HsmToken> = {
      find: async () => {
        if (!loggedIn) throw new KeyturnError('hsm-not-logged-in', { token: ref.name, what: 'looking' })
        return []
      },
    }
    const one: Partial<OpenHsm> = {
      ref,
      token: token as HsmToken,
      identity,
      logIn: async () => {
        seen.logIns += 1
        loggedIn = true
      },
      close: async () => void (seen.open -= 1),
    }
    return one as OpenHsm
  }
  const hsms: HsmTargets = { open, keptPin: () => null }
  return { seen, hsms }
}

const step = (id: string): PlannedStep => ({
  id,
  kind: 'make',
  target: ref,
  title: `Make ${id}`,
  now: 'not there',
  after: 'there',
  scripts: [],
  params: null,
  permission: 'none',
  undo: { can: true, action: `Destroy ${id}`, script: { language: 'pkcs11', parts: ['C_DestroyObject'] } },
  resume: 'marked',
  stopNow: null,
})

const jobOn = (handler: StepHandler): Job => ({
  ...fakeJob(new FakeServer('SQLTEST'), []).job,
  plan: (_draft, _facts, runId) => ({
    plan: {
      format: 1,
      job: 'encrypted-backup',
      runId,
      title: 'Make keys',
      targets: [{ ref, identity }],
      steps: [step('s01'), step('s02')],
      secrets: [
        {
          hole: 'hsm_pin',
          purpose: 'hsm.pin',
          target: ref,
          handle: asHandleId('h-one'),
          generation: 1,
          label: 'PIN',
        },
      ],
      relied: [],
    },
    advice: { satisfied: [], blockers: [], warnings: [], notes: [], factsAt: '2026-11-25T10:00:00.000Z' },
  }),
  steps: { make: handler },
})

/** Each verb works on the token; the second step fails after its effect, and so does an undo where `fails` says so. */
const stage = (fails: { undo: boolean }, before: () => Promise<void> = async () => undefined) => {
  const { seen, hsms } = tokens()
  const made = new Set<string>()
  const failed = (): never => {
    throw new KeyturnError('hsm-failed', { token: ref.name, what: 'it' })
  }
  const handler: StepHandler = {
    check: async (ctx) => {
      await (await ctx.hsm()).find()
      return made.has(ctx.step.id)
        ? { state: 'satisfied', before: 'seen' }
        : { state: 'needed', before: 'seen' }
    },
    apply: async (ctx) => {
      await (await ctx.hsm()).find()
      made.add(ctx.step.id)
      if (ctx.step.id === 's02') failed()
    },
    verify: async () => ({ evidence: [], proofs: [] }),
    undo: async (ctx) => {
      await (await ctx.hsm()).find()
      await before()
      if (fails.undo) failed()
      made.delete(ctx.step.id)
      return []
    },
  }
  const house = houseOf(fakeJob(new FakeServer('SQLTEST'), []), new FakeServer('SQLTEST'))
  return { ...openHouse(house, { jobs: [jobOn(handler)], hsms }), seen }
}

test('a run that failed keeps no token open', async () => {
  const { engine, seen } = stage({ undo: false })
  const run = await runToRest(engine)
  expect(run.state).toBe('waiting-for-decision')
  expect(seen).toEqual({ logIns: 1, open: 0 })
})

test('an undo that failed keeps no token open either', async () => {
  const { engine, seen } = stage({ undo: true })
  const { id } = await runToRest(engine)
  await engine.undo(id)
  expect((await engine.settled(id)).state).toBe('waiting-for-decision')
  expect(seen.open).toBe(0)
})

test('an undo that was stopped keeps no token open', async () => {
  const held = gate()
  const { engine, seen } = stage({ undo: false }, held.wait)
  const { id } = await runToRest(engine)
  await engine.undo(id)
  await held.reached
  engine.stop(id, 'after-step')
  held.open()
  const { state, steps } = await engine.settled(id)
  expect(state).toBe('waiting-for-decision')
  expect(steps.map((one) => one.state)).toEqual(['verified', 'undone'])
  expect(seen.open).toBe(0)
})

test('a look at a step on a token sends no PIN, and says that it did not look and why', async () => {
  const { engine, seen } = stage({ undo: false })
  const { id } = await runToRest(engine)
  const before = seen.logIns
  expect(await engine.look(id)).toMatchObject({
    step: 2,
    target: 'token-1',
    found: 'not-read',
    problem: { code: 'hsm-look-needs-pin' },
  })
  expect(seen).toEqual({ logIns: before, open: 0 })
})
