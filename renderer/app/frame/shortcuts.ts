import { useEffect } from 'react'
import { lockNow } from './lock.ts'

const regions = (): HTMLElement[] =>
  Array.from(document.querySelectorAll<HTMLElement>('[data-region]')).filter(
    (element) => element.offsetParent !== null || element.getClientRects().length > 0,
  )

const focusRegion = (step: 1 | -1): void => {
  const all = regions()
  const here = all.findIndex((region) => region.contains(document.activeElement))
  const next = all[(here + step + all.length) % all.length] ?? all[0]
  const target =
    next?.querySelector<HTMLElement>('h1, a[href], button, input, select, textarea, [tabindex="0"]') ?? next
  target?.focus()
}

/** Ctrl+K, Ctrl+Shift+L, F6 and Shift+F6, Alt+Left. No single letters: they would fire while somebody dictates. */
export const useShortcuts = (onSearch: () => void, active: boolean): void => {
  useEffect(() => {
    if (!active) return
    const press = (event: KeyboardEvent) => {
      const control = event.ctrlKey || event.metaKey
      const key = event.key.toLowerCase()
      if (control && event.shiftKey && key === 'l') void lockNow()
      else if (control && !event.shiftKey && key === 'k') onSearch()
      else if (key === 'f6') focusRegion(event.shiftKey ? -1 : 1)
      else if (event.altKey && key === 'arrowleft') window.history.back()
      else return
      event.preventDefault()
    }
    window.addEventListener('keydown', press)
    return () => window.removeEventListener('keydown', press)
  }, [onSearch, active])
}
