/**
 * `npm run bench`: one line per benchmark in a fixed form, medians of several runs that alternate with the reference.
 * Times are printed and never asserted; the exit code is 1 only when something could not be measured. Names of
 * benchmarks as parameters take only those: see `benchmarks` below.
 */
import { measureDrill } from './drill.ts'
import { measureEscrowSeal } from './escrow-seal.ts'
import { measureEscrowVerify } from './escrow-verify.ts'
import { measureFiftyDatabases } from './fifty-databases.ts'
import { measureHsmSign } from './hsm-sign.ts'
import { measureKeyring } from './keyring.ts'
import { measureRecordStep } from './record-step.ts'
import { measureRecordVerify } from './record-verify.ts'
import { benchLine, type Measured } from './report.ts'
import { measureVaultInventory } from './vault-inventory.ts'
import { measureRotation } from './rotation.ts'
import { measureWindow } from './window.ts'

const benchmarks: Record<string, () => Promise<{ lines: Measured[]; remark?: string }>> = {
  window: measureWindow,
  'fifty-databases': measureFiftyDatabases,
  keyring: measureKeyring,
  drill: measureDrill,
  'hsm-sign': measureHsmSign,
  'vault-inventory': measureVaultInventory,
  'record-step': async () => ({ lines: [await measureRecordStep()] }),
  rotation: () => measureRotation(),
  'escrow-seal': measureEscrowSeal,
  'escrow-verify': measureEscrowVerify,
  'record-verify': async () => ({ lines: await measureRecordVerify() }),
}

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !(name in benchmarks))
if (unknown.length > 0) {
  console.error(`bench: unknown ${unknown.join(', ')}; known: ${Object.keys(benchmarks).join(', ')}`)
  process.exit(1)
}

const results: string[] = []
const unmeasured: string[] = []
for (const [name, measure] of Object.entries(benchmarks)) {
  if (asked.length > 0 && !asked.includes(name)) continue
  console.log(`bench: measuring ${name} ...`)
  try {
    const { lines, remark } = await measure()
    if (remark !== undefined) console.log(remark)
    results.push(...lines.map(benchLine))
  } catch (thrown) {
    unmeasured.push(`${name}: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
  }
}
for (const line of results) console.log(line)
for (const line of unmeasured) console.error(`bench: could not measure ${line}`)
process.exit(unmeasured.length === 0 ? 0 : 1)
