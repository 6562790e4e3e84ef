import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { probePoints, type EngineProbe } from '../../../electron/engine/engine-deps.ts'
import type { RunId } from '../../../shared/model/ids.ts'
import { bury, deathAt } from './fakes/crash.ts'
import {
  approveAndStart,
  houseOf,
  kindsOf,
  openHouse,
  refusal,
  runToRest,
  statesOf,
  type House,
} from './fakes/house.ts'
import { failWith, fakeJob } from './fakes/job.ts'
import { FakeServer } from './fakes/world.ts'

const threeSteps = (secret?: string): House => {
  const server = new FakeServer('SQL-01')
  const b = secret === undefined ? { name: 'b' } : { name: 'b', secret }
  return houseOf(fakeJob(server, [{ name: 'a' }, b, { name: 'c' }]), server)
}

const dieAt = async (house: House, point: (typeof probePoints)[number], step: string): Promise<RunId> => {
  const death = deathAt(point, step)
  const { engine, record } = openHouse(house, { probe: death.probe })
  const run = await approveAndStart(engine)
  await death.dead
  record.close()
  bury(house)
  return run
}

describe('after the process died', () => {
  test.each(probePoints)(
    '%s: the run is interrupted, nothing is sent, resuming makes nothing twice',
    async (point) => {
      const house = threeSteps()
      const run = await dieAt(house, point, 's02')
      const callsBefore = house.fake.calls.length

      const { engine, record } = openHouse(house)
      expect(engine.get(run)).toMatchObject({ state: 'interrupted', choices: ['resume', 'undo', 'leave'] })
      expect(house.fake.calls).toHaveLength(callsBefore)
      expect(house.server.connections).toEqual([])
      expect(kindsOf(record, run).at(-1)).toBe('run-interrupted')

      await engine.resume(run)
      const view = await engine.settled(run)
      expect(view.state).toBe('verified')
      expect(statesOf(view)).toEqual(['verified', 'verified', 'verified'])
      expect([...house.server.made.entries()]).toEqual([
        ['a', 1],
        ['b', 1],
        ['c', 1],
      ])
      expect(record.verifyChain().unbroken).toBe(true)
      expect(record.runs('undecided')).toEqual([])
    },
  )

  test('an effect that is there without an outcome is read back, not made again, and that is said', async () => {
    const house = threeSteps()
    const run = await dieAt(house, 'after-apply', 's02')
    const { engine } = openHouse(house)
    expect(engine.get(run).steps[1]?.state).toBe('not-verified')
    await engine.resume(run)
    const { steps } = await engine.settled(run)
    expect(steps[1]?.messages.at(-1)).toBe('Found done after the interruption; not applied again')
    expect(steps[1]?.evidence).toHaveLength(1)
    expect(house.fake.calls.filter((call) => call === 'apply b')).toHaveLength(1)
  })

  test('the check after a restart gets what was read before the intent', async () => {
    const house = threeSteps()
    const run = await dieAt(house, 'after-apply', 's02')
    const seen: unknown[] = []
    house.fake.hooks.set('check b', ({ before, attempt }) => void seen.push({ before, attempt }))
    house.fake.hooks.set('verify b', ({ before }) => void seen.push(before))
    const { engine } = openHouse(house)
    await engine.resume(run)
    await engine.settled(run)
    expect(seen).toEqual([{ before: { there: false }, attempt: 1 }, { there: false }])
  })

  test('no second engine start adds another "interrupted" entry', async () => {
    const house = threeSteps()
    const run = await dieAt(house, 'after-intent', 's01')
    openHouse(house).record.close()
    const { record } = openHouse(house)
    expect(kindsOf(record, run).filter((kind) => kind === 'run-interrupted')).toHaveLength(1)
  })

  test('new runs on that server are refused until it is decided', async () => {
    const house = threeSteps()
    const run = await dieAt(house, 'after-intent', 's02')
    const { engine } = openHouse(house)
    expect((await refusal(approveAndStart(engine))).code).toBe('run-interrupted-undecided')
    await engine.leave(run, 'Looked at the server by hand')
    house.server.effects = []
    expect((await runToRest(engine)).state).toBe('verified')
  })

  test('resuming needs the keyring when the plan has secrets', async () => {
    const house = threeSteps('dmk_password')
    const run = await dieAt(house, 'after-intent', 's02')
    house.keyring.state = 'locked'
    const { engine } = openHouse(house)
    expect((await refusal(engine.resume(run))).code).toBe('run-needs-unlock')
    expect(engine.get(run).state).toBe('interrupted')
    house.keyring.unlock()
    await engine.resume(run)
    expect((await engine.settled(run)).state).toBe('verified')
    expect(house.keyring.sealed.size).toBe(0)
  })

  test('secrets that were sealed for a run that never began are erased', async () => {
    const house = threeSteps('dmk_password')
    house.keyring.sealed.set('neverbegan22' as RunId, ['dmk_password'])
    const run = await dieAt(house, 'after-intent', 's02')
    openHouse(house)
    await expect.poll(() => [...house.keyring.sealed.keys()]).toEqual([run])
  })

  test('waits for what an earlier attempt still does on the server, then looks again', async () => {
    const house = threeSteps()
    const run = await dieAt(house, 'after-intent', 's02')
    const old = house.server.leaveAtWork(`Keyturn run ${run.slice(0, 8)}`, 'BACKUP DATABASE')
    house.server.leaveAtWork('Keyturn run otherrun', 'BACKUP DATABASE')
    let pauses = 0
    const said: string[] = []
    const { engine } = openHouse(house, {
      pause: async (ms) => {
        house.clock.advance(ms)
        pauses += 1
        said.push(engine.get(run).steps[1]?.progress?.message ?? '')
        if (pauses < 3) return
        house.server.make('b', run)
        house.server.end(old)
      },
    })
    await engine.resume(run)
    expect((await engine.settled(run)).state).toBe('verified')
    expect(pauses).toBe(3)
    expect(said[0]).toBe(
      `Waiting for session ${old.spid} of an earlier attempt of this run (BACKUP DATABASE) on SQL-01 to end`,
    )
    expect(house.server.made.get('b')).toBe(1)
  })

  test('an earlier attempt that does not end is named, and the run waits for a person', async () => {
    const house = threeSteps()
    const run = await dieAt(house, 'after-intent', 's02')
    house.server.leaveAtWork(`Keyturn run ${run.slice(0, 8)}`, 'BACKUP DATABASE')
    const { engine } = openHouse(house, { oldSessionWaitMs: 5_000 })
    await engine.resume(run)
    const view = await engine.settled(run)
    expect(view.state).toBe('waiting-for-decision')
    expect(view.steps[1]?.problem?.title).toMatch(/held by another run: session \d+ of an earlier attempt/)
    expect(house.server.has('b')).toBeUndefined()
  })

  test('a login that may not see sessions is told so, and the lock has to do', async () => {
    const house = threeSteps()
    const run = await dieAt(house, 'after-intent', 's02')
    house.server.statesVisible = false
    const { engine } = openHouse(house)
    const said = new Set<string | undefined>()
    engine.events.on('run-changed', (view) => void said.add(view.steps[1]?.progress?.message))
    house.fake.hooks.set('check b', () => void said.add(engine.get(run).steps[1]?.messages.at(-1)))
    await engine.resume(run)
    expect((await engine.settled(run)).state).toBe('verified')
    expect([...said]).toContain(
      'Sessions of an earlier attempt are not visible with this login on SQL-01; the lock decides',
    )
  })

  test('a step that can only be begun anew says that its attempt is void', async () => {
    const server = new FakeServer('SQL-01')
    const house = houseOf(fakeJob(server, [{ name: 'a', resume: 'restart-only' }]), server)
    const run = await dieAt(house, 'after-intent', 's01')
    const { engine, record } = openHouse(house)
    await engine.resume(run)
    const view = await engine.settled(run)
    expect(view.state).toBe('verified')
    expect(view.steps[0]?.messages).toContain('Attempt 1 is void; the step starts from its beginning')
    expect(kindsOf(record, run)).toContain('step-voided')
  })

  test('a server that does not answer at the resume: the run waits, and a retry goes on', async () => {
    const house = threeSteps()
    const run = await dieAt(house, 'after-intent', 's02')
    const { servers } = house
    house.servers = []
    const { engine, record } = openHouse(house)
    await engine.resume(run)
    expect((await engine.settled(run)).steps[1]?.problem?.code).toBe('sql-unreachable')
    record.close()
    house.servers = servers
    const later = openHouse(house).engine
    await later.retry(run)
    expect((await later.settled(run)).state).toBe('verified')
  })

  test('an undo can be chosen instead of resuming', async () => {
    const house = threeSteps()
    const run = await dieAt(house, 'after-apply', 's02')
    const { engine } = openHouse(house)
    await engine.undo(run)
    const view = await engine.settled(run)
    expect(view.state).toBe('undone')
    expect(statesOf(view)).toEqual(['undone', 'undone', 'not-reached'])
    expect(house.server.effects).toEqual([])
  })

  test.each(['before-intent', 'after-intent', 'after-apply', 'before-outcome', 'after-outcome'] as const)(
    'an undo that dies %s goes on as an undo',
    async (point) => {
      const house = threeSteps()
      house.fake.hooks.set('apply c', failWith('sql-refused'))
      const death = deathAt(point, 'undo:s02')
      const first = openHouse(house, { probe: death.probe })
      const { id } = await runToRest(first.engine)
      await first.engine.undo(id)
      await death.dead
      first.record.close()
      bury(house)

      const { engine, record } = openHouse(house)
      expect(engine.get(id)).toMatchObject({ state: 'interrupted', choices: ['undo', 'leave'] })
      await engine.resume(id)
      const view = await engine.settled(id)
      expect(view.state).toBe('undone')
      expect(house.server.effects).toEqual([])
      expect(statesOf(view)).toEqual(['undone', 'undone', 'undone'])
      expect(record.verifyChain().unbroken).toBe(true)
    },
  )
})

describe('any series of deaths', () => {
  const points = fc.constantFrom(...probePoints)
  const steps = fc.constantFrom('s01', 's02', 's03')
  const deaths = fc.array(fc.record({ point: points, step: steps }), { maxLength: 6 })
  /** Whether an apply that dies half way had its effect on the server. */
  const lossy = fc.array(fc.boolean(), { minLength: 8, maxLength: 8 })

  test('ends with each effect made once, each step read back, and an unbroken chain', async () => {
    await fc.assert(
      fc.asyncProperty(deaths, lossy, async (series, losses) => {
        const house = threeSteps()
        const lost = [...losses]
        house.fake.hooks.set('apply b', () => {
          if (lost.pop() !== true) return
          house.server.remove('b')
          house.server.made.set('b', 0)
          return failWith('sql-lost')({} as never)
        })
        let run: RunId | null = null
        for (const { point, step } of series) {
          const death = deathAt(point, step)
          const { engine, record } = openHouse(house, { probe: death.probe })
          if (run !== null && engine.get(run).choices.length === 0) {
            record.close()
            break
          }
          run = await goOn(engine, run)
          await Promise.race([death.dead, engine.settled(run)])
          record.close()
          bury(house)
        }
        const end = openHouse(house)
        run ??= await approveAndStart(end.engine)
        await end.engine.settled(run)
        for (let tries = 0; end.engine.get(run).choices.length > 0 && tries < 20; tries += 1) {
          await goOn(end.engine, run)
          await end.engine.settled(run)
        }
        const view = end.engine.get(run)
        const check = end.record.verifyChain()
        const locked = end.record.lockHolder(house.server.ref.id)
        end.record.close()
        expect(view.state).toBe('verified')
        expect(statesOf(view)).toEqual(['verified', 'verified', 'verified'])
        expect(['a', 'b', 'c'].map((name) => house.server.made.get(name))).toEqual([1, 1, 1])
        expect(house.server.effects.map(({ name }) => name).sort()).toEqual(['a', 'b', 'c'])
        expect(check.unbroken).toBe(true)
        expect(locked).toBeNull()
      }),
      { numRuns: 60 },
    )
  })
})

const goOn = async (engine: ReturnType<typeof openHouse>['engine'], run: RunId | null): Promise<RunId> => {
  if (run === null) return approveAndStart(engine)
  if (engine.get(run).choices.includes('retry')) await engine.retry(run)
  else if (engine.get(run).choices.includes('resume')) await engine.resume(run)
  return run
}

test('a probe that waits for nothing changes nothing', async () => {
  const seen: string[] = []
  const probe: EngineProbe = { at: (point, step) => void seen.push(`${point} ${step}`) }
  const house = threeSteps()
  await runToRest(openHouse(house, { probe }).engine)
  expect(seen).toEqual(
    ['s01', 's02', 's03'].flatMap((step) => probePoints.map((point) => `${point} ${step}`)),
  )
})
