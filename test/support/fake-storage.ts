import type { BlobServiceFacts, ContainerFacts, StorageAccount } from '../../electron/ports/storage.ts'
import { azureTarget, fail, fakeAzure, operator, subscriptionId, type FakeAzure } from './azure-fake.ts'
import { fakeBlobStore, type FakeBlobOptions, type FakeBlobs } from './fake-blob-store.ts'

export const fakeAccount = 'ktescrow'
export const fakeHost = `${fakeAccount}.blob.core.windows.net`

/** Azure over maps with one storage account that has a container `escrow`. */
export interface FakeStorage {
  azure: FakeAzure
  blobs: FakeBlobs
  account: StorageAccount
  containers: ContainerFacts[]
  service: BlobServiceFacts
  /** Asked before and after each call on blobs, as in `fakeBlobStore`. */
  fail: NonNullable<FakeBlobOptions['fail']>
}

export const fakeStorage = (): FakeStorage => {
  const azure = fakeAzure()
  azure.permissions = [
    {
      actions: ['*'],
      notActions: [],
      dataActions: [
        'Microsoft.KeyVault/vaults/keys/*',
        'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/*',
      ],
      notDataActions: [],
    },
  ]
  const state: FakeStorage = {
    azure,
    blobs: new Map(),
    account: {
      id: `/subscriptions/${subscriptionId}/resourceGroups/ktr-rg/providers/Microsoft.Storage/storageAccounts/${fakeAccount}`,
      name: fakeAccount,
      group: 'ktr-rg',
      region: 'westeurope',
      host: fakeHost,
      kind: 'StorageV2',
      sku: 'Standard_GRS',
      minimumTls: 'TLS1_2',
      publicBlobs: false,
      keysAllowed: false,
      httpsOnly: true,
      network: { publicAccess: true, otherwise: 'allow', addresses: [] },
      tags: {},
      provisioning: 'Succeeded',
    },
    containers: [
      { name: 'escrow', immutableDays: null, locked: false, legalHold: false, publicAccess: false },
    ],
    service: { versions: true, deletedDays: 30 },
    fail: () => null,
  }
  const { store, blobs } = fakeBlobStore({
    ref: azureTarget,
    host: fakeHost,
    principal: operator,
    fail: (call) => state.fail(call),
  })
  blobs.set('escrow', new Map())
  state.blobs = blobs
  const never = (): never => {
    throw fail('internal')
  }
  azure.ports = {
    ...azure.ports,
    storage: {
      at: async (_azure, host) => {
        if (host !== fakeHost) throw fail('azure-unreachable', { host })
        return store
      },
      accounts: async () => ({
        ref: azureTarget,
        principal: operator,
        accounts: async () => [state.account],
        account: async () => state.account,
        blobService: async () => state.service,
        containers: async () => state.containers,
        container: async (_group, _account, name) =>
          state.containers.find((one) => one.name === name) ?? null,
        accountName: never,
        createAccount: never,
        accountKey: never,
        regenerateKey: never,
        deleteAccount: never,
        createContainer: never,
      }),
    },
  }
  return state
}
