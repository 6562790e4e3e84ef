import { cleanup, render } from '@testing-library/react'
import type { ReactElement } from 'react'
import { afterEach } from 'vitest'
import { KeyturnTheme } from '../../../renderer/theme/KeyturnTheme.tsx'
import type { FakeBridge } from './fake-bridge.ts'

// What jsdom lacks and MUI asks for.
window.matchMedia = (query) =>
  ({
    matches: false,
    media: query,
    onchange: null,
    addListener: () => undefined,
    removeListener: () => undefined,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
    dispatchEvent: () => false,
  }) satisfies MediaQueryList
window.scrollTo = () => undefined
Element.prototype.scrollIntoView = () => undefined

afterEach(() => {
  cleanup()
  delete window.keyturn
})

/** Renders with the theme on a bridge. */
export const show = (bridge: FakeBridge, page: ReactElement) => {
  window.keyturn = bridge
  return render(<KeyturnTheme>{page}</KeyturnTheme>)
}

/** Types the way React hears it: through the element's own setter and an input event. */
export const type = (element: Element, text: string): void => {
  if (!(element instanceof HTMLInputElement)) throw new Error('not an input')
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set?.call(element, text)
  element.dispatchEvent(new Event('input', { bubbles: true }))
}

/** Everything that React holds for what is on the page: props and states, as text. */
export const everythingHeld = (root: Element): string => {
  const seen = new WeakSet<object>()
  const parts: string[] = []
  const walk = (value: unknown, depth: number): void => {
    if (typeof value === 'string') parts.push(value)
    if (typeof value !== 'object' || value === null || seen.has(value) || depth > 60) return
    seen.add(value)
    // The input itself holds the text while it is typed; nothing else may.
    if (value instanceof Window || value instanceof Node) return
    for (const part of Object.values(value)) walk(part, depth + 1)
  }
  for (const element of [root, ...root.querySelectorAll('*')]) {
    for (const key of Object.keys(element)) {
      if (key.startsWith('__react')) walk((element as unknown as Record<string, unknown>)[key], 0)
    }
  }
  return parts.join('\n')
}
