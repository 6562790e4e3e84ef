import type { Job } from '../../../electron/engine/contract.ts'
import { describe, expect, test } from 'vitest'
import { approveAndStart, gate, houseOf, kindsOf, openHouse, refusal, runToRest } from './fakes/house.ts'
import { fakeJob } from './fakes/job.ts'
import { FakeServer } from './fakes/world.ts'

const threeSteps = () => {
  const server = new FakeServer('SQL-01')
  return houseOf(fakeJob(server, [{ name: 'a' }, { name: 'b' }, { name: 'c' }]), server)
}

describe('what is refused before anything runs', () => {
  test('a plan that nobody reviewed, a used one, and one that is older than 30 minutes', async () => {
    const house = threeSteps()
    const { engine } = openHouse(house)
    const { digest } = await engine.review('encrypted-backup', {})
    const request = { digest, ticket: '1', reason: 'r' }
    house.clock.advance(30 * 60_000)
    expect((await refusal(engine.start(request))).code).toBe('plan-unknown')
    const fresh = await engine.review('encrypted-backup', {})
    const run = await engine.start({ ...request, digest: fresh.digest })
    await engine.settled(run)
    expect((await refusal(engine.start({ ...request, digest: fresh.digest }))).code).toBe('plan-unknown')
  })

  test('a plan is good until its last second', async () => {
    const house = threeSteps()
    const { engine } = openHouse(house)
    const { digest } = await engine.review('encrypted-backup', {})
    house.clock.advance(30 * 60_000 - 1)
    await expect(engine.start({ digest, ticket: '1', reason: 'r' })).resolves.toHaveLength(12)
  })

  test.each([
    ['', 'why', ['ticket']],
    ['CHG-1', '  ', ['reason']],
    [' ', '', ['ticket', 'reason']],
  ])('ticket “%s” with reason “%s”', async (ticket, reason, fields) => {
    const { engine } = openHouse(threeSteps())
    const { digest } = await engine.review('encrypted-backup', {})
    await expect(engine.start({ digest, ticket, reason })).rejects.toMatchObject({
      code: 'run-needs-ticket',
      problem: { fields: fields.map((field) => expect.objectContaining({ field })) },
    })
  })

  test('blockers', async () => {
    const { engine } = openHouse(threeSteps())
    expect((await refusal(approveAndStart(engine, 'blocked'))).code).toBe('plan-blocked')
  })

  test('drift: names what changed, voids the approval, sends nothing, gives the lock back', async () => {
    const house = threeSteps()
    const { engine, record } = openHouse(house)
    const { digest } = await engine.review('encrypted-backup', {})
    house.server.fact = 'two'
    const request = { digest, ticket: '1', reason: 'r' }
    expect(await refusal(engine.start(request))).toMatchObject({
      code: 'plan-drifted',
      title: 'The target changed since this plan was made: Mood of SQL-01 was one, is two',
    })
    expect((await refusal(engine.start(request))).code).toBe('plan-unknown')
    expect(house.server.received).toEqual([])
    expect(house.server.holder).toBeNull()
    expect(kindsOf(record)).toEqual(['signing-began', 'refused', 'refused'])
  })

  test('midnight between review and start is no drift: the day is that of the plan', async () => {
    const house = threeSteps()
    const read: string[] = []
    house.fake.job = datedJob(house.fake.job, (at) => read.push(at))
    const { engine } = openHouse(house)
    house.clock.advance(15 * 3_600_000 + 50 * 60_000)
    const { plan, digest } = await engine.review('encrypted-backup', {})
    expect(plan.title).toBe('Made on 2026-11-22')
    house.clock.advance(20 * 60_000)
    const run = await engine.start({ digest, ticket: '1', reason: 'r' })
    expect((await engine.settled(run)).title).toBe('Made on 2026-11-22')
    // What is read is read at its own time all the same.
    expect(read).toEqual(['2026-11-22T23:50:00.000Z', '2026-11-23T00:10:00.000Z'])
    expect((await engine.review('encrypted-backup', {})).plan.title).toBe('Made on 2026-11-23')
  })

  test('another server behind the same name', async () => {
    const house = threeSteps()
    const { engine } = openHouse(house)
    const { digest } = await engine.review('encrypted-backup', {})
    house.server.identity = { ...house.server.identity, machineName: 'OTHER' }
    expect(await refusal(engine.start({ digest, ticket: '1', reason: 'r' }))).toMatchObject({
      code: 'sql-identity-changed',
      title: expect.stringContaining('machineName was SQL-01, is OTHER'),
    })
  })

  test('a refusal is an entry of the record', async () => {
    const { engine, record } = openHouse(threeSteps())
    await refusal(approveAndStart(engine, 'blocked'))
    const [row] = record.page({ offset: 0, limit: 1, order: 'newest-first' }).rows
    expect(row).toMatchObject({
      kind: 'refused',
      outcome: 'refused',
      body: { problem: { code: 'plan-blocked' } },
    })
    expect(row?.sentence).toBe('Refused: start a run. The plan has 1 blockers')
  })
})

describe('locks', () => {
  test('two engines on one server: the second names the holder', async () => {
    const server = new FakeServer('SQL-01')
    const one = houseOf(fakeJob(server, [{ name: 'a' }]), server)
    const other = houseOf(fakeJob(server, [{ name: 'b' }]), server)
    const hold = gate()
    one.fake.hooks.set('apply a', hold.wait)
    const { engine } = openHouse(one)
    const run = await approveAndStart(engine)
    await hold.reached
    const second = openHouse(other).engine
    expect(await refusal(approveAndStart(second))).toEqual({
      code: 'run-target-locked',
      title: `SQL-01 is held by another run: Keyturn run ${run.slice(0, 8)}, on DESK-02, login kt_operator`,
    })
    hold.open()
    await engine.settled(run)
    expect((await runToRest(second)).state).toBe('verified')
  })

  test('a holder that the login may not see is said to be not visible', async () => {
    const house = threeSteps()
    house.server.holder = house.server.leaveAtWork('somebody', 'BACKUP DATABASE')
    house.server.statesVisible = false
    expect((await refusal(approveAndStart(openHouse(house).engine))).title).toBe(
      'SQL-01 is held by another run: not visible with this login',
    )
  })

  test('one engine: a second run on the same server waits for nothing and starts nothing', async () => {
    const house = threeSteps()
    const { engine } = openHouse(house)
    const hold = gate()
    house.fake.hooks.set('apply a', hold.wait)
    const run = await approveAndStart(engine)
    await hold.reached
    expect((await refusal(approveAndStart(engine))).code).toBe('run-target-locked')
    hold.open()
    await engine.settled(run)
  })

  test('of two starts of one approval at the same moment, one runs', async () => {
    const house = threeSteps()
    const { engine } = openHouse(house)
    const { digest } = await engine.review('encrypted-backup', {})
    const request = { digest, ticket: '1', reason: 'r' }
    const both = await Promise.allSettled([engine.start(request), engine.start(request)])
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    await Promise.all(engine.list().map(({ id }) => engine.settled(id)))
    expect(house.server.made.get('a')).toBe(1)
  })

  test('all servers or none: the first is given back when the second is held', async () => {
    const first = new FakeServer('SQL-01')
    const second = new FakeServer('SQL-02')
    second.holder = second.leaveAtWork('Keyturn run other', 'BACKUP DATABASE')
    const house = houseOf(fakeJob(second, [{ name: 'a' }, { name: 'b', server: first }]), second, first)
    expect((await refusal(approveAndStart(openHouse(house).engine))).code).toBe('run-target-locked')
    expect(first.holder).toBeNull()
  })

  test('a lock that was lost on the way is taken again before the next step', async () => {
    const house = threeSteps()
    const { engine } = openHouse(house)
    let holder: string | undefined
    house.fake.hooks.set('verify a', () => house.server.dropConnections())
    house.fake.hooks.set('apply b', () => void (holder = house.server.holder?.program))
    expect((await runToRest(engine)).state).toBe('verified')
    expect(holder).toMatch(/^Keyturn run /)
  })

  test('a lock that somebody else took on the way stops the run before the next step', async () => {
    const house = threeSteps()
    const { engine } = openHouse(house)
    house.fake.hooks.set('verify a', () => {
      house.server.dropConnections()
      house.server.holder = house.server.leaveAtWork('Keyturn run zzzzzzzz', 'BACKUP DATABASE')
    })
    const view = await runToRest(engine)
    expect(view.state).toBe('waiting-for-decision')
    expect(view.steps[1]?.problem?.code).toBe('run-target-locked')
    expect(house.server.has('b')).toBeUndefined()
  })
})

/** A job that names the day of its plan, as file names do. */
const datedJob = (job: Job, read: (at: string) => void): Job => ({
  ...job,
  readFacts: async (draft, reader) => {
    read(reader.clock.now().toISOString())
    return { moods: await job.readFacts(draft, reader), day: reader.plannedAt.toISOString().slice(0, 10) }
  },
  plan: (draft, facts, runId) => {
    const { moods, day } = facts as { moods: unknown; day: string }
    const { plan, advice } = job.plan(draft, moods, runId)
    return { plan: { ...plan, title: `Made on ${day}` }, advice }
  },
})
