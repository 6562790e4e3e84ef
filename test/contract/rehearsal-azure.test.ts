/** A rehearsal as the program opens it: its connections of Azure are there, answer a test, and nothing leaves this computer. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openRehearsal, type TestRehearsal } from '../support/rehearsal.ts'

let house: TestRehearsal
beforeAll(async () => {
  house = await openRehearsal()
}, 180_000)
afterAll(() => house.end())

test('subscription, vaults and HSMs are there, and a test of the subscription and of a vault passes', async () => {
  const views = await house.ask('connections.list', {})
  const azure = views.filter(({ connection }) => connection.kind !== 'sqlserver')
  expect(azure.map(({ connection }) => connection.name)).toEqual(
    expect.arrayContaining(['ktr-subscription', 'ktr-vault-weu', 'ktr-vault-old', 'ktr-hsm-weu']),
  )
  for (const name of ['ktr-subscription', 'ktr-vault-weu']) {
    const id = azure.find(({ connection }) => connection.name === name)?.connection.id ?? ''
    const { problem, checks } = await house.ask('connections.test', { id })
    expect({ problem, states: new Set(checks.map(({ state }) => state)) }).toEqual({
      problem: null,
      states: new Set(['ok']),
    })
  }
  const tested = (await house.ask('connections.list', {})).filter(({ state }) => state === 'connected')
  expect(tested.map(({ connection }) => connection.identity)).not.toContain(null)
  expect(house.program.egress?.attempts).toBe(0)
}, 120_000)

test('no secret of the sign-in is in what was written', async () => {
  const profile = join(house.home, '..', 'profile')
  const { applications } = JSON.parse(readFileSync(join(profile, 'simulators', 'sandbox.json'), 'utf8'))
    .azure as { applications: { name: string; secret: string }[] }
  const secret = applications.find(({ name }) => name === 'ktr-operator')?.secret ?? ''
  expect(secret.length).toBeGreaterThan(20)
  for (const file of ['connections.json', 'keyring.json', 'keyturn.log', 'record.db'])
    expect(readFileSync(join(profile, file)).includes(secret)).toBe(false)
})

test('a subscription that a vault signs in with is not removed', async () => {
  const views = await house.ask('connections.list', {})
  const id = views.find(({ connection }) => connection.kind === 'azure')?.connection.id ?? ''
  await expect(house.ask('connections.remove', { id })).rejects.toThrow(/not removed/)
})
