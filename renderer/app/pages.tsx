import type { ComponentType } from 'react'
import { loadable } from './loadable.tsx'
import { parseRoute, type Route } from './routes.ts'

type PageModule = Promise<{ default: ComponentType }>

const loaders = {
  overview: (): PageModule => import('../overview/OverviewPage.tsx'),
  setup: (): PageModule => import('../setup/SetupPage.tsx'),
  keys: (): PageModule => import('../keys/KeysPage.tsx'),
  backups: (): PageModule => import('../ledger/LedgerPage.tsx'),
  escrow: () => import('../escrow/EscrowPage.tsx'),
  ceremony: () => import('../ceremony/CeremonyPage.tsx'),
  audit: (): PageModule => import('../audit/AuditPage.tsx'),
  connections: (): PageModule => import('../connections/ConnectionsPage.tsx'),
  settings: (): PageModule => import('../settings/SettingsPage.tsx'),
  passwords: (): PageModule => import('../keyring/KeptPasswordsPage.tsx'),
  start: (): PageModule => import('../firststart/FirstStartPage.tsx'),
  wizard: () => import('../wizard/WizardPage.tsx'),
  run: () => import('../wizard/run/RunPage.tsx'),
}

/** Pages that come as a file of their own when they are first opened. */
export const pages = {
  overview: loadable(loaders.overview),
  setup: loadable(loaders.setup),
  keys: loadable(loaders.keys),
  backups: loadable(loaders.backups),
  escrow: loadable(loaders.escrow),
  ceremony: loadable(loaders.ceremony),
  audit: loadable(loaders.audit),
  connections: loadable(loaders.connections),
  settings: loadable(loaders.settings),
  passwords: loadable(loaders.passwords),
  start: loadable(loaders.start),
  wizard: loadable(loaders.wizard),
  run: loadable(loaders.run),
}

const isPage = (page: Route['page']): page is keyof typeof pages & Route['page'] => page in pages

/** Starts to load the page of an address while main is still asked for its state. */
export const preloadPage = (hash: string): void => {
  const { page } = parseRoute(hash)
  // A file that does not load shows on the page itself, when it is rendered.
  if (isPage(page)) pages[page].preload().catch(() => undefined)
}
