/** `npm start`: sets everything up, then opens the window; without a display it runs the tour instead. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { bundle } from './bundle.mjs'
import { continueUnderNode24, environment, root } from './node24.mjs'
import { setUp } from './setup.mjs'
import { fetchElectronOnce, findBrowser, findElectron, hasDisplay } from './shell-choice.mjs'

setUp('window')
continueUnderNode24()
bundle()

const start = () => {
  if (!hasDisplay()) {
    console.log('keyturn: this machine has no display, so the guided tour runs on a headless window instead.')
    return [process.execPath, [join(root, 'test/e2e/tour.ts')]]
  }
  const electron = findElectron() ?? fetchElectronOnce()
  if (electron) {
    console.log('keyturn: opening the window in Electron.')
    return [electron, [root, ...process.argv.slice(2)]]
  }
  const browser = findBrowser()
  if (browser) {
    console.log(`keyturn: Electron’s binary is not here; opening the window in ${browser}.`)
    return [
      process.execPath,
      [join(root, 'out/main/chromium.js'), `--browser=${browser}`, ...process.argv.slice(2)],
    ]
  }
  console.error(
    'keyturn: no Electron, Chromium, Chrome or Edge found. Install Chromium, then run this again.',
  )
  process.exit(1)
}

const [command, parameters] = start()
const { status } = spawnSync(command, parameters, { stdio: 'inherit', cwd: root, env: environment() })
process.exit(status ?? 1)
