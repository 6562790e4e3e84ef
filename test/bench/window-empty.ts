/** The same shell in the same Node, with nothing behind it: no program, a page that is one heading. */
import { scrubEnvironment } from '../../electron/platform/environment.ts'
import { assertNodeVersion } from '../../electron/platform/node-version.ts'
import { openChromiumWindow } from '../../electron/shell/chromium/window.ts'
import { orderOfThisProcess, reportWindow } from './window-report.ts'

assertNodeVersion()
scrubEnvironment()
const { browser, rendererFolder } = orderOfThisProcess()
const window = await openChromiumWindow({
  program: {
    dispatch: () => Promise.resolve({ ok: true, value: null }),
    scheme: () => 'light',
    windowTitle: () => 'Empty',
  },
  browser,
  rendererFolder,
  headless: true,
  onClosed: () => undefined,
})
await reportWindow(window.page)
await window.close()
process.exit(0)
