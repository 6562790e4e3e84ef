/**
 * `npm test`: everything a change must pass, in one count. Its last line is `N passed, N failed, N skipped`; what
 * failed and what was skipped is named above it, with reasons.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { bundle } from './bundle.mjs'
import { folderInMemory } from './memory-folder.mjs'
import { continueUnderNode24, environment, root } from './node24.mjs'
import { setUp } from './setup.mjs'

setUp('test')
continueUnderNode24()

const reports = join(root, 'out', 'test-reports')
rmSync(reports, { recursive: true, force: true })
mkdirSync(reports, { recursive: true })

const inMemory = folderInMemory()
const environmentOfTests = () => ({ ...environment(), ...(inMemory === null ? {} : { TMPDIR: inMemory }) })

/** @type {{ passed: number, failed: string[], skipped: string[] }} */
const total = { passed: 0, failed: [], skipped: [] }

/**
 * Not `spawnSync`: this process has to hear signals meanwhile, to remove its folder in memory. Without `live`, what the
 * command says is shown when it ends.
 */
const run = (title, [command, ...parameters], { live = true } = {}) =>
  new Promise((resolve) => {
    const started = Date.now()
    const parts = [`\n== ${title}\n`]
    const ended = (ok, how) => {
      parts.push(`== ${title}: ${how} in ${Math.round((Date.now() - started) / 1000)} s\n`)
      process.stdout.write(parts.join(''))
      resolve(ok)
    }
    if (live) process.stdout.write(parts.pop())
    const stdio = live ? 'inherit' : ['ignore', 'pipe', 'pipe']
    const running = spawn(command, parameters, { cwd: root, stdio, env: environmentOfTests() })
    for (const stream of [running.stdout, running.stderr])
      stream?.setEncoding('utf8').on('data', (part) => parts.push(part))
    running.once('error', ({ message }) => ended(false, message))
    running.once('close', (status) => ended(status === 0, status === 0 ? 'ok' : `exit ${status}`))
  })

/** A check that is one yes or no. */
const check = async (title, command, how) => {
  if (await run(title, command, how)) total.passed++
  else total.failed.push(title)
}

/** Checks that use one core each, in two rows side by side. */
const checkSideBySide = (...rows) =>
  Promise.all(
    rows.map(async (row) => {
      for (const [title, command] of row) await check(title, command, { live: false })
    }),
  )

/** A suite of Vitest, which writes its own counts; one that died without a report is one failure. */
const suite = async (title, config, report) => {
  const file = join(reports, report)
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
  const ok = await run(title, ['vitest', 'run', '-c', config, ...reporters])
  let counts
  try {
    counts = countsOf(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    counts = { passed: 0, failed: ['it left no report'], skipped: [] }
  }
  if (!ok && counts.failed.length === 0) counts.failed.push('the suite as a whole')
  total.passed += counts.passed
  for (const how of ['failed', 'skipped']) total[how].push(...counts[how].map((name) => `${title}: ${name}`))
}

const countsOf = ({ testResults }) => {
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults)
  const failed = tests.filter(({ status }) => status === 'failed')
  const died = testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((t) => t.status === 'failed'),
  )
  return {
    passed: tests.filter(({ status }) => status === 'passed').length,
    failed: [
      ...failed.map(({ fullName, failureMessages }) => `${fullName}: ${firstLine(failureMessages[0])}`),
      ...died.map(({ name, message }) => `${relative(root, name)}: ${firstLine(message)}`),
    ],
    skipped: tests
      .filter(({ status }) => status !== 'passed' && status !== 'failed')
      .map(({ fullName }) => fullName),
  }
}

const firstLine = (text) => (text ?? '').split('\n')[0]

await checkSideBySide(
  [['lint', ['eslint', '.', '--max-warnings=0']]],
  [
    ['types: main, sandbox, tests', ['tsc', '-p', 'tsconfig.json']],
    ['types: window', ['tsc', '-p', 'renderer/tsconfig.json']],
    ['types: end to end', ['tsc', '-p', 'test/e2e/tsconfig.json']],
    ['format', ['prettier', '--check', '--log-level=warn', '.']],
  ],
)
bundle()
await suite('unit, contract, attack, witness', 'vitest.config.ts', 'vitest.json')
await suite('end to end', 'test/e2e/vitest.config.ts', 'e2e.json')
await check('crash (short form)', ['node', 'test/crash/crash.ts', '--short'])
await check('fuzz (short form)', ['node', 'test/fuzz/fuzz.ts', '--short'])

console.log('')
for (const how of ['failed', 'skipped']) for (const name of total[how]) console.log(`${how}: ${name}`)
console.log(`${total.passed} passed, ${total.failed.length} failed, ${total.skipped.length} skipped`)
process.exit(total.failed.length === 0 ? 0 : 1)
