import './theme/fonts.css'
import { createRoot } from 'react-dom/client'
import { App } from './app/App.tsx'
import { preloadPage } from './app/pages.tsx'
import { followApp } from './app/state/app-state.ts'
import { KeyturnTheme } from './theme/KeyturnTheme.tsx'

const root = document.getElementById('root')
if (!root) throw new Error('the page has no root element')

followApp()
preloadPage(window.location.hash)
// Without an address it is the first start or the overview: both are fetched while main is asked which.
if (window.location.hash === '') preloadPage('#/start')
createRoot(root).render(
  <KeyturnTheme>
    <App />
  </KeyturnTheme>,
)
