/** Secrets and tokens of Azure leave no trace, also the one that Azure makes for a run, with debug output ordered on. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { formsOf } from './canary-words.ts'

test('nothing written, answered, printed or shown to other processes holds a secret or a token', async () => {
  const home = mkdtempSync(join(tmpdir(), 'keyturn-canary-home-'))
  const told = join(home, 'told.json')
  const child = spawn(process.execPath, [join(import.meta.dirname, 'canary-azure-program.ts'), told], {
    env: {
      PATH: process.env['PATH'],
      HOME: home,
      TMPDIR: home,
      DEBUG: '*',
      AZURE_LOG_LEVEL: 'verbose',
      // Node reads it before any code of ours runs, and would print headers with their tokens.
      NODE_DEBUG: 'net,tls,http,https,fs,stream',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const [out, error] = await Promise.all([buffer(child.stdout), buffer(child.stderr)])
  expect(await ended, error.toString().slice(-2_000)).toBe(0)
  const secrets = JSON.parse(readFileSync(told, 'utf8')) as string[]
  rmSync(home, { recursive: true, force: true })
  const report: unknown = JSON.parse(out.toString().trim().split('\n').at(-1) ?? '')
  expect(report).toMatchObject({ state: 'verified', hits: [] })
  expect(secrets.length).toBeGreaterThan(3)
  expect(error.toString('latin1')).not.toMatch(/^(NET|TLS|HTTPS?) \d+: /m)
  for (const secret of secrets)
    for (const [form, needle] of formsOf(secret))
      for (const [name, printed] of Object.entries({ out, error }))
        expect(printed.includes(needle), `${form} on ${name}`).toBe(false)
}, 120_000)
