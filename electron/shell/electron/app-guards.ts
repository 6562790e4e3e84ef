import { rmSync } from 'node:fs'
import type { App } from 'electron'

/**
 * Questions that Chromium's network layer asks of the whole process. A client certificate that nobody chooses would
 * otherwise be the first one that fits, and would name the person to the server.
 */
export const guardApp = (app: Pick<App, 'on'>): void => {
  app.on('certificate-error', (event, _contents, _url, _error, _certificate, accept) => {
    event.preventDefault()
    accept(false)
  })
  app.on('select-client-certificate', (event, _contents, _url, _certificates, choose) => {
    event.preventDefault()
    choose()
  })
  app.on('login', (event, _contents, _details, _authentication, answer) => {
    event.preventDefault()
    answer()
  })
}

/**
 * A crash dump holds the memory of a process, keys and PINs with it. The crash reporter is never started; what an
 * earlier version or a tool left in its folder is removed. A folder that can't be removed is no reason not to start.
 */
export const removeCrashDumps = (app: Pick<App, 'getPath'>): void => {
  try {
    rmSync(app.getPath('crashDumps'), { recursive: true, force: true })
  } catch {
    return
  }
}
