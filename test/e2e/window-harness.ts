import { execFileSync } from 'node:child_process'
import type { Page } from 'playwright-core'
import { rendererFolder, sandboxEntry } from '../../electron/beside-entry.ts'
import type { Profile } from '../../electron/platform/paths.ts'
import { startProgram, type Program } from '../../electron/program.ts'
import { openChromiumWindow } from '../../electron/shell/chromium/window.ts'

export interface OpenedWindow {
  page: Page
  program: Program
  /** Answers the question for a folder of this computer, which lies where main's folder list begins. */
  chooseFolder(name: string): Promise<void>
  close(): Promise<void>
}

export interface HarnessOptions {
  profile: Profile
  dataFolder: string
  /** Where main's folder list begins. */
  startFolder: string
  /** Called when the window asks for the other profile; that is a process of its own in the product. */
  onProfile?: (profile: Profile) => void
  size?: { width: number; height: number }
}

/** The program with its window, headless: the same main process, bundle of the window and shell as `npm start`. */
export const openWindow = async (options: HarnessOptions): Promise<OpenedWindow> => {
  const program = await startProgram({
    profile: options.profile,
    dataFolder: options.dataFolder,
    version: 'tour',
    sandboxEntry,
    startFolder: options.startFolder,
    openProfile: (profile) => {
      options.onProfile?.(profile)
      return Promise.resolve()
    },
  })
  const window = await openChromiumWindow({
    program,
    browser: findBrowser(),
    rendererFolder,
    headless: true,
    onClosed: () => undefined,
    ...(options.size ? { size: options.size } : {}),
  })
  program.attach(window)
  window.page.setDefaultTimeout(30_000)
  return {
    page: window.page,
    program,
    chooseFolder: (name) => chooseInPage(window.page, name),
    close: async () => {
      await window.close()
      await program.idle()
      await program.close()
    },
  }
}

const chooseInPage = async (page: Page, name: string): Promise<void> => {
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name, exact: true }).click()
  await dialog.getByText(name, { exact: false }).first().waitFor()
  await dialog.getByRole('button', { name: 'Use this folder' }).click()
  await dialog.waitFor({ state: 'detached' })
}

const browsers = ['chromium', 'google-chrome', 'google-chrome-stable', 'microsoft-edge']

export const findBrowser = (): string => {
  for (const name of browsers) {
    try {
      return execFileSync('which', [name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
    } catch {
      // Not this one; the next.
    }
  }
  throw new Error(`none of ${browsers.join(', ')} is installed`)
}
