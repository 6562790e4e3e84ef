import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/** The program with a real browser: one file after another, because each has a browser and simulators of its own. */
export default defineConfig({
  root: fileURLToPath(new URL('../../', import.meta.url)),
  test: {
    include: ['test/e2e/**/*.test.ts'],
    environment: 'node',
    globalSetup: ['test/e2e/needs-bundle.ts', 'test/support/compiled.ts'],
    fileParallelism: false,
    maxWorkers: 1,
    testTimeout: 120_000,
    // A state is waited for, however long a busy machine takes; the default is one second.
    expect: { poll: { timeout: 30_000 } },
    hookTimeout: 120_000,
  },
})
