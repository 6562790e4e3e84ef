import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AnonymousCredential, ContainerClient } from '@azure/storage-blob'
import { setLogLevel } from '@azure/logger'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { problemOf } from '../../shared/errors/problem.ts'
import { azureIdProblem, storagePlaceOf } from '../../shared/model/azure.ts'
import { internetMeans } from '../../electron/targets/azure/means.ts'
import type { SecretBytes } from '../../electron/platform/secret-bytes.ts'
import type { BlobStore, StorageAccounts } from '../../electron/ports/storage.ts'
import { GROUPS, STORAGE } from '../../sandbox/azure/estate-ids.ts'
import type { AzureOrder } from '../../sandbox/azure/orders.ts'
import { WITHOUT_DELAYS } from '../../sandbox/azure/settings.ts'
import { startAzure, type AzureSandbox } from '../../sandbox/azure/start.ts'
import { fakeBlobStore } from '../support/fake-blob-store.ts'
import { azureRefOfTests, azureStage, clientSecret, type AzureStage } from './azure-program.ts'
import { DivertAgent } from './azure-sandbox.ts'
import { codeOf, storagePortSuite, type StorageBackend } from './storage-port.ts'

const host = `${STORAGE.account}.blob.core.windows.net`

const fake = async (): Promise<StorageBackend> => ({
  store: fakeBlobStore({
    ref: azureRefOfTests,
    host,
    principal: {
      tenantId: '11111111-1111-4111-8111-111111111111',
      objectId: '33333333-3333-4333-8333-333333333333',
      applicationId: null,
      kind: 'service',
      name: null,
    },
  }).store,
  stop: () => Promise.resolve(),
})

let folder: string
let simulator: AzureSandbox
const stages: AzureStage[] = []
const stageAs = (name = 'ktr-operator'): AzureStage => {
  const found = simulator.facts().applications.find((one) => one.name === name)
  const stage = azureStage({
    facts: simulator.facts(),
    signIn: clientSecret(found?.clientId ?? ''),
    secret: found?.secret ?? '',
    host: 'ktr-vault-weu.vault.azure.net',
  })
  stages.push(stage)
  return stage
}
const storeAs = (name?: string, at = host): Promise<BlobStore> =>
  stageAs(name).azure.storage.at(azureRefOfTests, at)

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ktr-storageport-'))
  simulator = await startAzure({ folder, settings: WITHOUT_DELAYS })
})
afterAll(async () => {
  for (const stage of stages) stage.azure.closeAll()
  await simulator.close()
  rmSync(folder, { recursive: true, force: true })
  // Nothing here asked for a host beyond Azure's, whichever test it was.
  expect(stages.flatMap(({ refused }) => refused)).toEqual([])
})

storagePortSuite('fake', fake)
storagePortSuite('simulated Azure', async () => ({ store: await storeAs(), stop: () => Promise.resolve() }))

/** A client that has nothing but the signature. */
const withSignature = async (
  container: string,
  signature: SecretBytes,
  work: (client: ContainerClient) => Promise<unknown>,
): Promise<number | undefined> => {
  const agent = new DivertAgent(simulator.facts())
  const query = signature.use((bytes) => bytes.toString('utf8'))
  const options = { agent, retryOptions: { maxTries: 1 } }
  try {
    await work(
      new ContainerClient(`https://${host}/${container}?${query}`, new AnonymousCredential(), options),
    )
    return 200
  } catch (thrown) {
    return (thrown as { statusCode?: number }).statusCode
  } finally {
    agent.destroy()
  }
}

describe('storage of simulated Azure', () => {
  const { container } = STORAGE
  const order = (what: AzureOrder) => simulator.order(what)
  const write = (store: BlobStore, name: string) =>
    store.writeNew(container, name, Buffer.from('one'), 'abcd2345')

  it('a role on blobs is needed; Reader is not one', async () => {
    const store = await storeAs('ktr-reader')
    const refused = await store.blobs(container, '').then(() => null, problemOf)
    expect(refused?.code).toBe('storage-no-permission')
    expect(refused?.causes[0]).toBe(
      'The right is missing: Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read. Owner and Contributor have none on the blobs themselves',
    )
    expect(refused?.next).toContain('on the account (on a container alone it can’t sign)')
  })

  it('hosts: another kind, another cloud, nobody’s', async () => {
    expect(await codeOf(storeAs(undefined, 'ktr-vault-weu.vault.azure.net'))).toBe('azure-name')
    expect(await codeOf(storeAs(undefined, `${STORAGE.account}.blob.core.chinacloudapi.cn`))).toBe(
      'azure-name',
    )
    const gone = await storeAs(undefined, 'ktrnobody.blob.core.windows.net')
    expect(await codeOf(gone.containers())).toBe('azure-not-simulated')
  })

  it('a firewall has its words', async () => {
    const store = await storeAs()
    await order({ do: 'storage', account: STORAGE.account, publicAccess: 'Disabled' })
    try {
      expect(await codeOf(store.blobs(container, ''))).toBe('storage-firewall')
    } finally {
      await order({ do: 'storage', account: STORAGE.account, publicAccess: 'Enabled' })
    }
  })

  it('what the blob service keeps, and what a container is held by', async () => {
    const each = await accounts()
    expect(await each.blobService(GROUPS.weu, STORAGE.account)).toEqual({
      versions: false,
      deletedDays: null,
    })
    expect(await codeOf(each.blobService(GROUPS.weu, 'ktrnobody'))).toBe('azure-not-found')
    await order({ do: 'immutability', account: STORAGE.account, container, days: 3 })
    try {
      const found = await each.container(GROUPS.weu, STORAGE.account, container)
      expect(found).toMatchObject({ immutableDays: 3, locked: false, publicAccess: false })
    } finally {
      await order({ do: 'immutability', account: STORAGE.account, container, days: null })
    }
  })

  it('an immutability policy has its words', async () => {
    const store = await storeAs()
    const { etag } = await write(store, 'kept')
    await order({ do: 'immutability', account: STORAGE.account, container, days: 3 })
    try {
      expect(await codeOf(store.deleteBlob(container, 'kept', etag))).toBe('storage-immutable')
    } finally {
      await order({ do: 'immutability', account: STORAGE.account, container, days: null })
    }
  })

  it('a lease is seen and has its words; without it the same blob goes', async () => {
    const store = await storeAs()
    const { etag } = await write(store, 'leased')
    using key = await accounts().then((each) => each.accountKey(GROUPS.weu, STORAGE.account, 'key1'))
    using signature = await store.signContainer({
      container,
      rights: ['read', 'write', 'delete'],
      starts: new Date(Date.now() - 60_000).toISOString(),
      expires: new Date(Date.now() + 600_000).toISOString(),
      by: { kind: 'key', key },
    })
    const found: unknown[] = []
    const status = await withSignature(container, signature, async (client) => {
      const lease = client.getBlobClient('leased').getBlobLeaseClient()
      await lease.acquireLease(-1)
      found.push((await store.blob(container, 'leased'))?.lease)
      found.push(await codeOf(store.deleteBlob(container, 'leased', etag)))
      await lease.releaseLease()
    })
    expect([status, ...found]).toEqual([200, 'leased', 'storage-leased'])
    await store.deleteBlob(container, 'leased', etag)
    expect(await store.blob(container, 'leased')).toBeNull()
  })

  it('throttled: waited for and sent again; failed while writing: not sent again', async () => {
    const stage = stageAs()
    const store = await stage.azure.storage.at(azureRefOfTests, host)
    const blobs = { host: '*.blob.core.windows.net', method: 'PUT' } as const
    await order({ do: 'fault', fault: { kind: 'throttle', retryAfter: null, ...blobs } })
    await write(store, 'throttled')
    expect(stage.waits).toEqual([1_000])
    await order({ do: 'fault', fault: { kind: 'fail', status: 500, ...blobs } })
    expect(await codeOf(write(store, 'failed'))).toBe('azure-failed')
    await order({ do: 'fault', fault: { kind: 'drop', when: 'after', ...blobs } })
    expect(await codeOf(write(store, 'lost'))).toBe('azure-unreachable')
    expect((await store.blob(container, 'lost'))?.mark).toBe('abcd2345')
  })

  it('a read that fails at Azure or loses its answer is sent again', async () => {
    const stage = stageAs()
    const store = await stage.azure.storage.at(azureRefOfTests, host)
    const { etag } = await write(store, 'again')
    const gets = { host: '*.blob.core.windows.net', method: 'GET' } as const
    await order({ do: 'fault', fault: { kind: 'fail', status: 503, code: 'InternalError', ...gets } })
    await order({ do: 'fault', fault: { kind: 'drop', after: 1, ...gets } })
    const part = { from: 0, length: 3, etag }
    expect(Buffer.from(await store.read(container, 'again', part)).toString()).toBe('one')
    expect(stage.waits.length).toBe(2)
  })

  it('a signature opens its container and no other, with its rights only', async () => {
    const store = await storeAs()
    await write(store, 'signed')
    const now = Date.now()
    const request = {
      container,
      rights: ['read'],
      starts: new Date(now - 60_000).toISOString(),
      expires: new Date(now + 600_000).toISOString(),
    } as const
    using key = await accounts().then((each) => each.accountKey(GROUPS.weu, STORAGE.account, 'key1'))
    for (const by of [{ kind: 'sign-in' }, { kind: 'key', key }] as const) {
      using signature = await store.signContainer({ ...request, by })
      const read = (client: ContainerClient) => client.getBlobClient('signed').getProperties()
      const remove = (client: ContainerClient) => client.getBlobClient('signed').delete()
      expect(await withSignature(container, signature, read)).toBe(200)
      expect(await withSignature(container, signature, remove)).toBe(403)
      expect(await withSignature('ktr-other', signature, read)).toBe(403)
    }
  })

  const accounts = (): Promise<StorageAccounts> => stageAs().azure.storage.accounts(azureRefOfTests)

  it('accounts: read, made, keys taken and made new, deleted', async () => {
    const control = await accounts()
    const [seeded] = await control.accounts()
    expect(seeded).toMatchObject({ name: STORAGE.account, host, keysAllowed: true, publicBlobs: false })
    expect(await control.account(GROUPS.weu, 'ktrnone')).toBeNull()
    expect(await control.accountName(STORAGE.account)).toEqual({ free: false, why: 'taken' })
    expect(await control.accountName('Ktr')).toEqual({ free: false, why: 'rule' })
    const name = 'ktrbackups07'
    expect(await control.accountName(name)).toEqual({ free: true, why: null })
    const request = {
      name,
      group: GROUPS.neu,
      region: 'northeurope',
      sku: 'Standard_ZRS',
      keysAllowed: true,
    } as const
    const made = await control.createAccount(request)
    expect(made).toMatchObject({ name, minimumTls: 'TLS1_2', publicBlobs: false, httpsOnly: true })
    expect(await control.createContainer(GROUPS.neu, name, 'ktr-backups')).toMatchObject({
      name: 'ktr-backups',
      immutableDays: null,
      publicAccess: false,
    })
    expect((await control.containers(GROUPS.neu, name)).map((one) => one.name)).toEqual(['ktr-backups'])
    expect(await codeOf(control.createAccount({ ...request, group: GROUPS.weu, region: 'westeurope' }))).toBe(
      'storage-account-name-taken',
    )
    expect(await codeOf(control.createAccount({ ...request, name: 'Bad-Name' }))).toBe('azure-name')
    using before = await control.accountKey(GROUPS.neu, name, 'key2')
    using after = await control.regenerateKey(GROUPS.neu, name, 'key2')
    expect(after.use((bytes) => bytes.toString())).not.toBe(before.use((bytes) => bytes.toString()))
    await control.deleteAccount(GROUPS.neu, name)
    await control.deleteAccount(GROUPS.neu, name)
    expect(await control.account(GROUPS.neu, name)).toBeNull()
  })

  it('neither keys nor signatures are printed, whatever the environment asks of the libraries', async () => {
    const store = await storeAs()
    const control = await accounts()
    const printed: string[] = []
    const prints = (['stdout', 'stderr'] as const).map((name) =>
      vi.spyOn(process[name], 'write').mockImplementation((text) => {
        printed.push(String(text))
        return true
      }),
    )
    const consoles = (['log', 'info', 'warn', 'error', 'debug'] as const).map((name) =>
      vi.spyOn(console, name).mockImplementation((...given: unknown[]) => void printed.push(given.join(' '))),
    )
    setLogLevel('verbose')
    try {
      using key = await control.accountKey(GROUPS.weu, STORAGE.account, 'key1')
      const now = Date.now()
      const times = { starts: new Date(now).toISOString(), expires: new Date(now + 60_000).toISOString() }
      const request = { container, rights: ['read'], ...times, by: { kind: 'key', key } } as const
      using signature = await store.signContainer(request)
      using delegated = await store.signContainer({ ...request, by: { kind: 'sign-in' } })
      const secrets = [key, signature, delegated].map((one) => one.use((bytes) => bytes.toString('utf8')))
      expect(secrets.every((secret) => secret.length > 40)).toBe(true)
      for (const secret of secrets) expect(printed.join('\n').includes(secret)).toBe(false)
    } finally {
      setLogLevel(undefined)
      for (const spy of [...prints, ...consoles]) spy.mockRestore()
    }
  })

  it('a reader may not take keys; the refusal quotes none', async () => {
    const control = await stageAs('ktr-reader').azure.storage.accounts(azureRefOfTests)
    expect(await codeOf(control.accountKey(GROUPS.weu, STORAGE.account, 'key1'))).toBe('azure-no-permission')
  })
})

const variable = 'KEYTURN_TEST_STORAGE'
const form =
  'https://ACCOUNT.blob.core.windows.net/?tenant=ID&subscription=ID&client=ID&secret=VALUE, an account in which containers may be made'

const real = (address: string) => async (): Promise<StorageBackend> => {
  const { protocol, hostname, searchParams } = new URL(address)
  const id = (name: string): string => {
    const value = searchParams.get(name) ?? ''
    const problem = azureIdProblem(value, name)
    if (problem !== null) throw new Error(`${variable}: ${problem}`)
    return value
  }
  if (protocol !== 'https:' || storagePlaceOf(hostname) === null) throw new Error(`${variable} is ${form}`)
  const stage = azureStage({
    facts: { host: '', port: 0, caPem: '', tenantId: id('tenant'), subscriptionId: id('subscription') },
    signIn: clientSecret(id('client')),
    secret: searchParams.get('secret') ?? '',
    host: hostname,
    means: () => internetMeans({ proxy: '', corporateCa: '' }),
  })
  return {
    store: await stage.azure.storage.at(azureRefOfTests, hostname),
    stop: async () => stage.azure.closeAll(),
  }
}

const address = process.env[variable]
if (address !== undefined && address !== '') storagePortSuite('real account', real(address))
else {
  describe('Storage port: real account', () => {
    it.skip(`needs ${variable}: ${form}`, () => undefined)
  })
}
