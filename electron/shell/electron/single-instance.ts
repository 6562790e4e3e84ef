import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { App } from 'electron'

/**
 * One window per profile. Electron's lock belongs to a folder, so each profile gets its own; what Electron writes there
 * is its own state, never ours. False: another process has this profile's window, and was asked to show it.
 *
 * What the other process was started with is not looked at: any program of this account can send it.
 */
export const holdSingleInstance = (
  app: Pick<App, 'setPath' | 'requestSingleInstanceLock' | 'on'>,
  profileFolder: string,
  showWindow: () => void,
): boolean => {
  const folder = join(profileFolder, 'window')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  app.setPath('userData', folder)
  if (!app.requestSingleInstanceLock()) return false
  app.on('second-instance', () => showWindow())
  return true
}
