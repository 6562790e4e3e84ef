import type { App, WebContents } from 'electron'
import { isOwnAddress } from './own-origin.ts'

/**
 * Holds for every page that the process ever makes, also ones that nobody meant to make: it stays on our own pages, has
 * no frames from elsewhere, opens nothing and embeds nothing. Call it before `ready`.
 */
export const guardNavigation = (app: Pick<App, 'on'>): void => {
  app.on('web-contents-created', (_event, contents) => guardContents(contents))
}

const guardContents = (contents: Pick<WebContents, 'on' | 'setWindowOpenHandler'>): void => {
  contents.on('will-navigate', (details) => {
    if (!isOwnAddress(details.url)) details.preventDefault()
  })
  contents.on('will-frame-navigate', (details) => {
    if (!details.isMainFrame || !isOwnAddress(details.url)) details.preventDefault()
  })
  // Our own pages never redirect.
  contents.on('will-redirect', (details) => details.preventDefault())
  contents.on('will-attach-webview', (event) => event.preventDefault())
  contents.on('select-bluetooth-device', (event, _devices, choose) => {
    event.preventDefault()
    choose('')
  })
  contents.setWindowOpenHandler(() => ({ action: 'deny' }))
}
