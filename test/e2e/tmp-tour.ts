import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { scrubEnvironment } from '../../electron/platform/environment.ts'
import { openWindow } from './window-harness.ts'
import { tourEscrow } from './tour-escrow.ts'
import { faultsOf } from './layout.ts'
scrubEnvironment()
const root = mkdtempSync('/tmp/r-proof/tour-')
for (const n of ['profile-rehearsal', 'escrow']) mkdirSync(join(root, n), { mode: 0o700 })
const window = await openWindow({ profile: 'rehearsal', dataFolder: join(root, 'profile-rehearsal'), startFolder: root })
const look = process.argv.includes('--look')
let t = Date.now()
try {
  await window.program.ready()
  await window.page.getByRole('radiogroup', { name: 'Simulated server' }).waitFor()
  await tourEscrow(window, {
    say: (s) => { console.log(((Date.now() - t) / 1000).toFixed(1), s); t = Date.now() },
    shot: async (page, name) => { await page.screenshot({ path: `/tmp/r-proof/${name}.png` }) },
    ...(look ? { look: async (page, ask, name) => { const f = await faultsOf(page, ask); console.log('look', name, f.length ? f : ''); await page.screenshot({ path: `/tmp/r-proof/look-${name}.png`, fullPage: true }) } } : {}),
  }, join(root, 'profile-rehearsal'))
} catch (e) { console.log(e); await window.page.screenshot({ path: '/tmp/r-proof/failed.png', fullPage: true }) }
finally { await window.program.rehearsal?.endSimulators(); await window.close() }
process.exit(0)
