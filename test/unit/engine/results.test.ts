import { describe, expect, test } from 'vitest'
import type { EndedRun, Job } from '../../../electron/engine/contract.ts'
import { houseOf, kindsOf, openHouse, runToRest } from './fakes/house.ts'
import { failWith, fakeJob } from './fakes/job.ts'
import { FakeServer } from './fakes/world.ts'

/** A job that keeps one result of each run, with what it was told of the end. */
const keeping = () => {
  const server = new FakeServer('SQL-01')
  const fake = fakeJob(server, [{ name: 'a' }, { name: 'b' }])
  const told: EndedRun[] = []
  const results: NonNullable<Job['results']> = (ended) => {
    told.push(ended)
    return [
      {
        outcome: ended.how === 'verified' ? 'done' : 'failed',
        entry: {
          kind: 'drill-ended',
          body: {
            sourceId: 't-1',
            source: 'SQL-00',
            drillServerId: 't-2',
            drillServer: 'SQL-01',
            database: 'Sales',
            sets: [{ setId: 'A', kind: 'full', finishedAt: '2026-11-01T00:00:00.000Z' }],
            thumbprints: [],
            passwords: 'none',
            level: 'recorded',
            outcome: 'not-finished',
            checks: [],
            restoreSeconds: null,
            totalSeconds: 1,
            problem: null,
          },
        },
      },
    ]
  }
  const made = houseOf({ ...fake, job: { ...fake.job, results } }, server)
  return { ...made, fake, told, ...openHouse(made) }
}

describe('what a job keeps at the end of its run', () => {
  test('is written just before the entry that ends it, once', async () => {
    const { engine, record, told } = keeping()
    const { id } = await runToRest(engine)
    expect(kindsOf(record, id).slice(-2)).toEqual(['drill-ended', 'run-ended'])
    expect(told).toHaveLength(1)
    expect(told[0]).toMatchObject({ how: 'verified', lastFailure: null })
    expect(told[0]?.steps.map(({ state }) => state)).toEqual(['verified', 'verified'])
    expect(record.verifyChain().unbroken).toBe(true)
  })

  test('knows the failure that an undo has wiped from the steps', async () => {
    const { engine, record, told, fake } = keeping()
    fake.hooks.set('verify b', failWith('sql-refused'))
    const { id } = await runToRest(engine)
    expect(told).toEqual([])
    await engine.undo(id)
    await engine.settled(id)
    expect(kindsOf(record, id).slice(-2)).toEqual(['drill-ended', 'run-ended'])
    expect(told.at(-1)).toMatchObject({
      how: 'undone',
      lastFailure: { step: 's02', problem: { code: 'sql-refused' } },
    })
  })

  test('knows no failure that a retry has overcome, however the run ended after it', async () => {
    const { engine, told, fake } = keeping()
    fake.hooks.set('verify a', failWith('sql-refused'))
    const { id } = await runToRest(engine)
    fake.hooks.set('verify a', () => void engine.stop(id, 'after-step'))
    await engine.retry(id)
    expect((await engine.settled(id)).steps.map(({ state }) => state)).toEqual(['verified', 'waiting'])
    await engine.undo(id)
    await engine.settled(id)
    expect(told.at(-1)).toMatchObject({ how: 'undone', lastFailure: null })
  })

  test('is written when a run is left as it is', async () => {
    const { engine, record, told, fake } = keeping()
    fake.hooks.set('apply a', failWith('sql-refused'))
    const { id } = await runToRest(engine)
    await engine.leave(id, 'Enough')
    expect(kindsOf(record, id).slice(-2)).toEqual(['drill-ended', 'run-left'])
    expect(told.at(-1)).toMatchObject({ how: 'left', lastFailure: { step: 's01' } })
    const [row] = record.page({
      filter: { kind: ['drill-ended'] },
      offset: 0,
      limit: 1,
      order: 'newest-first',
    }).rows
    expect(row).toMatchObject({ runId: id, outcome: 'failed' })
    expect(row?.sentence).toContain('Restore drill of Sales from SQL-00 on SQL-01: not finished')
  })

  test('an effect that is there in part is taken back by an undo', async () => {
    const { engine, fake, server } = keeping()
    fake.hooks.set('verify a', failWith('sql-lost'))
    const { id } = await runToRest(engine)
    const handler = fake.job.steps['make']
    if (handler === undefined) throw new Error('no handler')
    const { check } = handler
    handler.check = async (ctx) => {
      const found = await check(ctx)
      return found.state === 'satisfied' ? { state: 'needed', before: found.before, partly: true } : found
    }
    await engine.undo(id)
    expect((await engine.settled(id)).state).toBe('undone')
    expect(server.effects).toEqual([])
    expect(fake.calls.slice(-2)).toEqual(['check a', 'undo a'])
  })
})
