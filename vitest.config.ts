import { defineConfig } from 'vitest/config'
import { longFirst } from './test/support/long-first.ts'

export default defineConfig({
  test: {
    include: ['test/{unit,contract,attack,witness}/**/*.test.{ts,tsx}'],
    environment: 'node',
    globalSetup: ['test/support/compiled.ts'],
    setupFiles: ['test/support/patient-queries.ts'],
    // No test asserts a time: this only ends one that hangs, also on a machine that does much else.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // A state is waited for, however long a busy machine takes; the default is one second.
    expect: { poll: { timeout: 20_000 } },
    maxWorkers: 2,
    sequence: {
      sequencer: longFirst([
        'attack/bad-luck.test.ts',
        'wizards/hsm-key-run.test.ts',
        'attack/canaries-azure.test.ts',
        'wizards/hsm-key-care-run.test.ts',
        'attack/canaries-escrow.test.ts',
        'wizards/tde.test.ts',
        'wizards/replicas.test.ts',
        'wizards/move-database.test.ts',
        'wizards/simulated.test.ts',
        'attack/keyring.test.ts',
        'contract/sandbox-sqlserver.test.ts',
        'wizards/master-key.test.ts',
        'sandbox/files/backup.test.ts',
        'renderer/wizard.test.tsx',
        'witness/run-files.test.ts',
        'wizards/certificate-simulated.test.ts',
        'wizards/vault-simulated.test.ts',
        'wizards/drill-losses.test.ts',
        'wizards/drill.test.ts',
        'wizards/loss-rehearsals.test.ts',
        'formats/pkcs12.test.ts',
      ]),
    },
  },
})
