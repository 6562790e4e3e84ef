import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/{unit,contract,attack,witness}/**/*.test.{ts,tsx}'],
    environment: 'node',
    testTimeout: 30_000,
    // A state is waited for, however long a busy machine takes; the default is one second.
    expect: { poll: { timeout: 20_000 } },
    maxWorkers: 2,
  },
})
