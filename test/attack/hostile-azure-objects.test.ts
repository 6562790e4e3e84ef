/**
 * Attack: whoever answers for Resource Manager gives an object without anything in it, which its clients read as one
 * whose fields are all empty: a lock of no name, a role of nobody. The other lies: hostile-azure.test.ts.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { AzureControl } from '../../electron/ports/azure-control.ts'
import { azureRefOfTests } from '../contract/azure-program.ts'
import {
  control,
  expectNothingLeaked,
  otherTenant,
  refusalOf,
  startHostilePeer,
  subscriptionId,
  type HostilePeer,
} from './hostile-azure-peer.ts'

let peer: HostilePeer
beforeAll(async () => {
  peer = await startHostilePeer()
})
afterAll(() => peer.close())
beforeEach(() => {
  peer.heard.length = 0
  peer.lie = () => null
})

afterEach(() => expectNothingLeaked(peer.heard))

describe('one object of Resource Manager', () => {
  const scope = `/subscriptions/${subscriptionId}`
  const entry = {
    id: `${scope}/providers/Microsoft.Authorization/locks/x`,
    name: 'x',
    properties: { level: 'CanNotDelete' },
  }
  const objects: readonly (readonly [string, (side: AzureControl) => Promise<unknown>])[] = [
    ['a resource group', (side) => side.resourceGroup('ktr-group')],
    ['a new resource group', (side) => side.createResourceGroup({ name: 'g', region: 'westeurope' })],
    ['an HSM', (side) => side.managedHsm('ktr-group', 'ktr-hsm-weu')],
    ['a changed vault', (side) => side.changeVault('ktr-group', 'ktr-vault-weu', { tags: {} })],
    ['a lock', (side) => side.putLock({ scope, name: 'kt', level: 'CanNotDelete', notes: '' })],
    [
      'a diagnostic setting',
      (side) =>
        side.putDiagnosticSetting(scope, {
          name: 'kt',
          workspaceId: scope,
          storageAccountId: null,
          logs: [],
        }),
    ],
    [
      'a role assignment',
      (side) => {
        const [name, roleId, principalId] = [otherTenant, otherTenant, otherTenant]
        return side.assignRole({ name, scope, roleId, principalId, principalType: 'ServicePrincipal' })
      },
    ],
  ]
  it.each(objects)('%s is not read from an object without anything', async (_name, ask) => {
    const side = await peer.stage().azure.controls.open(azureRefOfTests)
    peer.lie = ({ host }) => (host === control ? { body: {} } : null)
    expect(await refusalOf(ask(side))).toBe('azure-answer')
  })

  it('a list with an entry without its id is no list', async () => {
    const side = await peer.stage().azure.controls.open(azureRefOfTests)
    peer.lie = ({ host }) => (host === control ? { body: { value: [entry] } } : null)
    expect(await side.locks(scope)).toHaveLength(1)
    peer.lie = ({ host }) => (host === control ? { body: { value: [entry, {}] } } : null)
    expect(await refusalOf(side.locks(scope))).toBe('azure-answer')
  })
})
