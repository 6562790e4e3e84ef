import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/{unit,contract,attack,witness}/**/*.test.{ts,tsx}'],
    environment: 'node',
    testTimeout: 30_000,
    maxWorkers: 2,
  },
})
