import type { Page } from 'playwright-core'
import type { Shell, ShellProgram } from '../shell.ts'
import { emitName, launchBrowser, origin, type LaunchOptions } from './launch.ts'
import { printPdf } from './print.ts'

export interface ChromiumOptions extends LaunchOptions {
  program: ShellProgram
  onClosed(): void
}

export interface ChromiumWindow extends Shell {
  readonly kind: 'chromium'
  /** For tests and the tour, which drive the window as a person would. */
  readonly page: Page
}

/** The window as an installed Chromium in app mode. */
export const openChromiumWindow = async (options: ChromiumOptions): Promise<ChromiumWindow> => {
  const { context, page, gone } = await launchBrowser(options)
  const closed = gone.then(() => options.onClosed())
  await page.goto(`${origin}/`).catch(async (thrown: unknown) => {
    await context.close().catch(() => undefined)
    throw thrown
  })
  return {
    kind: 'chromium',
    page,
    send: (event, value) => {
      // A page that is being closed or reloaded misses an event; it asks for the state when it is there again.
      page.evaluate(callEmit, { emit: emitName, event, value }).catch(() => undefined)
    },
    pickFolder: null,
    printPdf: (route, given) => printPdf(options, route, given),
    copyText: async (text) => {
      await page.evaluate(writeClipboard, text)
    },
    close: async () => {
      await context.close()
      await closed
    },
  }
}

const callEmit = ({ emit, event, value }: { emit: string; event: string; value: unknown }): void => {
  const listener = (globalThis as unknown as Record<string, unknown>)[emit]
  if (typeof listener === 'function') (listener as (event: string, value: unknown) => void)(event, value)
}

const writeClipboard = async (text: string): Promise<void> => {
  const { navigator: own } = globalThis as unknown as {
    navigator: { clipboard: { writeText(text: string): Promise<void> } }
  }
  await own.clipboard.writeText(text)
}
