/** Property tests in their long form: `npm run fuzz` 100,000 cases, `--short` 2,000. */
import { targets } from './targets.ts'

const cases = process.argv.includes('--short') ? 2_000 : 100_000
const shares = targets.reduce((sum, { share }) => sum + share, 0)

let total = 0
let findings = 0
for (const { name, share, run } of targets) {
  const runs = Math.max(1, Math.ceil((cases * share) / shares))
  total += runs
  try {
    run(runs)
    console.log(`ok      ${name}: ${runs} cases`)
  } catch (error) {
    findings += 1
    console.log(`FINDING ${name}\n${error instanceof Error ? error.message : String(error)}`)
  }
}
console.log(`fuzz: ${total} cases, ${findings} findings`)
process.exit(findings === 0 ? 0 : 1)
