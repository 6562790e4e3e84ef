import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { problemOf } from '../../../shared/errors/problem.ts'
import { azureConnectionAnswers, vaultConnectionAnswers } from '../../../shared/forms/azure-connection.ts'
import {
  keyNameProblem,
  keyVersionProblem,
  vaultNameProblem,
  vaultPlaceOf,
} from '../../../shared/model/azure.ts'
import { asHandleId } from '../../../shared/model/ids.ts'
import { openConnections, type ConnectionAnswers } from '../../../electron/profile/connections.ts'

const tenantId = '6f1a3c52-0d7e-4b7b-9c58-2f4e8a61d001'
const subscriptionId = '3d0b7e94-5a11-4c8e-8a6b-71c2f90e1001'
const clientId = 'a1c2b6f0-7f43-4a52-9b0d-4e1f0c5d2001'
const answers = {
  kind: 'azure',
  name: 'contoso',
  environment: 'test',
  cloud: 'public',
  tenantId,
  subscriptionId,
  signIn: { kind: 'client-secret', clientId, secret: asHandleId('h-1') },
} satisfies ConnectionAnswers
const identity = { tenantId, subscriptionId }

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kt-connections-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

it.each([
  ['tenant', { tenantId: clientId }],
  ['subscription', { subscriptionId: clientId }],
  ['cloud', { cloud: 'china' as const }],
  ['client', { signIn: { kind: 'client-secret' as const, clientId: tenantId, secret: asHandleId('h-1') } }],
])('a change of the %s drops the secret and the identity that was read', async (_name, change) => {
  const connections = await openConnections(folder)
  const { id } = await connections.save(null, answers)
  await connections.rememberIdentity(id, identity)
  expect(await connections.save(id, { ...answers, ...change })).toEqual({ id, droppedCredential: true })
  expect(connections.azure(id)).toMatchObject({ identity: null, signIn: { secret: null } })
})

it('a change of the name keeps both, and all is there after the file is read again', async () => {
  const connections = await openConnections(folder)
  const { id } = await connections.save(null, answers)
  await connections.rememberIdentity(id, identity)
  await connections.save(id, { ...answers, name: 'fabrikam' })
  const again = await openConnections(folder)
  expect(again.azure(id)).toMatchObject({ name: 'fabrikam', identity, signIn: { secret: 'h-1' } })
  expect(again.sqlServers()).toEqual([])
  expect(readFileSync(join(folder, 'connections.json'), 'utf8')).toContain('"kind": "azure"')
})

it('another host of a vault makes it another vault; a kind never changes', async () => {
  const connections = await openConnections(folder)
  const { id: azure } = await connections.save(null, answers)
  const vault = {
    kind: 'keyvault',
    name: 'v',
    environment: 'test',
    host: 'kv-one.vault.azure.net',
    azure,
  } as const
  const { id } = await connections.save(null, vault)
  await connections.rememberIdentity(id, { host: vault.host, tenantId, resourceId: '/x' })
  await connections.save(id, { ...vault, host: 'kv-two.vault.azure.net' })
  expect(connections.vault(id).identity).toBeNull()
  const refused = await connections.save(id, answers).catch((thrown: unknown) => problemOf(thrown).code)
  expect(refused).toBe('not-found')
  expect(() => connections.sqlServer(id)).toThrow('not-found')
})

it.each([
  ['tenantId', { tenantId: 'contoso.onmicrosoft.com' }],
  ['tenantId', { tenantId: '' }],
  ['subscriptionId', { subscriptionId: '3d0b7e94' }],
  ['cloud', { cloud: 'germany' }],
  [
    'signIn.clientId',
    { signIn: { kind: 'client-secret', clientId: clientId.replaceAll('-', ''), secret: null } },
  ],
  ['name', { name: ' ' }],
])('answers of a subscription: %s is named', (field, change) => {
  const checked = azureConnectionAnswers.safeParse({ ...answers, ...change })
  expect(checked.error?.issues.map(({ path }) => path.join('.'))).toEqual([field])
})

it.each([
  ['https://KV-One.vault.azure.net/', 'kv-one.vault.azure.net'],
  [' kv-one.managedhsm.azure.cn ', 'kv-one.managedhsm.azure.cn'],
  ['kv-one.vault.usgovcloudapi.net:443', 'kv-one.vault.usgovcloudapi.net'],
])('the host %j is accepted as %s', (host, kept) => {
  const given = { name: 'v', environment: 'test', host, azure: 't-1' }
  expect(vaultConnectionAnswers.parse(given).host).toBe(kept)
})

it.each([
  'kv-one',
  'kv-one.vault.azure.net.example.com',
  'a.b.vault.azure.net',
  'kv-one.vault.microsoftazure.de',
  '10.0.0.1',
  'kv-one.vault.azure.net/keys/x',
  'http://kv-one.vault.azure.net',
])('the host %j is refused with what to enter', (host) => {
  const checked = vaultConnectionAnswers.safeParse({ name: 'v', environment: 'test', host, azure: 't-1' })
  expect(checked.error?.issues[0]?.message).toContain('vault.azure.net')
})

it.each(['ab', 'a'.repeat(25), '1abc', 'ab-', 'a--b', 'a_b', ''])('the vault name %j is refused', (name) => {
  expect(vaultNameProblem(name)).not.toBeNull()
})

it('names of keys have 26 characters for SQL Server’s connector, 127 else; versions 32 digits', () => {
  expect(keyNameProblem('a'.repeat(26))).toBeNull()
  expect(keyNameProblem('a'.repeat(27))).toContain('27 characters')
  expect(keyNameProblem('a'.repeat(127), 127)).toBeNull()
  expect(keyVersionProblem('a'.repeat(31))).toContain('31 characters')
  expect(keyVersionProblem('g'.repeat(32))).not.toBeNull()
  expect(vaultPlaceOf('Kv-One.managedhsm.azure.net')).toEqual({
    cloud: 'public',
    service: 'managed-hsm',
    name: 'kv-one',
  })
})
