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
createRoot(root).render(
  <KeyturnTheme>
    <App />
  </KeyturnTheme>,
)
