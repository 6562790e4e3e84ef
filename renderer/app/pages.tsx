import { lazy, type ComponentType } from 'react'
import { parseRoute, type Route } from './routes.ts'

type PageModule = Promise<{ default: ComponentType }>

const loaders = {
  overview: (): PageModule => import('../overview/OverviewPage.tsx'),
  setup: (): PageModule => import('../setup/SetupPage.tsx'),
  keys: (): PageModule => import('../keys/KeysPage.tsx'),
  backups: (): PageModule => import('../ledger/LedgerPage.tsx'),
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
  overview: lazy(loaders.overview),
  setup: lazy(loaders.setup),
  keys: lazy(loaders.keys),
  backups: lazy(loaders.backups),
  audit: lazy(loaders.audit),
  connections: lazy(loaders.connections),
  settings: lazy(loaders.settings),
  passwords: lazy(loaders.passwords),
  start: lazy(loaders.start),
  wizard: lazy(loaders.wizard),
  run: lazy(loaders.run),
}

const hasLoader = (page: Route['page']): page is keyof typeof loaders => page in loaders

/** Starts to load the page of an address while main is still asked for its state. */
export const preloadPage = (hash: string): void => {
  const { page } = parseRoute(hash)
  // A file that does not load shows on the page itself, when it is rendered.
  if (hasLoader(page)) loaders[page]().catch(() => undefined)
}
