/** `npm run package`: the program as people install it, in `dist/`, read back and described. */
import { join } from 'node:path'
import { pack } from './package/pack.mjs'
import { root } from './node24.mjs'
import { findElectron } from './shell-choice.mjs'

// What electron-builder prints at length is in the table below, shorter and read back.
process.env.DEBUG = ''
const { rows, problems, stubbed, electronVersion, folder } = await pack({
  root,
  out: join(root, 'out'),
  output: join(root, 'dist'),
  electron: findElectron(),
})
const width = Math.max(...rows.map(([name]) => name.length))
console.log(`\nkeyturn: packaged with Electron ${electronVersion} in ${folder}`)
for (const [name, value] of rows) console.log(`  ${name.padEnd(width)}  ${value}`)
if (stubbed) console.log('keyturn: packaged with a stub in place of Electron’s binary: not runnable')
for (const problem of problems) console.error(`keyturn: ${problem}`)
process.exit(problems.length === 0 ? 0 : 1)
