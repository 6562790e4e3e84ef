/**
 * The guided tour: drives the real program, headless, through a first start and one whole job against the simulated
 * servers, shows every other job by its review and its result, tells each step, and leaves screenshots, runbooks and the
 * run's report in a folder that it names. With `--pictures FOLDER` the pictures of the README are written there too.
 */
import { copyFileSync, mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { scrubEnvironment } from '../../electron/platform/environment.ts'
import { takeTour } from './take-tour.ts'

/** Pictures of the tour by the names that the README knows them by. */
const published = { '16-review': 'review', '18-result': 'result' }

const seconds = (since: number): string => `${((Date.now() - since) / 1000).toFixed(0)} s`

scrubEnvironment()
const { values } = parseArgs({ options: { pictures: { type: 'string' } } })
const folder = mkdtempSync(join(tmpdir(), 'keyturn-tour-'))
const started = Date.now()
let step = 0
console.log('The guided tour of Keyturn: a window without a display, simulated servers, real encryption.\n')
try {
  const { refusedConnections, pictures } = await takeTour({
    folder,
    say: (text) => console.log(`${String((step += 1)).padStart(2)}. ${text}`),
  })
  if (values.pictures !== undefined) {
    const wanted = resolve(values.pictures)
    mkdirSync(wanted, { recursive: true })
    for (const [from, to] of Object.entries(published))
      copyFileSync(join(pictures, `${from}.png`), join(wanted, `${to}.png`))
    console.log(`\nPictures for the README: ${wanted}`)
  }
  console.log(
    `\nThe tour took ${seconds(started)}; attempts to reach beyond this machine: ${refusedConnections}.`,
  )
  console.log(`Screenshots, runbooks and the run's report are in ${pictures}`)
  process.exit(0)
} catch (error) {
  console.error(error)
  console.error(
    `\nThe tour stopped after step ${step} (${seconds(started)}). What it left so far is in ${folder}`,
  )
  process.exit(1)
}
