/**
 * `npm test`: everything a change must pass, in one count. Its last line is `N passed, N failed, N skipped`; skipped
 * tests are named above it with their reasons.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { bundle } from './bundle.mjs'
import { continueUnderNode24, environment, root } from './node24.mjs'
import { setUp } from './setup.mjs'

setUp('test')
continueUnderNode24()

const reports = join(root, 'out', 'test-reports')
rmSync(reports, { recursive: true, force: true })
mkdirSync(reports, { recursive: true })

/** @type {{ passed: number, failed: number, skipped: string[] }} */
const total = { passed: 0, failed: 0, skipped: [] }

const run = (title, command, parameters, extra = {}) => {
  console.log(`\n== ${title}`)
  const started = Date.now()
  const { status } = spawnSync(command, parameters, {
    cwd: root,
    stdio: 'inherit',
    env: { ...environment(), ...extra },
  })
  console.log(
    `== ${title}: ${status === 0 ? 'ok' : `exit ${status}`} in ${Math.round((Date.now() - started) / 1000)} s`,
  )
  return status === 0
}

/** A check that is one yes or no. */
const check = (title, command, parameters) => count(run(title, command, parameters))
const count = (ok) => (ok ? total.passed++ : total.failed++)

/** A suite that writes its own counts; a suite that died without a report is one failure. */
const suite = (title, command, parameters, report, read, extra) => {
  const file = join(reports, report)
  const ok = run(title, command, parameters(file), extra?.(file))
  let counts
  try {
    counts = read(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    counts = { passed: 0, failed: 1, skipped: [] }
  }
  if (!ok && counts.failed === 0) counts.failed = 1
  total.passed += counts.passed
  total.failed += counts.failed
  total.skipped.push(...counts.skipped.map((name) => `${title}: ${name}`))
}

const fromVitest = ({ testResults }) => {
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

const fromPlaywright = ({ suites, errors }) => {
  const specs = suites.flatMap(function all(one) {
    return [...(one.specs ?? []), ...(one.suites ?? []).flatMap(all)]
  })
  const tests = specs.flatMap(({ title, tests }) => tests.map((test) => ({ ...test, title })))
  return {
    passed: tests.filter(({ status }) => status === 'expected').length,
    failed:
      tests.filter(({ status }) => status === 'unexpected' || status === 'flaky').length +
      (errors?.length ?? 0),
    skipped: tests
      .filter(({ status }) => status === 'skipped')
      .map(({ title, projectName, annotations }) => {
        const why = annotations?.find(({ type }) => type === 'skip')?.description
        return `${title} [${projectName}] (${why ?? 'no reason given'})`
      }),
  }
}

check('types: main, sandbox, tests', 'tsc', ['-p', 'tsconfig.json'])
check('types: window', 'tsc', ['-p', 'renderer/tsconfig.json'])
check('types: end to end', 'tsc', ['-p', 'test/e2e/tsconfig.json'])
check('lint', 'eslint', ['.', '--max-warnings=0'])
check('format', 'prettier', ['--check', '--log-level=warn', '.'])
bundle()
suite(
  'unit, contract, attack, witness',
  'vitest',
  (file) => ['run', '--reporter=dot', '--reporter=json', `--outputFile.json=${file}`],
  'vitest.json',
  fromVitest,
)
suite(
  'end to end',
  'playwright',
  () => ['test', '--reporter=line,json'],
  'e2e.json',
  fromPlaywright,
  (file) => ({ PLAYWRIGHT_JSON_OUTPUT_NAME: file }),
)
check('crash (short form)', 'node', ['test/crash/crash.ts', '--short'])
check('fuzz (short form)', 'node', ['test/fuzz/fuzz.ts', '--short'])

console.log('')
for (const name of total.skipped) console.log(`skipped: ${name}`)
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped.length} skipped`)
process.exit(total.failed === 0 ? 0 : 1)
