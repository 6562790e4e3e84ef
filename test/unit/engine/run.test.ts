import { describe, expect, test, vi } from 'vitest'
import type { RunView } from '../../../shared/model/plan.ts'
import {
  approveAndStart,
  gate,
  houseOf,
  kindsOf,
  openHouse,
  refusal,
  runToRest,
  statesOf,
} from './fakes/house.ts'
import { failWith, fakeJob } from './fakes/job.ts'
import { secretText } from './fakes/keyring.ts'
import { FakeServer } from './fakes/world.ts'

const threeSteps = () => {
  const server = new FakeServer('SQL-01')
  return houseOf(fakeJob(server, [{ name: 'a' }, { name: 'b' }, { name: 'c' }]), server)
}

describe('a run that nothing disturbs', () => {
  test('applies each step once, reads it back, and says what was not checked', async () => {
    const house = threeSteps()
    const { engine, record } = openHouse(house)
    const view = await runToRest(engine)
    expect(view.state).toBe('verified')
    expect(statesOf(view)).toEqual(['verified', 'verified', 'verified'])
    expect(view.steps[1]?.evidence[0]).toMatchObject({ statement: 'b', value: 'there' })
    expect(view).toMatchObject({ ticket: 'CHG-1', reason: 'Because', choices: [] })
    expect(view.operator).toBe('Ada Example (kt)')
    expect(view.principal).toBe('kt_operator on SQL-01')
    expect(view.notChecked).toEqual(['Nobody looked behind the server.'])
    expect([...house.server.made.values()]).toEqual([1, 1, 1])
    expect(kindsOf(record, view.id)).toEqual([
      'run-approved',
      ...['a', 'b', 'c'].flatMap(() => ['step-intent', 'step-outcome']),
      'run-ended',
    ])
    expect(record.verifyChain()).toMatchObject({ unbroken: true, entries: 9 })
  })

  test('is read once for the list after it has ended, however often that is asked for', async () => {
    const house = threeSteps()
    const { engine, record } = openHouse(house)
    const first = await runToRest(engine)
    const second = await runToRest(engine)
    const read = vi.spyOn(record, 'run')
    for (let asked = 0; asked < 5; asked += 1) {
      expect(engine.list().map(({ id, state }) => [id, state])).toEqual(
        expect.arrayContaining([
          [second.id, 'verified'],
          [first.id, 'verified'],
        ]),
      )
    }
    expect(read).toHaveBeenCalledTimes(2)
  })

  test('records the intent before the effect', async () => {
    const house = threeSteps()
    const { engine, record } = openHouse(house)
    let kinds: string[] = []
    house.fake.hooks.set('apply a', () => void (kinds = kindsOf(record)))
    await runToRest(engine)
    expect(kinds.at(-1)).toBe('step-intent')
  })

  test('gives the server and the target back at its end', async () => {
    const house = threeSteps()
    const { engine, record } = openHouse(house)
    await runToRest(engine)
    expect(house.server.connections).toEqual([])
    expect(record.lockHolder(house.server.ref.id)).toBeNull()
    house.server.effects = []
    expect((await runToRest(engine)).state).toBe('verified')
  })

  test('holds the server under its own program name while it works', async () => {
    const house = threeSteps()
    const { engine } = openHouse(house)
    let program: string | undefined
    house.fake.hooks.set('apply b', () => void (program = house.server.holder?.program))
    const view = await runToRest(engine)
    expect(program).toBe(`Keyturn run ${view.id.slice(0, 8)}`)
  })

  test('reads back what was there already and does not call it its own', async () => {
    const house = threeSteps()
    house.server.make('b', 'an earlier run')
    const { engine, record } = openHouse(house)
    const view = await runToRest(engine)
    expect(statesOf(view)).toEqual(['verified', 'satisfied', 'verified'])
    expect(view.steps[1]?.evidence).toHaveLength(1)
    expect(house.fake.calls).not.toContain('apply b')
    const outcome = record
      .page({ offset: 0, limit: 100, order: 'oldest-first', filter: { kind: ['step-outcome'] } })
      .rows.map((row) => (row.kind === 'step-outcome' ? row.body.how : null))
    expect(outcome).toEqual(['applied', 'already-there', 'applied'])
  })

  test('tells listeners of each state, and a listener that throws disturbs nobody', async () => {
    const { engine } = openHouse(threeSteps())
    const seen: RunView[] = []
    engine.events.on('run-changed', () => {
      throw new Error('a window that went away')
    })
    const off = engine.events.on('run-changed', (view) => void seen.push(view))
    await runToRest(engine)
    expect(seen.at(-1)?.state).toBe('verified')
    expect(new Set(seen.flatMap(statesOf))).toEqual(
      new Set(['waiting', 'checking', 'applying', 'verifying', 'verified']),
    )
    const many = seen.length
    off()
    await runToRest(engine)
    expect(seen).toHaveLength(many)
  })
})

describe('secrets of a run', () => {
  const withSecret = () => {
    const server = new FakeServer('SQL-01')
    return houseOf(fakeJob(server, [{ name: 'a', secret: 'dmk_password' }]), server)
  }

  test('are there for the step, erased and wiped at the end', async () => {
    const house = withSecret()
    const { engine } = openHouse(house)
    let sealed = 0
    let there = false
    house.fake.hooks.set('apply a', (ctx) => {
      sealed = house.keyring.sealed.size
      there = ctx.secrets.get('dmk_password')?.length === secretText.length
    })
    await runToRest(engine)
    expect({ sealed, there, left: house.keyring.sealed.size }).toEqual({ sealed: 1, there: true, left: 0 })
    expect(house.keyring.opened.every((secret) => secret.wiped)).toBe(true)
  })

  test('are taken out of everything that is shown or recorded', async () => {
    const house = withSecret()
    const { engine, record } = openHouse(house)
    house.fake.hooks.set('apply a', (ctx) => {
      ctx.say(`the server repeats: PASSWORD = '${secretText}'`)
      ctx.progress({ percent: 1, message: secretText })
    })
    const view = await runToRest(engine)
    const everything = JSON.stringify([view, record.page({ offset: 0, limit: 100, order: 'oldest-first' })])
    expect(everything).not.toContain(secretText)
    expect(view.steps[0]?.messages).toEqual(["the server repeats: PASSWORD = '«dmk_password»'"])
  })

  test('locking the keyring does not stop the run', async () => {
    const house = withSecret()
    const { engine } = openHouse(house)
    house.fake.hooks.set('check a', () => void (house.keyring.state = 'locked'))
    expect((await runToRest(engine)).state).toBe('verified')
    house.keyring.unlock()
    await expect.poll(() => house.keyring.sealed.size).toBe(0)
  })

  test('nothing starts while the keyring is locked', async () => {
    const house = withSecret()
    house.keyring.state = 'locked'
    const { engine, record } = openHouse(house)
    expect((await refusal(approveAndStart(engine))).code).toBe('keyring-locked')
    expect(house.server.received).toEqual([])
    expect(house.server.connections).toEqual([])
    expect(record.runs('all')).toEqual([])
  })
})

describe('a step that fails', () => {
  test.each([
    ['check', 'sql-permission', 0],
    ['apply', 'sql-refused', 1],
    ['apply', 'sql-lost', 1],
    ['apply', 'sql-timeout', 1],
    ['verify', 'sql-lost', 1],
  ] as const)('in %s with %s: waits, and a retry makes nothing twice', async (verb, code, made) => {
    const house = threeSteps()
    const { engine } = openHouse(house)
    house.fake.hooks.set(`${verb} b`, failWith(code))
    const view = await runToRest(engine)
    expect(view.state).toBe('waiting-for-decision')
    expect(statesOf(view)).toEqual(['verified', 'failed', 'waiting'])
    expect(view.steps[1]?.problem?.code).toBe(code)
    expect(view.choices).toEqual(['retry', 'undo', 'leave'])
    expect(house.server.made.get('b') ?? 0).toBe(made)
    house.fake.hooks.clear()
    await engine.retry(view.id)
    const after = await engine.settled(view.id)
    expect(after.state).toBe('verified')
    expect(after.steps[1]?.problem).toBeNull()
    expect(house.server.made.get('b')).toBe(1)
  })

  test('what the server does not confirm is "not verified", never done', async () => {
    const house = threeSteps()
    const { engine } = openHouse(house)
    house.fake.hooks.set('apply b', () => house.server.remove('b'))
    const view = await runToRest(engine)
    expect(statesOf(view)).toEqual(['verified', 'not-verified', 'waiting'])
    expect(view.steps[1]?.problem?.code).toBe('step-not-verified')
  })

  test('something of that name that this run did not make is left alone', async () => {
    const house = threeSteps()
    house.server.make('b', 'stranger')
    const { engine } = openHouse(house)
    const view = await runToRest(engine)
    expect(view.steps[1]).toMatchObject({ state: 'failed', problem: { code: 'sql-exists' } })
    expect(house.fake.calls).not.toContain('apply b')
  })

  test('an error that is not ours shows no text of its own', async () => {
    const house = threeSteps()
    const { engine, record } = openHouse(house)
    house.fake.hooks.set('apply a', () => {
      throw new Error('PASSWORD = hunter2')
    })
    const view = await runToRest(engine)
    expect(view.steps[0]?.problem?.code).toBe('internal')
    expect(JSON.stringify([view, record.page({ offset: 0, limit: 9, order: 'newest-first' })])).not.toContain(
      'hunter2',
    )
  })

  test('left as it is: needs a reason, gives the target back, says what was not reached', async () => {
    const house = threeSteps()
    const { engine, record } = openHouse(house)
    house.fake.hooks.set('apply b', failWith('sql-lost'))
    const { id } = await runToRest(engine)
    expect((await refusal(engine.leave(id, ' '))).code).toBe('answers-incomplete')
    await engine.leave(id, 'Moved to another server')
    const view = engine.get(id)
    expect(view).toMatchObject({ state: 'left', leftBecause: 'Moved to another server', choices: [] })
    expect(statesOf(view)).toEqual(['verified', 'failed', 'not-reached'])
    expect(record.lockHolder(house.server.ref.id)).toBeNull()
    expect(house.server.holder).toBeNull()
    expect((await refusal(engine.retry(id))).code).toBe('run-state')
    expect((await refusal(engine.undo(id))).code).toBe('run-state')
  })

  test('until it is decided, nothing else starts on that server', async () => {
    const house = threeSteps()
    const { engine } = openHouse(house)
    house.fake.hooks.set('apply b', failWith('sql-lost'))
    const { id } = await runToRest(engine)
    expect(await refusal(approveAndStart(engine))).toMatchObject({
      code: 'run-interrupted-undecided',
      title: `Run ${id} on SQL-01 was interrupted and is not decided`,
    })
  })
})

describe('stopping', () => {
  test('after the step: the step is brought to its end, the next one is not begun', async () => {
    const house = threeSteps()
    const { engine, record } = openHouse(house)
    const hold = gate()
    house.fake.hooks.set('apply b', hold.wait)
    const id = await approveAndStart(engine)
    await hold.reached
    expect(engine.get(id).choices).toEqual(['stop-after-step'])
    engine.stop(id, 'after-step')
    engine.stop(id, 'after-step')
    expect(engine.get(id).state).toBe('stopping')
    hold.open()
    const view = await engine.settled(id)
    expect(view.state).toBe('waiting-for-decision')
    expect(statesOf(view)).toEqual(['verified', 'verified', 'waiting'])
    expect(view.choices).toEqual(['resume', 'undo', 'leave'])
    expect(kindsOf(record, id).filter((kind) => kind.startsWith('run-stop'))).toEqual([
      'run-stop-requested',
      'run-stopped',
    ])
    await engine.resume(id)
    expect((await engine.settled(id)).state).toBe('verified')
  })

  test('now: only where the step declares it', async () => {
    const house = threeSteps()
    const { engine } = openHouse(house)
    const hold = gate()
    house.fake.hooks.set('apply b', hold.wait)
    const id = await approveAndStart(engine)
    await hold.reached
    expect((await refusal(() => engine.stop(id, 'now'))).code).toBe('run-state')
    hold.open()
    expect((await engine.settled(id)).state).toBe('verified')
  })

  test('now: breaks the step off, says who and what is left; a retry looks first', async () => {
    const server = new FakeServer('SQL-01')
    const house = houseOf(fakeJob(server, [{ name: 'a' }, { name: 'b', stopNow: true }]), server)
    const { engine } = openHouse(house)
    const started = Promise.withResolvers<void>()
    house.fake.hooks.set('apply b', (ctx) => {
      server.remove('b')
      started.resolve()
      return new Promise((_, reject) =>
        ctx.signal.addEventListener('abort', () => reject(new Error('broken off'))),
      )
    })
    const id = await approveAndStart(engine)
    await started.promise
    expect(engine.get(id).choices).toEqual(['stop-after-step', 'stop-now'])
    engine.stop(id, 'now')
    const view = await engine.settled(id)
    expect(view.steps[1]?.problem).toMatchObject({
      code: 'run-stopped',
      title: 'Stopped by Ada Example during step b',
    })
    expect(view.steps[1]?.messages).toEqual(['A part of b may be there'])
    house.fake.hooks.clear()
    await engine.retry(id)
    expect((await engine.settled(id)).state).toBe('verified')
  })

  test('closing the engine brings the step to its end and keeps the run for later', async () => {
    const house = threeSteps()
    const { engine, record } = openHouse(house)
    const hold = gate()
    house.fake.hooks.set('apply b', hold.wait)
    const id = await approveAndStart(engine)
    await hold.reached
    const closed = engine.close()
    hold.open()
    await closed
    expect(house.server.connections).toEqual([])
    record.close()
    const next = openHouse(house).engine
    expect(next.get(id)).toMatchObject({
      state: 'waiting-for-decision',
      choices: ['resume', 'undo', 'leave'],
    })
    await next.resume(id)
    expect((await next.settled(id)).state).toBe('verified')
    expect([...house.server.made.values()]).toEqual([1, 1, 1])
  })
})
