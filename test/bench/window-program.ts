/** The program with its window, as `electron/chromium.ts` starts it, but headless and with the profile of real targets. */
import { sandboxEntry, version } from '../../electron/beside-entry.ts'
import { scrubEnvironment } from '../../electron/platform/environment.ts'
import { assertNodeVersion } from '../../electron/platform/node-version.ts'
import { startProgram } from '../../electron/program.ts'
import { openChromiumWindow } from '../../electron/shell/chromium/window.ts'
import { orderOfThisProcess, reportWindow } from './window-report.ts'

assertNodeVersion()
scrubEnvironment()
const { browser, rendererFolder, folder } = orderOfThisProcess()
const program = await startProgram({
  profile: 'main',
  dataFolder: folder,
  version,
  sandboxEntry,
  openProfile: () => Promise.resolve(),
})
const window = await openChromiumWindow({
  program,
  browser,
  rendererFolder,
  headless: true,
  onClosed: () => undefined,
})
program.attach(window)
await reportWindow(window.page)
await window.close()
await program.close()
process.exit(0)
