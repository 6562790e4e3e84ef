import type { PrintDocument } from '../../../shared/model/print.ts'
import { openPrintDoor } from '../print-door.ts'
import { launchBrowser, origin, type LaunchOptions } from './launch.ts'

/**
 * A print page as PDF, from a second instance without a window: the one that a person looks at may not be headless, and
 * only a headless one prints to a file. It is guarded like the first, and gone when this returns.
 */
export const printPdf = async (
  { program, browser, rendererFolder }: Pick<LaunchOptions, 'program' | 'browser' | 'rendererFolder'>,
  route: string,
  given?: PrintDocument,
): Promise<Uint8Array> => {
  const door = openPrintDoor(program, given)
  const { context, page, gone } = await launchBrowser({
    program: door,
    browser,
    rendererFolder,
    headless: true,
  })
  try {
    await page.goto(`${origin}/${route}`)
    await door.ready()
    return await page.pdf({ format: 'A4', printBackground: true, preferCSSPageSize: true, tagged: true })
  } finally {
    await context.close()
    await gone
  }
}
