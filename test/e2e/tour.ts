/**
 * The guided tour: drives the real program, headless, through a first start and one whole job against the simulated
 * servers, tells each step, and leaves screenshots and the run's report in a folder that it names.
 */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { scrubEnvironment } from '../../electron/platform/environment.ts'
import { takeTour } from './take-tour.ts'

scrubEnvironment()
const folder = mkdtempSync(join(tmpdir(), 'keyturn-tour-'))
let step = 0
const started = Date.now()
try {
  const { refusedConnections } = await takeTour({
    folder,
    say: (text) => console.log(`${String((step += 1)).padStart(2)}. ${text}`),
  })
  console.log(`Connections beyond this machine: ${refusedConnections}`)
  console.log(`Screenshots and the run's report: ${join(folder, 'pictures')}`)
  console.log(`The tour took ${Math.round((Date.now() - started) / 1000)} s.`)
  process.exit(0)
} catch (error) {
  console.error(error)
  console.error(`The tour stopped at step ${step}. What it left so far: ${folder}`)
  process.exit(1)
}
