/**
 * `npm test`: everything a change must pass, in one count. Its last line is `N passed, N failed, N skipped`; skipped
 * tests are named above it with their reasons.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
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

/** @type {{ passed: number, failed: number, skipped: string[] }} */
const total = { passed: 0, failed: 0, skipped: [] }

/** Not `spawnSync`: this process has to hear signals meanwhile, to remove its folder in memory. */
const run = (title, command, parameters) =>
  new Promise((resolve) => {
    console.log(`\n== ${title}`)
    const started = Date.now()
    const ended = (ok, how) => {
      console.log(`== ${title}: ${how} in ${Math.round((Date.now() - started) / 1000)} s`)
      resolve(ok)
    }
    const running = spawn(command, parameters, {
      cwd: root,
      stdio: 'inherit',
      env: environmentOfTests(),
    })
    running.once('error', ({ message }) => ended(false, message))
    running.once('close', (status) => ended(status === 0, status === 0 ? 'ok' : `exit ${status}`))
  })

/** A check that is one yes or no. */
const check = async (title, command, parameters) => count(await run(title, command, parameters))
const count = (ok) => (ok ? total.passed++ : total.failed++)

/** Checks that use one core each, in two rows side by side; what each says is shown when it ends. */
const checkSideBySide = (...rows) =>
  Promise.all(
    rows.map(async (row) => {
      for (const [title, command, parameters] of row) count(await said(title, command, parameters))
    }),
  )

const said = (title, command, parameters) =>
  new Promise((resolve) => {
    const started = Date.now()
    const parts = []
    const ended = (ok, how) => {
      const seconds = Math.round((Date.now() - started) / 1000)
      console.log(`\n== ${title}\n${Buffer.concat(parts)}== ${title}: ${how} in ${seconds} s`)
      resolve(ok)
    }
    const running = spawn(command, parameters, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: environmentOfTests(),
    })
    for (const stream of [running.stdout, running.stderr]) stream.on('data', (part) => parts.push(part))
    running.once('error', ({ message }) => ended(false, message))
    running.once('close', (status) => ended(status === 0, status === 0 ? 'ok' : `exit ${status}`))
  })

/** A suite of Vitest, which writes its own counts; one that died without a report is one failure. */
const suite = async (title, config, report) => {
  const file = join(reports, report)
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
  const ok = await run(title, 'vitest', ['run', '-c', config, ...reporters])
  let counts
  try {
    counts = countsOf(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    counts = { passed: 0, failed: 1, skipped: [] }
  }
  if (!ok && counts.failed === 0) counts.failed = 1
  total.passed += counts.passed
  total.failed += counts.failed
  total.skipped.push(...counts.skipped.map((name) => `${title}: ${name}`))
}

const countsOf = ({ testResults }) => {
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults)
  const died = testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((t) => t.status === 'failed'),
  )
  return {
    passed: tests.filter(({ status }) => status === 'passed').length,
    failed: tests.filter(({ status }) => status === 'failed').length + died.length,
    skipped: tests
      .filter(({ status }) => status !== 'passed' && status !== 'failed')
      .map(({ fullName }) => fullName),
  }
}

await checkSideBySide(
  [['lint', 'eslint', ['.', '--max-warnings=0']]],
  [
    ['types: main, sandbox, tests', 'tsc', ['-p', 'tsconfig.json']],
    ['types: window', 'tsc', ['-p', 'renderer/tsconfig.json']],
    ['types: end to end', 'tsc', ['-p', 'test/e2e/tsconfig.json']],
    ['format', 'prettier', ['--check', '--log-level=warn', '.']],
  ],
)
bundle()
await suite('unit, contract, attack, witness', 'vitest.config.ts', 'vitest.json')
await suite('end to end', 'test/e2e/vitest.config.ts', 'e2e.json')
await check('crash (short form)', 'node', ['test/crash/crash.ts', '--short'])
await check('fuzz (short form)', 'node', ['test/fuzz/fuzz.ts', '--short'])

console.log('')
for (const name of total.skipped) console.log(`skipped: ${name}`)
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped.length} skipped`)
process.exit(total.failed === 0 ? 0 : 1)
