import { mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { posix, win32 } from 'node:path'
import { localFileError } from './atomic-file.ts'

/** `main` holds real targets; `rehearsal` only simulated ones. They share nothing. */
export type Profile = 'main' | 'rehearsal'

export interface Surroundings {
  platform: NodeJS.Platform
  environment: Readonly<Record<string, string | undefined>>
  home: string
}

const here = (): Surroundings => ({ platform: process.platform, environment: process.env, home: homedir() })

/**
 * Where a profile's record, inventory and keyring are. `override` names the folder itself (tests, portable use); else
 * the platform's place for an account's application data. Only names it; `makeProfileDir` makes it.
 */
export const profileDir = (
  profile: Profile,
  override?: string,
  surroundings: Surroundings = here(),
): string => {
  const { join, resolve } = surroundings.platform === 'win32' ? win32 : posix
  return override === undefined ? join(dataFolder(surroundings), profile) : resolve(override)
}

/** Makes the folder where it is missing, readable by this account only (0700). Errors as for local files. */
export const makeProfileDir = (profile: Profile, override?: string): string => {
  const folder = profileDir(profile, override)
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw localFileError(error, folder)
  }
  return folder
}

const dataFolder = ({ platform, environment, home }: Surroundings): string => {
  if (platform === 'win32') {
    return win32.join(
      absolute(environment['APPDATA'], win32) ?? win32.join(home, 'AppData', 'Roaming'),
      'Keyturn',
    )
  }
  if (platform === 'darwin') return posix.join(home, 'Library', 'Application Support', 'Keyturn')
  return posix.join(
    absolute(environment['XDG_DATA_HOME'], posix) ?? posix.join(home, '.local', 'share'),
    'keyturn',
  )
}

/** The base directory specification says that a relative value counts as not set. */
const absolute = (folder: string | undefined, path: typeof posix): string | null =>
  folder !== undefined && path.isAbsolute(folder) ? folder : null
