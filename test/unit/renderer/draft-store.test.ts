// @vitest-environment jsdom
import { afterEach, expect, it } from 'vitest'
import { createDraftStore } from '../../../renderer/wizard/draft-store.ts'
import { createFakeBridge } from './fake-bridge.ts'
import { at } from './fakes/plan.ts'
import { draft } from './fakes/state.ts'

afterEach(() => {
  delete window.keyturn
})

it('whoever flushes while a save is under way has every answer saved, also the one that another flush began', async () => {
  const bridge = createFakeBridge()
  const saves: { answers: unknown; end: () => void }[] = []
  bridge.handle('wizard.save', ({ answers }) => {
    const { promise, resolve } = Promise.withResolvers<{ savedAt: string }>()
    saves.push({ answers, end: () => resolve({ savedAt: at }) })
    return promise
  })
  window.keyturn = bridge
  const store = createDraftStore(draft)

  store.answer('one', 'first')
  const first = store.flush()
  store.answer('two', 'second')
  const ended: string[] = []
  // As the pause after typing ends while Next is pressed.
  const both = ['pause', 'next'].map((who) => store.flush().then(() => ended.push(who)))
  saves[0]?.end()
  await first
  await new Promise((resolve) => setTimeout(resolve))
  expect(saves.map(({ answers }) => answers)).toEqual([{ one: 'first' }, { one: 'first', two: 'second' }])
  expect(ended).toEqual([])
  saves[1]?.end()
  await Promise.all(both)
  expect(store.getState()).toMatchObject({ dirty: false, saveProblem: null })
})
