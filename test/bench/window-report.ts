import type { Page } from 'playwright-core'

export interface WindowOrder {
  browser: string
  rendererFolder: string
  /** Data folder of the profile; the empty page has none. */
  folder: string
}

export const orderOfThisProcess = (): WindowOrder => JSON.parse(process.argv[2] ?? '{}') as WindowOrder

/** Says when the page's heading is visible and when its thread has nothing left to do; resolves when the parent is done. */
export const reportWindow = async (page: Page): Promise<void> => {
  await page.locator('h1').first().waitFor({ state: 'visible', timeout: 60_000 })
  process.stdout.write('visible\n')
  await page.evaluate('new Promise((resolve) => requestIdleCallback(() => resolve(null)))')
  process.stdout.write('idle\n')
  await new Promise((resolve) => process.stdin.once('data', resolve))
}
