import { StorageManagementClient } from '@azure/arm-storage'
import {
  AnonymousCredential,
  BlobServiceClient,
  ContainerClient,
  ContainerSASPermissions,
  generateBlobSASQueryParameters,
  SASProtocol,
  StorageSharedKeyCredential,
} from '@azure/storage-blob'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { GROUPS, STORAGE } from '../../sandbox/azure/estate-ids.ts'
import { noRetries, startStage, type Stage, type Who } from './azure-sandbox.ts'

const { account, container } = STORAGE
const base = `https://${account}.blob.core.windows.net`
const options = { location: 'westeurope', kind: 'StorageV2', sku: { name: 'Standard_LRS' } } as const

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage.end(), 30_000)

const control = (who?: Who) =>
  new StorageManagementClient(stage.credential(who), stage.facts.subscriptionId, {
    agent: stage.agent,
    ...noRetries,
  })

const pipeline = () => ({ agent: stage.agent, retryOptions: { maxTries: 1 } })
const byToken = (who?: Who) => new BlobServiceClient(base, stage.credential(who), pipeline())
const keyOf = () => stage.facts.storageAccounts[0]?.key ?? ''
const byKey = () => new BlobServiceClient(base, new StorageSharedKeyCredential(account, keyOf()), pipeline())

/** Status and code of a refused call; the code stands in a header where a reply has no readable body. */
const refusal = async (call: Promise<unknown>): Promise<string> => {
  try {
    await call
    return 'kept'
  } catch (thrown) {
    const { statusCode, code, response } = thrown as {
      statusCode?: number
      code?: string
      response?: { headers: { get(name: string): string | undefined } }
    }
    return [statusCode, code ?? response?.headers.get('x-ms-error-code')]
      .filter((each) => each !== undefined)
      .join(' ')
  }
}

/** A signed address of the seeded container. */
const signed = (permissions: string, minutes = 30, name: string = container): ContainerClient => {
  const now = Date.now()
  const query = generateBlobSASQueryParameters(
    {
      containerName: name,
      permissions: ContainerSASPermissions.parse(permissions),
      startsOn: new Date(now - 3_600_000),
      expiresOn: new Date(now + minutes * 60_000),
      protocol: SASProtocol.Https,
    },
    new StorageSharedKeyCredential(account, keyOf()),
  )
  return new ContainerClient(`${base}/${name}?${query.toString()}`, new AnonymousCredential(), pipeline())
}

const upload = (client: ContainerClient, name: string, bytes = 'one') =>
  client.getBlockBlobClient(name).upload(bytes, bytes.length, { conditions: { ifNoneMatch: '*' } })

describe('the blob service', () => {
  test(
    'starts at the first request, with the container of the estate, by account key',
    { timeout: 60_000 },
    async () => {
      const names = []
      for await (const { name } of byKey().listContainers()) names.push(name)
      expect(names).toEqual([container])
    },
  )

  test('a wrong key is refused by Azurite itself', async () => {
    const wrong = new StorageSharedKeyCredential(account, Buffer.alloc(64).toString('base64'))
    const call = new BlobServiceClient(base, wrong, pipeline()).getProperties()
    expect(await refusal(call)).toBe('403 AuthenticationFailed')
  })

  test('a signature of the container writes, reads, lists and does not write twice', async () => {
    const client = signed('rwl')
    await upload(client, 'a/b.bak')
    expect(await refusal(upload(client, 'a/b.bak', 'two'))).toContain('409')
    const bytes = await client.getBlobClient('a/b.bak').downloadToBuffer(1, 2)
    expect(bytes.toString()).toBe('ne')
  })

  test('a signature that ended, one for another container and one without the right are refused', async () => {
    expect(await refusal(upload(signed('rwl', -5), 'c'))).toBe('403 AuthenticationFailed')
    expect(await refusal(upload(signed('r'), 'c'))).toBe('403 AuthorizationPermissionMismatch')
    const other = signed('rwl')
    const moved = new ContainerClient(
      other.url.replace(container, 'other'),
      new AnonymousCredential(),
      pipeline(),
    )
    expect(await refusal(upload(moved, 'c'))).toBe('403 AuthenticationFailed')
  })

  test('large bodies pass in blocks', async () => {
    const bytes = Buffer.alloc(9 * 2 ** 20, 7)
    const blob = byKey().getContainerClient(container).getBlockBlobClient('large')
    await blob.uploadData(bytes, { blockSize: 4 * 2 ** 20, maxSingleShotSize: 2 ** 20 })
    expect((await blob.getProperties()).contentLength).toBe(bytes.length)
  })

  test('page blobs are there', async () => {
    const page = byKey().getContainerClient(container).getPageBlobClient('page')
    await page.create(1024)
    await page.uploadPages(Buffer.alloc(512, 1), 512, 512)
    expect((await page.downloadToBuffer(510, 4)).toString('hex')).toBe('00000101')
  })
})

describe('who signs in', () => {
  test('with a data role reads and writes; with Reader alone is refused', async () => {
    await upload(byToken().getContainerClient(container), 'by-token')
    const mine = byToken('ktr-reader').getContainerClient(container).getBlobClient('by-token')
    expect(await refusal(mine.downloadToBuffer())).toContain('403 AuthorizationPermissionMismatch')
  })

  test('gets a key to sign with, whose signature works as long as the role does', async () => {
    const starts = new Date(Date.now() - 60_000)
    const ends = new Date(Date.now() + 600_000)
    const key = await byToken().getUserDelegationKey(starts, ends)
    const query = generateBlobSASQueryParameters(
      {
        containerName: container,
        permissions: ContainerSASPermissions.parse('r'),
        startsOn: starts,
        expiresOn: ends,
      },
      key,
      account,
    )
    const client = new ContainerClient(
      `${base}/${container}?${query.toString()}`,
      new AnonymousCredential(),
      pipeline(),
    )
    expect((await client.getBlobClient('by-token').downloadToBuffer()).toString()).toBe('one')
    await stage.azure.order({
      do: 'revokeRole',
      principal: 'ktr-operator',
      role: 'Storage Blob Data Contributor',
    })
    expect(await refusal(client.getBlobClient('by-token').downloadToBuffer())).toContain(
      '403 AuthorizationPermissionMismatch',
    )
    const scope = `/subscriptions/${stage.facts.subscriptionId}`
    await stage.azure.order({
      do: 'grantRole',
      principal: 'ktr-operator',
      role: 'Storage Blob Data Contributor',
      scope,
    })
  })

  test('without anything is told to', async () => {
    const anonymous = new ContainerClient(`${base}/${container}`, new AnonymousCredential(), pipeline())
    expect(await refusal(anonymous.getProperties())).toContain('401')
  })
})

describe('what only Azure refuses', () => {
  test('shared keys turned off, the firewall, an account that is not there', async () => {
    await stage.azure.order({ do: 'storage', account, sharedKeyAccess: false })
    expect(await refusal(byKey().getProperties())).toContain('403 KeyBasedAuthenticationNotPermitted')
    expect(await refusal(upload(signed('rwl'), 'd'))).toContain('403 KeyBasedAuthenticationNotPermitted')
    await stage.azure.order({ do: 'storage', account, sharedKeyAccess: true, defaultAction: 'Deny' })
    expect(await refusal(byKey().getProperties())).toContain('403 AuthorizationFailure')
    await stage.azure.order({ do: 'storage', account, defaultAction: 'Allow' })
    const gone = new BlobServiceClient(base.replace(account, 'ktrnobody'), stage.credential(), pipeline())
    expect(await refusal(gone.getProperties())).toContain('501')
  })

  test('blobs under an immutability policy stay as they are', async () => {
    await stage.azure.order({ do: 'immutability', account, container, days: 7 })
    const client = byKey().getContainerClient(container)
    await upload(client, 'kept')
    const blob = client.getBlockBlobClient('kept')
    expect(await refusal(blob.delete())).toContain('409 BlobImmutableDueToPolicy')
    expect(await refusal(blob.upload('x', 1))).toContain('409 BlobImmutableDueToPolicy')
    const policy = await control().blobContainers.getImmutabilityPolicy(GROUPS.weu, account, container)
    expect(policy).toMatchObject({ immutabilityPeriodSinceCreationInDays: 7, state: 'Unlocked' })
    await stage.azure.order({ do: 'immutability', account, container, days: null })
    await blob.delete()
  })

  test('ordered faults come in the words of storage', async () => {
    await stage.azure.order({
      do: 'fault',
      fault: { kind: 'throttle', retryAfter: 1, host: '*.blob.core.windows.net' },
    })
    expect(await refusal(byKey().getProperties())).toContain('503 ServerBusy')
    await stage.azure.order({ do: 'fault', fault: { kind: 'drop', host: '*.blob.core.windows.net' } })
    expect(await refusal(byKey().getProperties())).toBe('ECONNRESET')
    await byKey().getProperties()
  })
})

describe('accounts of Resource Manager', () => {
  const name = 'ktrbackups02'

  test('are made, read, listed and changed', async () => {
    const made = await control().storageAccounts.create(GROUPS.neu, name, {
      ...options,
      location: 'northeurope',
      minimumTlsVersion: 'TLS1_2',
      allowSharedKeyAccess: true,
    })
    expect(made).toMatchObject({ name, location: 'northeurope', kind: 'StorageV2' })
    const names = []
    for await (const one of control().storageAccounts.list()) names.push(one.name)
    expect(names.sort()).toEqual([account, name])
    const read = await control('ktr-reader').storageAccounts.getProperties(GROUPS.neu, name)
    expect(read).toMatchObject({ minimumTlsVersion: 'TLS1_2', allowSharedKeyAccess: true })
    const changed = await control().storageAccounts.update(GROUPS.neu, name, { allowBlobPublicAccess: false })
    expect(changed.allowBlobPublicAccess).toBe(false)
  })

  test('names: form, taken, available', async () => {
    const check = (wanted: string) =>
      control().storageAccounts.checkNameAvailability({
        name: wanted,
        type: 'Microsoft.Storage/storageAccounts',
      })
    expect(await check('Ktr-1')).toMatchObject({ nameAvailable: false, reason: 'AccountNameInvalid' })
    expect(await check(account)).toMatchObject({ nameAvailable: false, reason: 'AlreadyExists' })
    expect(await check('ktrfree')).toMatchObject({ nameAvailable: true })
    const create = (wanted: string, group: string) => control().storageAccounts.create(group, wanted, options)
    expect(await refusal(create('ab', GROUPS.weu))).toBe('400 AccountNameInvalid')
    expect(await refusal(create(name, GROUPS.weu))).toBe('409 StorageAccountAlreadyTaken')
  })

  test('keys are listed by who may; a new key works at once, the old one no longer', async () => {
    expect(await refusal(control('ktr-reader').storageAccounts.listKeys(GROUPS.neu, name))).toContain('403')
    const { keys = [] } = await control().storageAccounts.listKeys(GROUPS.neu, name)
    const service = (value = '') =>
      new BlobServiceClient(
        `https://${name}.blob.core.windows.net`,
        new StorageSharedKeyCredential(name, value),
        pipeline(),
      )
    await service(keys[0]?.value).getProperties()
    await service(keys[1]?.value).getProperties()
    const after = await control().storageAccounts.regenerateKey(GROUPS.neu, name, { keyName: 'key1' })
    expect(await refusal(service(keys[0]?.value).getProperties())).toContain('403')
    await service(after.keys?.[0]?.value).getProperties()
  })

  test('containers are made, seen and deleted; names are checked', async () => {
    const { blobContainers } = control()
    await blobContainers.create(GROUPS.neu, name, 'ktr-escrow', {})
    const names = []
    for await (const one of blobContainers.list(GROUPS.neu, name)) names.push(one.name)
    expect(names).toEqual(['ktr-escrow'])
    const one = await blobContainers.get(GROUPS.neu, name, 'ktr-escrow')
    expect(one).toMatchObject({ name: 'ktr-escrow', hasImmutabilityPolicy: false })
    expect(await refusal(blobContainers.create(GROUPS.neu, name, 'Bad_Name', {}))).toContain('400')
    expect(await refusal(blobContainers.get(GROUPS.neu, name, 'none'))).toContain('404 ContainerNotFound')
    await blobContainers.delete(GROUPS.neu, name, 'ktr-escrow')
    expect(await refusal(blobContainers.get(GROUPS.neu, name, 'ktr-escrow'))).toContain('404')
  })

  test('a deleted account is gone with its name', async () => {
    await control().storageAccounts.delete(GROUPS.neu, name)
    expect(await refusal(control().storageAccounts.getProperties(GROUPS.neu, name))).toContain('404')
    const gone = new BlobServiceClient(
      `https://${name}.blob.core.windows.net`,
      stage.credential(),
      pipeline(),
    )
    expect(await refusal(gone.getProperties())).toContain('501')
  })
})
