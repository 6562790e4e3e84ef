/**
 * Which window this machine can open. Electron's binary is looked for on disk, never by requiring the package: without
 * the binary that would start a download of its own.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { environment, root } from './node24.mjs'
import { findCommand } from './setup.mjs'

const browsers = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge']

export const findElectron = () => {
  const places = [
    process.env.ELECTRON_OVERRIDE_DIST_PATH,
    join(root, 'node_modules', 'electron', 'dist'),
  ].filter(Boolean)
  return places.map((place) => join(place, 'electron')).find((path) => existsSync(path)) ?? null
}

export const findBrowser = () => browsers.map(findCommand).find(Boolean) ?? null

/** One try of at most ten seconds; electron's installer checks the archive against its checksums.json. */
export const fetchElectronOnce = () => {
  const version = JSON.parse(readFileSync(join(root, 'node_modules/electron/package.json'), 'utf8')).version
  const failures = join(root, 'out', '.electron-not-fetched')
  if (existsSync(failures) && readFileSync(failures, 'utf8') === version) return null
  console.log('keyturn: looking for Electron’s binary (once, at most 10 s) ...')
  spawnSync(process.execPath, [join(root, 'node_modules/electron/install.js')], {
    timeout: 10_000,
    killSignal: 'SIGKILL',
    stdio: 'ignore',
    env: environment(),
  })
  const found = findElectron()
  if (!found) {
    mkdirSync(join(root, 'out'), { recursive: true })
    writeFileSync(failures, version)
  }
  return found
}

export const hasDisplay = () =>
  process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY)
