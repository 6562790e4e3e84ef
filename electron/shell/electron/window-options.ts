import type { BrowserWindowConstructorOptions } from 'electron'

export interface WindowShape {
  title: string
  /** Absolute path of the bundled preload. */
  preload: string
  packaged: boolean
  scheme: 'light' | 'dark' | 'system'
}

/** Without `persist:` the session lives in memory: no cache, cookie or storage of the window reaches the disk. */
export const windowPartition = 'keyturn-window'

/**
 * Everything that decides what the window may do. Values that are defaults of this Electron are written out too: a test
 * pins them, so that a changed default can't loosen the window.
 */
export const windowOptions = ({
  title,
  preload,
  packaged,
  scheme,
}: WindowShape): BrowserWindowConstructorOptions => ({
  title,
  width: 1280,
  height: 860,
  minWidth: 900,
  minHeight: 600,
  show: false,
  autoHideMenuBar: true,
  ...(scheme === 'system' ? {} : { backgroundColor: scheme === 'dark' ? '#121212' : '#ffffff' }),
  webPreferences: {
    preload,
    partition: windowPartition,
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    allowRunningInsecureContent: false,
    experimentalFeatures: false,
    webviewTag: false,
    navigateOnDragDrop: false,
    plugins: false,
    // Text typed in secret fields has no business in a spelling checker, and Chromium fetches dictionaries for it.
    spellcheck: false,
    devTools: !packaged,
  },
})
