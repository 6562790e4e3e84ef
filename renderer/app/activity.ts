import { ask } from '../bridge/index.ts'
import { useApp } from './state/app-state.ts'

/** At most one message per this time: main counts in minutes. */
const gapMs = 20_000
const signs = ['pointerdown', 'keydown', 'wheel', 'touchstart'] as const

/** A person did something: main puts the automatic lock off. What could not be told is told with the next sign. */
export const tellActive = (): void => {
  ask('app.active', {}).catch(() => undefined)
}

/** Watches for signs of a person in the page; gives the function that stops it. */
export const watchActivity = (now: () => number = () => performance.now()): (() => void) => {
  let told = -Infinity
  const sign = (): void => {
    const { app } = useApp.getState()
    if (app?.keyring.state !== 'unlocked') return
    // During the warning every sign counts at once.
    if (app.autoLock.warning === null && now() - told < gapMs) return
    told = now()
    tellActive()
  }
  for (const name of signs) window.addEventListener(name, sign, { capture: true, passive: true })
  return () => {
    for (const name of signs) window.removeEventListener(name, sign, { capture: true })
  }
}
