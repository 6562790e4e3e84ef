import './theme/fonts.css'
import { lazy, Suspense } from 'react'
import { createRoot } from 'react-dom/client'
import { parsePrintRoute } from '../shared/model/print.ts'
import { App } from './app/App.tsx'
import { preloadPage } from './app/pages.tsx'
import { followApp } from './app/state/app-state.ts'
import { KeyturnTheme } from './theme/KeyturnTheme.tsx'
import { showScheme } from './theme/scheme.ts'

const root = document.getElementById('root')
if (!root) throw new Error('the page has no root element')

const PrintRoot = lazy(() => import('./print/PrintRoot.tsx'))

/** The window as a person uses it. */
const openApp = () => {
  followApp()
  preloadPage(window.location.hash)
  // Without an address it is the first start or the overview: both are fetched while main is asked which.
  if (window.location.hash === '') preloadPage('#/start')
  return <App />
}

/** The same bundle in a window that only prints: light, and without what belongs to a screen. */
const openPaper = (print: NonNullable<ReturnType<typeof parsePrintRoute>>) => {
  showScheme('light')
  return (
    <Suspense fallback={null}>
      <PrintRoot {...print} />
    </Suspense>
  )
}

const print = parsePrintRoute(window.location.hash)
createRoot(root).render(<KeyturnTheme>{print === null ? openApp() : openPaper(print)}</KeyturnTheme>)
