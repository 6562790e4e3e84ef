import { afterAll, beforeAll, expect, test } from 'vitest'
import { existsSync } from 'node:fs'
import { openRehearsal, type TestRehearsal } from '../../support/rehearsal.ts'

const there = existsSync('/usr/lib/softhsm/libsofthsm2.so')

let house: TestRehearsal
beforeAll(async () => void (house = await openRehearsal()), 60_000)
afterAll(() => house.end(), 60_000)

test('a rehearsal has a token where SoftHSM is, and no connection of one where it is not', async () => {
  const list = await house.ask('connections.list', {})
  const token = list.find(({ connection }) => connection.kind === 'hsm')
  expect(token !== undefined).toBe(there)
})

test.runIf(there)('its test tries no PIN; the probe does, once, and keeps the verdict', async () => {
  const list = await house.ask('connections.list', {})
  const id = list.find(({ connection }) => connection.kind === 'hsm')?.connection.id ?? ''
  const before = await house.ask('connections.test', { id })
  expect(before.problem).toBeNull()
  expect(before.checks.map(({ name, state }) => `${name} ${state}`)).toContain('Key wrap unknown')
  const { probe } = await house.ask('hsm.probe', { id, seen: null })
  expect(probe.use).toEqual({ mechanism: 'CKM_AES_KEY_WRAP_PAD', verdict: 'zero-padded' })
  const after = await house.ask('connections.test', { id })
  expect(after.checks.find(({ name }) => name === 'Key wrap')?.detail).toContain('for tests only')
})

test('no module is chosen in a rehearsal', async () => {
  await expect(house.ask('hsm.browse', { picker: null, entry: null })).rejects.toThrow()
})
