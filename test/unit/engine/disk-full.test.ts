import type { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { bury, deathAt } from './fakes/crash.ts'
import { approveAndStart, houseOf, kindsOf, openHouse, refusal, runToRest, statesOf } from './fakes/house.ts'
import { fakeJob } from './fakes/job.ts'
import { sayMuch, smallDisk } from './fakes/small-disk.ts'
import { FakeServer } from './fakes/world.ts'

const house = () => {
  const server = new FakeServer('SQL-01')
  return houseOf(fakeJob(server, [{ name: 'a' }, { name: 'b' }, { name: 'c' }]), server)
}

/** A run during whose first step the disk becomes full. */
const filledDuringStepA = async (spare: number) => {
  const made = house()
  const disk = smallDisk(spare)
  const open = openHouse(made, {}, disk.options)
  made.fake.hooks.set('apply a', ({ say }) => {
    disk.fill()
    sayMuch(say)
  })
  return { ...made, ...open, disk, view: await runToRest(open.engine) }
}

test('nothing starts where the space for ending a run can’t be reserved', async () => {
  const made = house()
  const disk = smallDisk(100)
  disk.fill()
  const { engine, record } = openHouse(made, {}, disk.options)
  expect((await refusal(approveAndStart(engine))).code).toBe('record-unavailable')
  expect(made.server.received).toEqual([])
  expect(made.server.connections).toEqual([])
  expect(record.runs('all')).toEqual([])
})

test('nothing starts where the start itself can’t be recorded, and the reserve is not used for it', async () => {
  const made = house()
  const disk = smallDisk(100)
  const { engine, record } = openHouse(made, {}, disk.options)
  const { digest } = await engine.review('encrypted-backup', {})
  disk.ballast.hold()
  disk.fill()
  const reason = 'r'.repeat(3_900)
  expect((await refusal(engine.start({ digest, ticket: 't'.repeat(3_900), reason }))).code).toBe(
    'record-unavailable',
  )
  expect(made.server.received).toEqual([])
  expect(made.server.holder).toBeNull()
  expect(record.runs('all')).toEqual([])
  disk.free()
  expect((await engine.settled(await engine.start({ digest, ticket: '1', reason: 'r' }))).state).toBe(
    'verified',
  )
})

test('a full disk during a run: the step ends and is recorded, the next one does not begin', async () => {
  const { view, server, record } = await filledDuringStepA(100)
  expect(view.state).toBe('waiting-for-decision')
  expect(statesOf(view)).toEqual(['verified', 'waiting', 'waiting'])
  expect(view.steps[1]?.problem?.code).toBe('record-unavailable')
  expect(view.choices).toEqual(['resume', 'undo', 'leave'])
  expect(server.effects.map(({ name }) => name)).toEqual(['a'])
  expect(kindsOf(record, view.id).slice(-2)).toEqual(['step-outcome', 'run-stopped'])
  expect(record.verifyChain().unbroken).toBe(true)
})

test('while the disk stays full the run can’t go on, but it can be undone', async () => {
  const { view, engine, server } = await filledDuringStepA(100)
  expect((await refusal(engine.resume(view.id))).code).toBe('record-unavailable')
  expect(engine.get(view.id).state).toBe('waiting-for-decision')
  await engine.undo(view.id)
  expect((await engine.settled(view.id)).state).toBe('undone')
  expect(server.effects).toEqual([])
})

test('with space again the run goes on to its end', async () => {
  const { view, engine, disk, fake } = await filledDuringStepA(100)
  fake.hooks.clear()
  disk.free()
  await engine.resume(view.id)
  const after = await engine.settled(view.id)
  expect(after.state).toBe('verified')
  expect(after.steps.map(({ problem }) => problem)).toEqual([null, null, null])
})

test('where even the reserve does not help, the run is interrupted and the effect is found later', async () => {
  const { view, engine, disk, fake, server } = await filledDuringStepA(0)
  expect(view.state).toBe('interrupted')
  expect(view.steps[0]).toMatchObject({ state: 'not-verified', problem: { code: 'record-unavailable' } })
  expect(server.made.get('a')).toBe(1)
  disk.free()
  fake.hooks.clear()
  await engine.resume(view.id)
  expect((await engine.settled(view.id)).state).toBe('verified')
  expect(server.made.get('a')).toBe(1)
})

test('the reserve is held during a run and freed after it', async () => {
  const made = house()
  const disk = smallDisk(100)
  const { engine } = openHouse(made, {}, disk.options)
  let during = false
  made.fake.hooks.set('apply a', () => void (during = disk.ballast.held))
  await runToRest(engine)
  expect({ during, after: disk.ballast.held }).toEqual({ during: true, after: false })
})

test('after a crash on a full disk the run is still shown as interrupted', async () => {
  const made = house()
  const death = deathAt('after-apply', 's01')
  const first = openHouse(made, { probe: death.probe })
  const run = await approveAndStart(first.engine)
  await death.dead
  first.record.close()
  bury(made)
  const opened = (db: DatabaseSync): void => {
    db.exec('PRAGMA query_only = ON')
  }
  const { engine } = openHouse(made, {}, { opened })
  expect(engine.get(run)).toMatchObject({ state: 'interrupted', choices: ['resume', 'undo', 'leave'] })
  expect((await refusal(engine.resume(run))).code).toBe('record-unavailable')
})
