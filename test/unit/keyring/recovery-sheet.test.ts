import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { login, newKeyring, passphraseText, secret } from './support.ts'

test('OpenSSL and the commands of the sheet open a set without Keyturn', async () => {
  const { keyring, path } = await newKeyring()
  await keyring.put({ ...login, label: 'x' }, secret('a kept password'))
  const file = JSON.parse(readFileSync(path, 'utf8')) as {
    key: { wrapped: { iv: string; data: string } }
    sets: { iv: string; data: string }[]
  }
  const environment = {
    PATH: process.env['PATH'] ?? '',
    WRAPPED_IV: file.key.wrapped.iv,
    WRAPPED_DATA: file.key.wrapped.data,
    SET_IV: file.sets[0]?.iv ?? '',
    SET_DATA: file.sets[0]?.data ?? '',
  }
  const script = keyring
    .recoverySheet()
    .commands.join('\n')
    .replace(/^printf 'Passphrase: '; /, '')
  const opened = execFileSync('bash', ['--norc', '-c', script], {
    env: environment,
    input: `${passphraseText}\n`,
  })
  expect(opened.toString()).toBe('a kept password')
})

test('the sheet says where, which and how, and never the passphrase', async () => {
  const { keyring, path } = await newKeyring()
  keyring.lock()
  const sheet = keyring.recoverySheet()
  const facts = Object.fromEntries(sheet.facts)
  expect(facts['Keyring file']).toBe(path)
  expect(facts['Key derivation']).toContain('N=1024, r=8, p=1')
  expect(sheet.madeAt).toBe('2026-11-22T08:00:00.000Z')
  expect(JSON.stringify(sheet)).not.toContain(passphraseText)
})
