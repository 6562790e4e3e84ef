import { create } from 'zustand'
import type { Problem } from '../../../shared/errors/problem.ts'
import type { AppState } from '../../../shared/ipc/schemas.ts'
import { ask, listen, problemFrom } from '../../bridge/index.ts'
import { showScheme } from '../../theme/scheme.ts'
import { emptyPageStores } from './page-stores.ts'

interface AppStore {
  app: AppState | null
  problem: Problem | null
}

/** What main says about the program as a whole. View state only: nothing here is a secret. */
export const useApp = create<AppStore>()(() => ({ app: null, problem: null }))

const show = (app: AppState): void => {
  const before = useApp.getState().app?.keyring.state
  showScheme(app.scheme)
  if (before === 'unlocked' && app.keyring.state !== 'unlocked') emptyPageStores()
  useApp.setState({ app, problem: null })
}

/** Asks once and then follows `app.changed`. Gives the function that stops following. */
export const followApp = (): (() => void) => {
  let told = false
  const stop = listen('app.changed', (app) => {
    told = true
    show(app)
  })
  ask('app.state', {}).then(
    (app) => {
      // An event that came first is newer than the reply.
      if (!told) show(app)
    },
    (thrown: unknown) => useApp.setState({ problem: problemFrom(thrown) }),
  )
  return stop
}

/** Reads the state again, for acts whose effect the page must not wait to be told. */
export const readAppAgain = async (): Promise<void> => show(await ask('app.state', {}))
