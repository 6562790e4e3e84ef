/** PIN, shares, and every key of tokens and escrow leave no trace but where they belong, with debug output ordered on. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { formsOfBytes } from './canary-words.ts'

interface Report {
  hits: string[]
  files: number
  /** How many times command lines and environments of all processes were written down. */
  looked: number
  names: string[]
  planted: number
  found: number
}

test('ceremony, key of a token, import, export and drill: no secret is written, answered, printed or shown to other processes', async () => {
  const home = mkdtempSync(join(tmpdir(), 'keyturn-canary-home-'))
  const told = join(home, 'told.json')
  const child = spawn(process.execPath, [join(import.meta.dirname, 'canary-escrow-program.ts'), told], {
    env: {
      PATH: process.env['PATH'],
      HOME: home,
      TMPDIR: home,
      DEBUG: '*',
      NODE_DEBUG: 'net,tls,http,https,fs,stream,child_process,crypto',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const [out, error] = await Promise.all([buffer(child.stdout), buffer(child.stderr)])
  expect(await ended, error.toString().slice(-3_000)).toBe(0)
  const secrets = JSON.parse(readFileSync(told, 'utf8')) as [string, string][]
  rmSync(home, { recursive: true, force: true })
  const report = JSON.parse(out.toString().trim().split('\n').at(-1) ?? '') as Report
  expect(report.hits).toEqual([])
  expect(report.names).toEqual([
    'PIN',
    'split secret',
    'temporary key 1',
    'private exponent of the group',
    'prime of the group',
    'private exponent of the token’s key',
    'prime of the token’s key',
    'private exponent of the certificate',
    'prime of the certificate',
    'kept password',
    'share 1',
    'share 2',
    'share 3',
  ])
  // The search finds each of them where it is planted.
  expect([report.found, report.planted]).toEqual([report.names.length, report.names.length])
  expect(report.files).toBeGreaterThan(50)
  expect(report.looked).toBeGreaterThan(20)
  for (const [name, base64] of secrets)
    for (const [form, needle] of formsOfBytes(Buffer.from(base64, 'base64')))
      for (const [stream, printed] of Object.entries({ out, error }))
        expect(printed.includes(needle), `${name} as ${form} on ${stream}`).toBe(false)
}, 120_000)
