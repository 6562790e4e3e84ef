/** `npm run TASK`: every task sets up what it needs and runs under the bundled Node. */
import { spawnSync } from 'node:child_process'
import { bundle } from './bundle.mjs'
import { continueUnderNode24, environment, root } from './node24.mjs'
import { setUp } from './setup.mjs'

/** needs: what must be installed; built: whether `out/` must be current; run: command lines, in order. */
const tasks = {
  build: { needs: 'window', built: true, run: [] },
  typecheck: {
    needs: 'window',
    built: false,
    run: [
      ['tsc', '-p', 'tsconfig.json'],
      ['tsc', '-p', 'renderer/tsconfig.json'],
      ['tsc', '-p', 'test/e2e/tsconfig.json'],
    ],
  },
  lint: {
    needs: 'window',
    built: false,
    run: [
      ['eslint', '.', '--max-warnings=0'],
      ['prettier', '--check', '--log-level=warn', '.'],
    ],
  },
  format: { needs: 'window', built: false, run: [['prettier', '--write', '--log-level=warn', '.']] },
  tour: { needs: 'test', built: true, run: [['node', 'test/e2e/tour.ts']] },
  bench: { needs: 'test', built: true, run: [['node', 'test/bench/bench.ts']] },
  crash: { needs: 'test', built: false, run: [['node', 'test/crash/crash.ts']] },
  fuzz: { needs: 'test', built: false, run: [['node', 'test/fuzz/fuzz.ts']] },
  conformance: { needs: 'test', built: false, run: [['node', 'sandbox/conformance/conformance.ts']] },
  package: { needs: 'test', built: true, run: [['node', 'build/package.mjs']] },
}

const [name, ...rest] = process.argv.slice(2)
const task = tasks[name]
if (!task) {
  console.error(`keyturn: unknown task ${name}; known: ${Object.keys(tasks).join(', ')}`)
  process.exit(1)
}
setUp(task.needs)
continueUnderNode24()
if (task.built) bundle()
for (const [command, ...parameters] of task.run) {
  const { status } = spawnSync(command, [...parameters, ...rest], {
    cwd: root,
    stdio: 'inherit',
    env: environment(),
  })
  if (status !== 0) process.exit(status ?? 1)
}
