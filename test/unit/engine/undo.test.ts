import { describe, expect, test } from 'vitest'
import { approveAndStart, houseOf, kindsOf, openHouse, refusal, runToRest, statesOf } from './fakes/house.ts'
import { failWith, fakeJob, type FakeStep } from './fakes/job.ts'
import { FakeServer } from './fakes/world.ts'

const house = (...steps: FakeStep[]) => {
  const server = new FakeServer('SQL-01')
  return houseOf(fakeJob(server, steps), server)
}

/** A run of these steps whose last one fails before it does anything. */
const failed = async (...steps: FakeStep[]) => {
  const made = house(...steps, { name: 'last' })
  made.fake.hooks.set('check last', failWith('sql-refused'))
  const open = openHouse(made)
  return { ...made, ...open, run: (await runToRest(open.engine)).id }
}

describe('undo', () => {
  test('goes backward, with an intent and an outcome for each step', async () => {
    const { engine, record, run, fake, server } = await failed({ name: 'a' }, { name: 'b' })
    fake.calls.length = 0
    await engine.undo(run)
    const view = await engine.settled(run)
    expect(view).toMatchObject({ state: 'undone', choices: [] })
    expect(fake.calls).toEqual(['check b', 'undo b', 'check a', 'undo a'])
    expect(server.effects).toEqual([])
    expect(view.steps[0]?.evidence.map(({ value }) => value)).toEqual(['there', 'gone'])
    expect(kindsOf(record, run).slice(-6)).toEqual([
      'undo-started',
      'undo-intent',
      'undo-outcome',
      'undo-intent',
      'undo-outcome',
      'run-ended',
    ])
    expect(record.lockHolder(server.ref.id)).toBeNull()
    expect(server.holder).toBeNull()
  })

  test('hands a step what it read back itself, and nothing of later ones', async () => {
    const { engine, run, fake } = await failed({ name: 'a' }, { name: 'b' })
    const told: Record<string, string[]> = {}
    for (const name of ['a', 'b'])
      fake.hooks.set(`undo ${name}`, ({ earlier }) => {
        told[name] = earlier.map(({ statement }) => statement)
      })
    await engine.undo(run)
    expect((await engine.settled(run)).state).toBe('undone')
    expect(told).toEqual({ a: ['a'], b: ['a', 'b'] })
  })

  test('takes back what a broken-off attempt left, though the whole effect is not there', async () => {
    const made = house({ name: 'a' })
    const { engine } = openHouse(made)
    made.fake.hooks.set('apply a', (ctx) => {
      made.server.remove('a')
      made.fake.begun.add('a')
      return failWith('sql-refused')(ctx)
    })
    const { id } = await runToRest(engine)
    made.fake.calls.length = 0
    await engine.undo(id)
    expect(await engine.settled(id)).toMatchObject({ state: 'undone' })
    expect(made.fake.calls).toEqual(['check a', 'undo a'])
    expect([...made.fake.begun]).toEqual([])
  })

  test('finishes where an earlier undo took the effect back and its end was not recorded', async () => {
    const { engine, run, fake } = await failed({ name: 'a' })
    fake.hooks.set('undo a', (ctx) => {
      fake.taken.add('a')
      fake.hooks.delete('undo a')
      return failWith('sql-unreachable')(ctx)
    })
    await engine.undo(run)
    expect(await engine.settled(run)).toMatchObject({ state: 'waiting-for-decision' })
    await engine.undo(run)
    expect(await engine.settled(run)).toMatchObject({ state: 'undone' })
    expect(fake.calls.slice(-2)).toEqual(['check a', 'undo a'])
  })

  test('a name that stays taken stops the way forward all the same', async () => {
    const made = house({ name: 'a' })
    made.fake.taken.add('a')
    const { engine } = openHouse(made)
    const view = await runToRest(engine)
    expect(view.steps[0]).toMatchObject({ state: 'failed', problem: { code: 'vault-key-deleted' } })
    expect(made.fake.calls).toEqual(['check a'])
  })

  test('never touches what was there before the run', async () => {
    const made = house({ name: 'a' }, { name: 'b' }, { name: 'last' })
    made.server.make('a', 'an earlier run')
    made.fake.hooks.set('check last', failWith('sql-refused'))
    const { engine } = openHouse(made)
    const { id } = await runToRest(engine)
    await engine.undo(id)
    expect(statesOf(await engine.settled(id))).toEqual(['satisfied', 'undone', 'failed'])
    expect(made.server.effects.map(({ name }) => name)).toEqual(['a'])
  })

  test('says of a step without undo why it stays', async () => {
    const { engine, run, server } = await failed({ name: 'a' }, { name: 'b', undo: 'no' })
    await engine.undo(run)
    const { state, steps } = await engine.settled(run)
    expect(state).toBe('undone')
    expect(steps[1]).toMatchObject({ state: 'cannot-be-undone', messages: ['Not undone: the file stays'] })
    expect(server.effects.map(({ name }) => name)).toEqual(['b'])
  })

  test.each([
    ['had its effect', true, ['cannot-be-undone', 'cannot-be-undone', 'failed']],
    ['was not reached', false, ['undone', 'not-reached', 'not-reached']],
  ])('"until step 2" when step 2 %s', async (_what, reached, states) => {
    const made = house({ name: 'a', undo: { beforeStep: 2 } }, { name: 'b', undo: 'no' }, { name: 'last' })
    made.fake.hooks.set('check last', failWith('sql-refused'))
    const { engine } = openHouse(made)
    if (!reached)
      made.fake.hooks.set('verify a', () => engine.list().forEach(({ id }) => engine.stop(id, 'after-step')))
    const { id } = await runToRest(engine)
    await engine.undo(id)
    expect(statesOf(await engine.settled(id))).toEqual(states)
  })

  test.each([
    ['final', { beforeStep: 2, final: true }, ['cannot-be-undone', 'undone', 'failed']],
    ['not final', { beforeStep: 2 }, ['undone', 'undone', 'failed']],
  ] as const)('"until step 2", %s, when step 2 was undone itself', async (_what, undo, states) => {
    const { engine, run } = await failed({ name: 'a', undo }, { name: 'b' })
    await engine.undo(run)
    expect(statesOf(await engine.settled(run))).toEqual(states)
  })

  test('a refusal of the handler keeps that step, with its reason, and goes on', async () => {
    const { engine, run, fake, server } = await failed({ name: 'a' }, { name: 'b' })
    fake.hooks.set('undo b', failWith('undo-refused'))
    await engine.undo(run)
    const { state, steps } = await engine.settled(run)
    expect(state).toBe('undone')
    expect(steps[1]).toMatchObject({ state: 'cannot-be-undone', problem: { code: 'undo-refused' } })
    expect(steps[0]?.state).toBe('undone')
    expect(server.effects.map(({ name }) => name)).toEqual(['b'])
  })

  test('another error waits for a person; undoing again looks first', async () => {
    const { engine, run, fake, server } = await failed({ name: 'a' }, { name: 'b' })
    fake.hooks.set('undo b', () => {
      server.remove('b')
      return failWith('sql-lost')({} as never)
    })
    await engine.undo(run)
    expect(await engine.settled(run)).toMatchObject({
      state: 'waiting-for-decision',
      choices: ['undo', 'leave'],
    })
    fake.hooks.clear()
    fake.calls.length = 0
    await engine.undo(run)
    const view = await engine.settled(run)
    expect(view.state).toBe('undone')
    expect(fake.calls).toEqual(['check b', 'check a', 'undo a'])
    expect(view.steps[1]?.messages).toContain('The target shows no effect of this step; nothing was undone')
  })

  test('a step with an unknown effect is looked at first, and a stranger’s is left alone', async () => {
    const made = house({ name: 'a' }, { name: 'b' })
    made.fake.hooks.set('apply b', () => {
      made.server.remove('b')
      made.server.make('b', 'stranger')
      return failWith('sql-lost')({} as never)
    })
    const { engine } = openHouse(made)
    const { id } = await runToRest(engine)
    await engine.undo(id)
    const { steps } = await engine.settled(id)
    expect(steps[1]).toMatchObject({ state: 'cannot-be-undone', problem: { code: 'sql-exists' } })
    expect(made.server.has('b')).toBeDefined()
  })

  test('what somebody removed or replaced since the run is not taken away from them', async () => {
    const { engine, run, server, fake } = await failed({ name: 'a' }, { name: 'b' })
    server.effects = [{ name: 'b', madeBy: 'stranger' }]
    await engine.undo(run)
    const { steps } = await engine.settled(run)
    expect(steps.map(({ state }) => state)).toEqual(['undone', 'cannot-be-undone', 'failed'])
    expect(steps[0]?.messages).toEqual(['The target shows no effect of this step; nothing was undone'])
    expect(server.effects).toHaveLength(1)
    expect(fake.calls.filter((call) => call.startsWith('undo'))).toEqual([])
  })

  test('can be stopped after a step and gone on with', async () => {
    const { engine, run, fake } = await failed({ name: 'a' }, { name: 'b' })
    fake.hooks.set('undo b', () => engine.stop(run, 'after-step'))
    await engine.undo(run)
    const view = await engine.settled(run)
    expect(view).toMatchObject({ state: 'waiting-for-decision', choices: ['undo', 'leave'] })
    expect(statesOf(view)).toEqual(['verified', 'undone', 'failed'])
    await engine.undo(run)
    expect((await engine.settled(run)).state).toBe('undone')
  })

  test('is not offered while the run goes on, nor when nothing was done', async () => {
    const made = house({ name: 'a' })
    made.fake.hooks.set('check a', failWith('sql-refused'))
    const { engine } = openHouse(made)
    const run = await approveAndStart(engine)
    expect((await refusal(engine.undo(run))).code).toBe('run-state')
    expect((await engine.settled(run)).choices).toEqual(['retry', 'leave'])
  })
})
