import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Tests start hundreds of processes from the same sources (simulators, processes of modules, the command line): those
 * find them compiled by the first one that ended by itself. In a folder of this run, so that none is taken from another.
 */
export default (): (() => void) => {
  const folder = mkdtempSync(join(tmpdir(), 'ktr-compiled-'))
  process.env['NODE_COMPILE_CACHE'] = folder
  // A process that ends late may still write its part.
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
}
