/** Secrets and tokens of Azure leave no trace, also the one that Azure makes for a run, with debug output ordered on. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { formsOf } from './canary-words.ts'

test('nothing written, answered, printed or shown to other processes holds a secret or a token', async () => {
  const home = mkdtempSync(join(tmpdir(), 'keyturn-canary-home-'))
  const child = spawn(process.execPath, [join(import.meta.dirname, 'canary-azure-program.ts')], {
    env: {
      PATH: process.env['PATH'],
      HOME: home,
      TMPDIR: home,
      DEBUG: '*',
      AZURE_LOG_LEVEL: 'verbose',
      // Not http and https: Node reads them before any code of ours runs, and then prints headers with their tokens.
      NODE_DEBUG: 'net,tls,fs,stream,child_process',
    },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const [out, error, told] = await Promise.all([
    buffer(child.stdout as Readable),
    buffer(child.stderr as Readable),
    text(child.stdio[3] as Readable),
  ])
  expect(await ended, error.toString().slice(-2_000)).toBe(0)
  rmSync(home, { recursive: true, force: true })
  const report: unknown = JSON.parse(out.toString().trim().split('\n').at(-1) ?? '')
  expect(report).toMatchObject({ state: 'verified', hits: [] })
  const secrets = JSON.parse(told) as string[]
  expect(secrets.length).toBeGreaterThan(3)
  expect(error.toString('latin1')).toMatch(/^(NET|TLS|STREAM|FS|HTTP) \d+: /m)
  for (const secret of secrets)
    for (const [form, needle] of formsOf(secret))
      for (const [name, printed] of Object.entries({ out, error }))
        expect(printed.includes(needle), `${form} on ${name}`).toBe(false)
}, 120_000)
