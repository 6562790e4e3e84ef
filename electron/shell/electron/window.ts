import { BrowserWindow, clipboard, dialog, ipcMain, Menu, session } from 'electron'
import { loadAssets } from '../assets.ts'
import type { Shell, ShellProgram } from '../shell.ts'
import { eventChannel } from './channels.ts'
import { guardClose, type RunsUnderWay } from './close-guard.ts'
import { pickFolder } from './dialogs.ts'
import { answerWindow, type Doors } from './ipc.ts'
import { menuTemplate } from './menu.ts'
import { windowAddress } from './own-origin.ts'
import { printPdf } from './print.ts'
import { serveWindow } from './scheme.ts'
import { guardSession } from './session-guards.ts'
import { windowOptions, windowPartition } from './window-options.ts'

export interface ElectronOptions {
  program: ShellProgram
  runs: RunsUnderWay
  rendererFolder: string
  /** Absolute path of the bundled preload. */
  preload: string
  packaged: boolean
  /** The page's process ended by itself: whoever caused it must not find an unlocked keyring. */
  onPageGone(): void
  onClosed(): void
}

export interface ElectronWindow extends Shell {
  readonly kind: 'electron'
  /** True when the window goes, false when the person keeps it open because of a run. */
  requestClose(): Promise<boolean>
  /** Brings the window to the front. */
  show(): void
}

/** A page that keeps ending by itself is not loaded for ever. */
const mostReloads = 3

/** Opens the window. Call it after `ready`, once; the scheme is registered and pages are guarded before that. */
export const openElectronWindow = async (options: ElectronOptions): Promise<ElectronWindow> => {
  const { program, packaged } = options
  const menu = menuTemplate(process.platform)
  Menu.setApplicationMenu(menu && Menu.buildFromTemplate(menu))
  const pages = session.fromPartition(windowPartition)
  guardSession(pages, { packaged })
  serveWindow(pages.protocol, loadAssets({ folder: options.rendererFolder, scheme: program.scheme }))

  const shape = windowOptions({
    title: program.windowTitle(),
    preload: options.preload,
    packaged,
    scheme: program.scheme(),
  })
  const window = new BrowserWindow(shape)
  const doors: Doors = new Map()
  const shutDoor = answerWindow(ipcMain, window.webContents.id, program, doors)
  const closing = guardClose(window, dialog, options.runs)
  // Windows and macOS leave the window out of screen captures; elsewhere this does nothing.
  window.setContentProtection(packaged)
  window.on('page-title-updated', (event) => event.preventDefault())
  window.once('ready-to-show', () => window.show())
  let reloads = 0
  window.webContents.on('render-process-gone', () => {
    options.onPageGone()
    if (++reloads <= mostReloads) window.webContents.reload()
    else window.destroy()
  })
  window.once('closed', () => {
    shutDoor()
    options.onClosed()
  })
  await window.loadURL(windowAddress)

  return {
    kind: 'electron',
    send: (event, value) => {
      if (!window.isDestroyed()) window.webContents.send(eventChannel, event, value)
    },
    pickFolder: () => pickFolder(dialog, window),
    printPdf: (route, given) =>
      printPdf({ program, doors, options: shape, open: (wanted) => new BrowserWindow(wanted) }, route, given),
    copyText: (text) => clipboard.writeText(text),
    close: async () => {
      if (!window.isDestroyed()) window.destroy()
    },
    requestClose: () => closing.request(),
    show: () => {
      if (window.isDestroyed()) return
      if (window.isMinimized()) window.restore()
      window.show()
      window.focus()
    },
  }
}
