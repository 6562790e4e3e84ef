import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { longFirst } from '../support/long-first.ts'

/**
 * The program with a real browser. Each file has a browser, a profile and simulators of its own, so two can go at once
 * (`--maxWorkers=2`, two thirds of the time); one after the other a busy machine is no reason for a page that is late.
 */
export default defineConfig({
  root: fileURLToPath(new URL('../../', import.meta.url)),
  test: {
    include: ['test/e2e/**/*.test.ts'],
    environment: 'node',
    globalSetup: ['test/e2e/needs-bundle.ts', 'test/support/compiled.ts'],
    maxWorkers: 1,
    sequence: {
      sequencer: longFirst(['e2e/tour.test.ts', 'e2e/window.test.ts', 'e2e/accessibility.test.ts']),
    },
    testTimeout: 120_000,
    // A state is waited for, however long a busy machine takes; the default is one second.
    expect: { poll: { timeout: 30_000 } },
    hookTimeout: 120_000,
  },
})
