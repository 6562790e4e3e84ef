import type { Engine } from './engine/engine.ts'

const underWay = new Set(['running', 'stopping', 'undoing'])

/** Resolves when no run is under way any more. */
export const untilIdle = (engine: Engine): Promise<void> =>
  new Promise((resolve) => {
    const isIdle = (): boolean => !engine.list().some(({ state }) => underWay.has(state))
    if (isIdle()) return resolve()
    const off = engine.events.on('run-changed', () => {
      if (!isIdle()) return
      off()
      resolve()
    })
  })
