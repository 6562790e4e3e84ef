import type { StorageManager } from '@mui/material/styles'

export type Scheme = 'light' | 'dark' | 'system'

let current: Scheme = 'system'
const listeners = new Set<(scheme: Scheme) => void>()

/** Shows the scheme that main holds. The choice lives in main's settings, never in the page's storage. */
export const showScheme = (scheme: Scheme): void => {
  if (scheme === current) return
  current = scheme
  for (const listener of listeners) listener(scheme)
}

/** MUI's way to keep a mode, led to main: it reads what main said and stores nothing. */
export const schemeStorage: StorageManager = ({ key }) => ({
  get: (defaultValue) => (key.endsWith('mode') ? current : defaultValue),
  set: () => undefined,
  subscribe: (handler) => {
    if (!key.endsWith('mode')) return () => undefined
    listeners.add(handler)
    return () => {
      listeners.delete(handler)
    }
  },
})
