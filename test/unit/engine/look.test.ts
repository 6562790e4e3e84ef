import { describe, expect, test } from 'vitest'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { RunId } from '../../../shared/model/ids.ts'
import { bury, deathAt } from './fakes/crash.ts'
import {
  approveAndStart,
  gate,
  houseOf,
  kindsOf,
  openHouse,
  refusal,
  runToRest,
  type House,
} from './fakes/house.ts'
import { failWith, fakeJob } from './fakes/job.ts'
import { secretText } from './fakes/keyring.ts'
import { FakeServer } from './fakes/world.ts'

const threeSteps = (secret?: string): House => {
  const server = new FakeServer('SQL-01')
  const b = secret === undefined ? { name: 'b' } : { name: 'b', secret }
  return houseOf(fakeJob(server, [{ name: 'a' }, b, { name: 'c' }]), server)
}

const interruptedAt = async (house: House, point: 'after-intent' | 'after-apply'): Promise<RunId> => {
  const death = deathAt(point, 's02')
  const { engine, record } = openHouse(house, { probe: death.probe })
  const run = await approveAndStart(engine)
  await death.dead
  record.close()
  bury(house)
  return run
}

describe('a look at an interrupted run', () => {
  test.each([
    ['after-intent', 'not-there'],
    ['after-apply', 'there'],
  ] as const)('killed %s: the effect is %s, as the target says now', async (point, found) => {
    const house = threeSteps()
    const run = await interruptedAt(house, point)
    const { engine } = openHouse(house)
    house.clock.advance(60_000)
    expect(await engine.look(run)).toEqual({
      step: 2,
      target: 'SQL-01',
      at: house.clock.now().toISOString(),
      found,
      problem: null,
      note: null,
    })
  })

  test('reads and nothing else: no lock, no entry, no connection left, the run as it was', async () => {
    const house = threeSteps('pw')
    const run = await interruptedAt(house, 'after-apply')
    const { engine, record } = openHouse(house)
    const before = {
      view: engine.get(run),
      kinds: kindsOf(record, run),
      received: [...house.server.received],
    }
    const calls = house.fake.calls.length
    await engine.look(run)
    await engine.look(run)
    expect(house.fake.calls.slice(calls)).toEqual(['check b', 'check b'])
    expect({ view: engine.get(run), kinds: kindsOf(record, run), received: house.server.received }).toEqual(
      before,
    )
    expect(house.server.connections).toEqual([])
    expect(house.server.holder).toBeNull()
  })

  test('says that somebody else made what is there', async () => {
    const house = threeSteps()
    const run = await interruptedAt(house, 'after-intent')
    house.server.make('b', 'stranger')
    const { engine } = openHouse(house)
    expect(await engine.look(run)).toMatchObject({ found: 'foreign', problem: { code: 'sql-exists' } })
  })

  test('a target that does not answer is said, with the problem', async () => {
    const house = threeSteps()
    const run = await interruptedAt(house, 'after-apply')
    const gone = { ...house, servers: [] }
    const { engine } = openHouse(gone)
    expect(await engine.look(run)).toMatchObject({
      step: 2,
      found: 'not-read',
      problem: { code: 'sql-unreachable' },
    })
  })

  test('an earlier session that is still at work is named, and the step is not asked about', async () => {
    const house = threeSteps()
    const run = await interruptedAt(house, 'after-intent')
    house.server.leaveAtWork(`Keyturn run ${run.slice(0, 8)}`, 'BACKUP DATABASE')
    const { engine } = openHouse(house)
    const calls = house.fake.calls.length
    expect(await engine.look(run)).toMatchObject({
      found: 'at-work',
      note: expect.stringMatching(
        /^session \d+ of an earlier attempt of this run \(BACKUP DATABASE\)$/,
      ) as string,
    })
    expect(house.fake.calls).toHaveLength(calls)
  })

  test('a secret in what the target says does not come out', async () => {
    const house = threeSteps('pw')
    const run = await interruptedAt(house, 'after-apply')
    const { engine } = openHouse(house)
    house.fake.hooks.set('check b', () => {
      throw new KeyturnError('sql-exists', { what: `value ${secretText}`, target: 'x' })
    })
    const look = await engine.look(run)
    expect(look.found).toBe('not-read')
    expect(JSON.stringify(look)).not.toContain(secretText)
  })

  test('a run that is under way is not looked at, nor one that has ended, nor one that never was', async () => {
    const house = threeSteps()
    const { engine } = openHouse(house)
    const held = gate()
    house.fake.hooks.set('apply b', held.wait)
    const run = await approveAndStart(engine)
    await held.reached
    expect(await refusal(engine.look(run))).toMatchObject({ code: 'run-state' })
    held.open()
    await engine.settled(run)
    expect(await refusal(engine.look(run))).toMatchObject({ code: 'run-state' })
    expect(await refusal(engine.look('nobody' as RunId))).toMatchObject({ code: 'not-found' })
  })

  test('a run that waits after a failure can be looked at; its own lock is no earlier attempt', async () => {
    const house = threeSteps()
    const { engine } = openHouse(house)
    house.fake.hooks.set('apply b', failWith('sql-timeout'))
    const view = await runToRest(engine)
    expect(view.state).toBe('waiting-for-decision')
    expect(await engine.look(view.id)).toMatchObject({ step: 2, found: 'there' })
  })
})
