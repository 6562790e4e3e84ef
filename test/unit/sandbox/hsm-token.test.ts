import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeToken } from '../../../sandbox/hsm/make-token.ts'

test('two simulated tokens in one folder: each its serial number and PINs, marked as test only, private', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ktr-hsm-token-'))
  try {
    const first = await makeToken(folder, 'ktr-hsm')
    const second = await makeToken(folder, 'ktr-hsm-2')
    expect(first.label).toBe('ktr-hsm (test only)')
    expect(first.serial).toMatch(/^[0-9a-f]{16}$/)
    expect(new Set([first.serial, second.serial]).size).toBe(2)
    expect(new Set([first.pin, first.soPin, second.pin, second.soPin]).size).toBe(4)
    expect(second.configuration).toBe(first.configuration)
    expect(readdirSync(join(folder, 'tokens')).length).toBe(2)
    expect(statSync(join(folder, 'tokens')).mode & 0o077).toBe(0)
    expect(readFileSync(first.configuration, 'utf8')).not.toContain(first.pin)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test.each(['', 'a'.repeat(40), 'line\nbreak', 'Schlüssel'])(
  'a label that a token can’t have is refused before anything is made: %j',
  async (label) => {
    const folder = join(tmpdir(), 'ktr-hsm-token-never')
    await expect(makeToken(folder, label)).rejects.toThrow('a label of 1 to 20 characters is needed')
    expect(existsSync(folder)).toBe(false)
  },
)
