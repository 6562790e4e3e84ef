import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** The window is tested as people get it: bundled. */
export const setup = (): void => {
  if (!existsSync(join(import.meta.dirname, '../../out/renderer/index.html')))
    throw new Error('The window is not bundled; run "npm run build" first.')
}
