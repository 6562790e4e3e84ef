import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Where the parts of the program lie, seen from an entry: beside the bundle (`out/main/`), or in the sources when a test
 * runs those directly.
 */
const here = import.meta.dirname
const firstThere = (...candidates: string[]): string =>
  candidates.find((path) => existsSync(path)) ?? String(candidates[0])

/** Chunks of the bundle are one folder deeper than its entries. */
export const sandboxEntry = firstThere(
  join(here, 'sandbox.js'),
  join(here, '../sandbox.js'),
  join(here, '../sandbox/sqlserver/main.ts'),
)
/** The process that initialises the simulated token; the simulators start it. */
export const hsmTokenEntry = firstThere(
  join(here, 'hsm-token.js'),
  join(here, '../hsm-token.js'),
  join(here, '../sandbox/hsm/initialise.ts'),
)
/** The process that loads PKCS#11 modules. */
export const hsmEntry = firstThere(
  join(here, 'hsm.js'),
  join(here, '../hsm.js'),
  join(here, 'targets/hsm/process/main.ts'),
)
export const rendererFolder = firstThere(
  join(here, '../out/renderer/index.html'),
  join(here, '../renderer/index.html'),
  join(here, '../../renderer/index.html'),
).replace(/[\\/]index\.html$/, '')

export const version: string = (
  JSON.parse(
    readFileSync(
      firstThere(
        join(here, '../../package.json'),
        join(here, '../package.json'),
        join(here, '../../../package.json'),
      ),
      'utf8',
    ),
  ) as {
    version: string
  }
).version
