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
