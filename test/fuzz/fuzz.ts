/**
 * Property tests in their long form: `npm run fuzz` 100,000 cases, `--short` 2,000. Records, CMS files, shares and
 * packages that somebody changed come on top: their number is their own. A word takes only the properties that have it
 * in their name.
 */
import { cmsTargets } from './cms.ts'
import { packageTargets } from './packages.ts'
import { recordTargets } from './record.ts'
import { shareTargets } from './shares.ts'
import { targets } from './targets.ts'

const short = process.argv.includes('--short')
const only = process.argv.slice(2).filter((word) => !word.startsWith('--'))
const cases = short ? 2_000 : 100_000
const shares = targets.reduce((sum, { share }) => sum + share, 0)

let total = 0
let findings = 0
const shared = targets.map(({ name, share, run }) => {
  const runs = Math.max(1, Math.ceil((cases * share) / shares))
  return { name, runs, run: () => run(runs) }
})
for (const { name, runs, run } of [
  ...shared,
  ...cmsTargets(short),
  ...packageTargets(short),
  ...shareTargets(short),
  ...recordTargets(short),
]) {
  if (only.length > 0 && !only.some((word) => name.includes(word))) continue
  total += runs
  try {
    const looked = await run()
    console.log(`ok      ${name}: ${runs} cases${typeof looked === 'string' ? `; ${looked}` : ''}`)
  } catch (error) {
    findings += 1
    console.log(`FINDING ${name}\n${error instanceof Error ? error.message : String(error)}`)
  }
}
console.log(`fuzz: ${total} cases, ${findings} findings`)
process.exit(findings === 0 && total > 0 ? 0 : 1)
