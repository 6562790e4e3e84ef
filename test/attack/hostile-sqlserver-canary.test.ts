import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { toyPassword } from '../contract/sqlserver-port-toy.ts'

it('no secret reaches output, errors or inspected objects, with debug output on', () => {
  const script = fileURLToPath(new URL('./hostile-sqlserver-canary.ts', import.meta.url))
  const { stdout, stderr, status } = spawnSync(process.execPath, [script], {
    env: { PATH: process.env['PATH'], DEBUG: '*', AZURE_LOG_LEVEL: 'verbose' },
    encoding: 'utf8',
    timeout: 80_000,
  })
  const output = stdout + stderr
  expect(output).toContain('canary run ended')
  expect(status).toBe(0)
  expect(output).toContain('sql-login-refused')
  expect(output).toContain('sql-timeout')
  expect(output).toContain('sql-lost')
  for (const secret of ['login-canary', 'hole-canary', toyPassword, encodeURIComponent(toyPassword)]) {
    expect(output).not.toContain(secret)
  }
})
