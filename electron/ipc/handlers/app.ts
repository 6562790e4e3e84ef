import type { AppState } from '../../../shared/ipc/schemas.ts'
import type { Handlers } from '../router.ts'

export interface AppParts {
  state(): AppState
  setScheme(scheme: AppState['scheme']): Promise<void>
  copy(text: string): Promise<void>
  openProfile(profile: AppState['profile']): Promise<void>
  /** A person did something in the window. */
  active(): void
}

const done = { done: true } as const

export const appHandlers = ({ state, setScheme, copy, openProfile, active }: AppParts) =>
  ({
    'app.state': async () => state(),
    'app.setScheme': async ({ scheme }) => {
      await setScheme(scheme)
      return done
    },
    'app.copy': async ({ text }) => {
      await copy(text)
      return done
    },
    'app.active': async () => {
      active()
      return done
    },
    'app.openRehearsal': async () => {
      await openProfile('rehearsal')
      return done
    },
    'app.leaveRehearsal': async () => {
      await openProfile('main')
      return done
    },
  }) satisfies Partial<Handlers>
