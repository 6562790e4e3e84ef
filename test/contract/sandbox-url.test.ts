import {
  ContainerSASPermissions,
  generateBlobSASQueryParameters,
  SASProtocol,
  StorageSharedKeyCredential,
  BlobServiceClient,
  type ContainerClient,
} from '@azure/storage-blob'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { STORAGE, VAULTS } from '../../sandbox/azure/estate-ids.ts'
import { installConnector, prepareRegistry } from '../../sandbox/sqlserver/engine/ekm/host.ts'
import { CONNECTOR_PATH } from '../../sandbox/sqlserver/engine/ekm/library.ts'
import { reachAzure } from '../../sandbox/sqlserver/host/ekm.ts'
import { testServer, type Client, type TestServer } from '../unit/sandbox/engine/harness.ts'
import { startStage, type Stage } from './azure-sandbox.ts'

/** BACKUP and RESTORE over the simulated accounts; what arrived is looked at with the vendor's own client. */
const { account, container } = STORAGE
const base = `https://${account}.blob.core.windows.net/${container}`
const blob = (name: string): string => `${base}/${name}`
const P = 'Some-good-pass-1'

let stage: Stage
let server: TestServer
let other: TestServer
let client: Client
let blobs: ContainerClient

const keyOf = (): string => stage.facts.storageAccounts[0]?.key ?? ''

const signature = (minutes = 60, permissions = 'rwdl'): string =>
  generateBlobSASQueryParameters(
    {
      containerName: container,
      permissions: ContainerSASPermissions.parse(permissions),
      startsOn: new Date(Date.now() - 7_200_000),
      expiresOn: new Date(Date.now() + minutes * 60_000),
      protocol: SASProtocol.Https,
    },
    new StorageSharedKeyCredential(account, keyOf()),
  ).toString()

const credential = (secret: string, name = base, identity = 'SHARED ACCESS SIGNATURE'): string =>
  `CREATE CREDENTIAL [${name}] WITH IDENTITY = '${identity}', SECRET = '${secret}'`

const pipeline = () => ({ agent: stage.agent, retryOptions: { maxTries: 1 } })

beforeAll(async () => {
  stage = await startStage()
  const reach = reachAzure(stage.azure)
  server = await testServer({ ekm: { reach } })
  other = await testServer({ ekm: { reach }, name: 'ktr-test-02' }, [])
  client = await server.connect()
  blobs = new BlobServiceClient(
    `https://${account}.blob.core.windows.net`,
    new StorageSharedKeyCredential(account, keyOf()),
    pipeline(),
  ).getContainerClient(container)
  await client.ok(
    `CREATE MASTER KEY ENCRYPTION BY PASSWORD = '${P}'; CREATE CERTIFICATE Backups WITH SUBJECT = 'Backups'`,
  )
  await client.ok(`${credential(signature())}; ${credential(keyOf(), 'by-key', account)}`)
  const elsewhere = await other.connect()
  await elsewhere.ok(credential(signature()))
  elsewhere.close()
})
afterAll(async () => {
  client.close()
  server.dispose()
  other.dispose()
  await stage.end()
})
beforeEach(() => stage.azure.order({ do: 'clearFaults' }))

const setSecret = (secret: string): Promise<unknown> =>
  client.ok(`ALTER CREDENTIAL [${base}] WITH IDENTITY = 'SHARED ACCESS SIGNATURE', SECRET = '${secret}'`)

describe('block blobs by a shared access signature', () => {
  it(
    'a backup is really in the blob, and a restore elsewhere really reads it',
    { timeout: 60_000 },
    async () => {
      await client.ok(
        `BACKUP DATABASE Sales TO URL = '${blob('sales.bak')}' WITH MAXTRANSFERSIZE = 65536, BLOCKSIZE = 65536, STATS = 50`,
      )
      const properties = await blobs.getBlobClient('sales.bak').getProperties()
      expect(properties.blobType).toBe('BlockBlob')
      const { committedBlocks = [] } = await blobs.getBlockBlobClient('sales.bak').getBlockList('committed')
      expect(committedBlocks[0]?.size).toBe(65_536)
      const elsewhere = await other.connect()
      const move = `MOVE 'Sales' TO 'D:\\Backup\\a.mdf', MOVE 'Sales_log' TO 'D:\\Backup\\a.ldf'`
      await elsewhere.ok(`RESTORE DATABASE Sales FROM URL = '${blob('sales.bak')}' WITH ${move}`)
      expect(await elsewhere.scalar("SELECT state_desc FROM sys.databases WHERE name = 'Sales'")).toBe(
        'ONLINE',
      )
      elsewhere.close()
    },
  )

  it('history and header name a URL', async () => {
    const [family] = await client.rows(
      `SELECT f.device_type, f.physical_device_name FROM msdb.dbo.backupset s JOIN msdb.dbo.backupmediafamily f ON f.media_set_id = s.media_set_id WHERE f.physical_device_name LIKE 'https%'`,
    )
    expect(family).toEqual({ device_type: 9, physical_device_name: blob('sales.bak') })
    const [header] = await client.rows(`RESTORE HEADERONLY FROM URL = '${blob('sales.bak')}'`)
    expect(header).toMatchObject({ DeviceType: 9, DatabaseName: 'Sales' })
    const [label] = await client.rows(`RESTORE LABELONLY FROM URL = '${blob('sales.bak')}'`)
    expect(label).toMatchObject({ FamilyCount: 1 })
    const files = await client.rows(`RESTORE FILELISTONLY FROM URL = '${blob('sales.bak')}'`)
    expect(files.map((file) => file['LogicalName'])).toEqual(['Sales', 'Sales_log'])
    const { infos } = await client.ok(`RESTORE VERIFYONLY FROM URL = '${blob('sales.bak')}'`)
    expect(infos.map(({ number }) => number)).toContain(3262)
  })

  it('stripes, encryption by certificate, and a log behind it', { timeout: 60_000 }, async () => {
    const two = `URL = '${blob('one.bak')}', URL = '${blob('two.bak')}'`
    await client.ok(
      `BACKUP DATABASE Sales TO ${two} WITH FORMAT, CHECKSUM, ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = Backups)`,
    )
    await client.ok(`BACKUP LOG Sales TO URL = '${blob('sales.trn')}'`)
    expect(await client.errors(`RESTORE VERIFYONLY FROM URL = '${blob('one.bak')}'`)).toEqual([3132, 3013])
    await client.ok(`RESTORE VERIFYONLY FROM ${two} WITH CHECKSUM`)
    await client.ok(`RESTORE DATABASE Sales FROM ${two} WITH REPLACE, NORECOVERY`)
    await client.ok(`RESTORE LOG Sales FROM URL = '${blob('sales.trn')}' WITH RECOVERY`)
    const elsewhere = await other.connect()
    expect(await elsewhere.errors(`RESTORE VERIFYONLY FROM ${two}`)).toEqual([33111, 3013])
    elsewhere.close()
  })

  it('a blob that is there needs FORMAT; then it is another one', async () => {
    const again = `BACKUP DATABASE Payroll TO URL = '${blob('sales.bak')}'`
    expect(await client.errors(again)).toEqual([3296, 3013])
    await client.ok(`${again} WITH FORMAT`)
    const [header] = await client.rows(`RESTORE HEADERONLY FROM URL = '${blob('sales.bak')}'`)
    expect(header).toMatchObject({ DatabaseName: 'Payroll' })
  })

  it('damage in the blob is found', async () => {
    const target = blobs.getBlockBlobClient('sales.bak')
    const bytes = await target.downloadToBuffer()
    const at = Math.floor(bytes.length / 2)
    bytes[at] = (bytes[at] ?? 0) ^ 1
    await target.uploadData(bytes)
    expect(await client.errors(`RESTORE VERIFYONLY FROM URL = '${blob('sales.bak')}'`)).toEqual([3189, 3013])
  })
})

describe('an asymmetric key of the vault', () => {
  it('encrypts a backup to a URL, and the vault is asked for the restore', { timeout: 60_000 }, async () => {
    const { instance } = server
    installConnector(instance, { version: '15.0.2000.440', signed: true, runtime: true })
    prepareRegistry(instance, true)
    client.close()
    instance.restart()
    await instance.recovered
    client = await server.connect()
    const ekm = stage.facts.applications.find(({ name }) => name === 'ktr-ekm-sql01')
    const secret = `${ekm?.clientId.replaceAll('-', '') ?? ''}${ekm?.secret ?? ''}`
    const make = (name: string) =>
      `CREATE CREDENTIAL ${name} WITH IDENTITY = '${VAULTS.good}', SECRET = '${secret}' FOR CRYPTOGRAPHIC PROVIDER p`
    await client.ok(
      `EXEC sp_configure 'show advanced options', 1; RECONFIGURE; EXEC sp_configure 'EKM provider enabled', 1; RECONFIGURE;
       CREATE CRYPTOGRAPHIC PROVIDER p FROM FILE = '${CONNECTOR_PATH}'; ${make('setup')}; ${make('own')}; ALTER LOGIN sa ADD CREDENTIAL setup;
       CREATE ASYMMETRIC KEY k FROM PROVIDER p WITH PROVIDER_KEY_NAME = 'ktr-backup-sql01', CREATION_DISPOSITION = OPEN_EXISTING;
       CREATE LOGIN k_login FROM ASYMMETRIC KEY k; ALTER LOGIN k_login ADD CREDENTIAL own`,
    )
    const url = blob('by-vault-key.bak')
    await client.ok(
      `BACKUP DATABASE Payroll TO URL = '${url}' WITH ENCRYPTION (ALGORITHM = AES_256, SERVER ASYMMETRIC KEY = k)`,
    )
    const [header] = await client.rows(`RESTORE HEADERONLY FROM URL = '${url}'`)
    expect(header).toMatchObject({ EncryptorType: 'ASYMMETRIC KEY', KeyAlgorithm: 'aes_256' })
    await client.ok(`RESTORE VERIFYONLY FROM URL = '${url}'`)
    await stage.azure.order({ do: 'revokeRole', principal: 'ktr-ekm-sql01' })
    expect(await client.errors(`RESTORE VERIFYONLY FROM URL = '${url}'`)).toContain(3013)
  })
})

describe('what goes wrong with a URL', () => {
  const backup = (to: string, more = ''): string => `BACKUP DATABASE Payroll TO URL = '${to}'${more}`
  const first = async (sql: string): Promise<string> => {
    const [error] = (await client.run(sql)).errors
    return `${error?.number ?? 0} ${/error (\d+)\(/.exec(error?.message ?? '')?.[1] ?? ''}`.trim()
  }

  it('no credential, one of another container, a malformed address', async () => {
    expect(await first(backup(`https://${account}.blob.core.windows.net/other/x.bak`))).toBe('3289')
    expect(await first(backup(`http://${account}.blob.core.windows.net/${container}/x.bak`))).toBe('3297')
    expect(await first(backup(`${base}`))).toBe('3297')
    expect(await first(backup(blob('x'.repeat(260))))).toBe('3297')
  })

  it('a signature that ended, or without the right to write, or with its question mark', async () => {
    await setSecret(signature(-5))
    expect(await first(backup(blob('x.bak')))).toBe('3201 5')
    expect(await first(`RESTORE HEADERONLY FROM URL = '${blob('one.bak')}'`)).toBe('3201 5')
    await setSecret(signature(60, 'r'))
    expect(await first(backup(blob('x.bak')))).toBe('3201 5')
    await setSecret(`?${signature()}`)
    expect(await first(backup(blob('x.bak')))).toMatch(/^3201 (5|86)$/)
    await setSecret(signature())
  })

  it('a blob, a container and an account that are not there', async () => {
    expect(await first(`RESTORE HEADERONLY FROM URL = '${blob('none.bak')}'`)).toBe('3201 2')
    const gone = `https://${account}.blob.core.windows.net/gone`
    await client.ok(credential(signature().replace(/&sr=c.*/, ''), gone))
    expect(await first(`RESTORE HEADERONLY FROM URL = '${gone}/a.bak'`)).toMatch(/^3201 /)
    const nobody = 'https://ktrnobody.blob.core.windows.net/c'
    await client.ok(credential(signature(), nobody))
    expect(await first(backup(`${nobody}/a.bak`))).toBe('3201 12007')
  })

  it('options that a URL does not take', async () => {
    expect(await first(backup(blob('x.bak'), ' WITH INIT'))).toBe('3291')
    expect(await first(backup(blob('x.bak'), ' WITH FORMAT, RETAINDAYS = 3'))).toBe('3291')
    expect(await first(backup(blob('x.bak'), ` WITH CREDENTIAL = 'by-key', MAXTRANSFERSIZE = 65536`))).toBe(
      '3291',
    )
    expect(
      await first(`BACKUP DATABASE Payroll TO DISK = 'D:\\Backup\\a.bak' WITH CREDENTIAL = 'by-key'`),
    ).toBe('3031')
  })

  it('a managed identity has no token on a machine outside of Azure', async () => {
    const name = `https://${account}.blob.core.windows.net/managed`
    await client.ok(`CREATE CREDENTIAL [${name}] WITH IDENTITY = 'Managed Identity'`)
    expect(await first(backup(`${name}/x.bak`))).toBe('37563')
  })

  it('a connection that drops once is tried again; one that goes on dropping ends the backup', async () => {
    const drop = { kind: 'drop', host: '*.blob.core.windows.net', method: 'PUT', after: 1 } as const
    await stage.azure.order({ do: 'fault', fault: drop })
    await client.ok(backup(blob('dropped.bak'), ' WITH FORMAT'))
    await stage.azure.order({ do: 'fault', fault: { ...drop, times: null } })
    const { errors } = await client.run(backup(blob('broken.bak'), ' WITH FORMAT'))
    expect(errors.map(({ number }) => number)).toEqual([3202, 3013])
    await stage.azure.order({ do: 'clearFaults' })
    expect(await blobs.getBlobClient('broken.bak').exists()).toBe(false)
    expect(
      await client.scalar(
        "SELECT COUNT(*) FROM msdb.dbo.backupmediafamily WHERE physical_device_name LIKE '%broken%'",
      ),
    ).toBe(0)
  })

  it('the account loses its keys to a firewall in the middle of a read', async () => {
    await stage.azure.order({
      do: 'fault',
      fault: {
        kind: 'fail',
        status: 403,
        code: 'AuthorizationFailure',
        host: '*.blob.core.windows.net',
        method: 'GET',
        times: null,
      },
    })
    expect(await client.errors(`RESTORE VERIFYONLY FROM URL = '${blob('one.bak')}'`)).toEqual([3203, 3013])
  })

  it('stopped in the middle, a backup leaves blocks and no blob', async () => {
    server.instance.faults.add({ kind: 'throttle', bytesPerSecond: 400_000 })
    const stop = new AbortController()
    const answer = await client.run(
      `BACKUP DATABASE Sales TO URL = '${blob('stopped.bak')}' WITH MAXTRANSFERSIZE = 65536, STATS = 10`,
      stop.signal,
      ({ number }) => {
        if (number === 3211) stop.abort()
      },
    )
    server.instance.faults.clear()
    expect(answer.errors.map(({ number }) => number)).toContain(3204)
    expect(await blobs.getBlobClient('stopped.bak').exists()).toBe(false)
    const list = await blobs.getBlockBlobClient('stopped.bak').getBlockList('uncommitted')
    expect(list.uncommittedBlocks?.length).toBeGreaterThan(0)
  })
})

describe('page blobs by an account key', () => {
  const with_ = "WITH CREDENTIAL = 'by-key'"

  it('a backup and a restore, with the credential in every statement', async () => {
    await client.ok(`BACKUP DATABASE Payroll TO URL = '${blob('pages.bak')}' ${with_}`)
    const properties = await blobs.getBlobClient('pages.bak').getProperties()
    expect(properties).toMatchObject({ blobType: 'PageBlob', leaseState: 'available' })
    await client.ok(`RESTORE VERIFYONLY FROM URL = '${blob('pages.bak')}' ${with_}`)
    await client.ok(`RESTORE DATABASE Payroll FROM URL = '${blob('pages.bak')}' ${with_}, REPLACE`)
    expect(await client.errors(`BACKUP DATABASE Payroll TO URL = '${blob('pages.bak')}' ${with_}`)).toEqual([
      3296, 3013,
    ])
  })

  it('the two kinds are not mixed', async () => {
    expect(await client.errors(`RESTORE HEADERONLY FROM URL = '${blob('one.bak')}' ${with_}`)).toEqual([
      3220, 3013,
    ])
    expect(await client.errors(`RESTORE HEADERONLY FROM URL = '${blob('pages.bak')}'`)).toEqual([3201, 3013])
    expect(
      await client.errors(`RESTORE HEADERONLY FROM URL = '${blob('one.bak')}' WITH CREDENTIAL = '${base}'`),
    ).toEqual([3225, 3013])
    expect(
      await client.errors(`RESTORE HEADERONLY FROM URL = '${blob('one.bak')}' WITH CREDENTIAL = 'none'`),
    ).toEqual([3288, 3013])
  })

  it('a wrong key, a leased blob, a service that fails or is not reached', async () => {
    const wrong = Buffer.alloc(64, 3).toString('base64')
    await client.ok(credential(wrong, 'wrong-key', account))
    const backup = (name: string, key = 'by-key'): Promise<number[]> =>
      client.errors(`BACKUP DATABASE Payroll TO URL = '${blob(name)}' WITH CREDENTIAL = '${key}', FORMAT`)
    expect(await backup('p.bak', 'wrong-key')).toEqual([3290, 3013])
    await blobs.getBlobClient('pages.bak').getBlobLeaseClient().acquireLease(-1)
    expect(await backup('pages.bak')).toEqual([3294, 3013])
    await blobs.getBlobClient('pages.bak').getBlobLeaseClient().breakLease(0)
    const pages = { host: '*.blob.core.windows.net', path: 'p.bak', times: null } as const
    await stage.azure.order({ do: 'fault', fault: { kind: 'fail', status: 500, ...pages } })
    expect(await backup('p.bak')).toEqual([3298, 3013])
    await stage.azure.order({ do: 'clearFaults' })
    await stage.azure.order({ do: 'fault', fault: { kind: 'drop', ...pages } })
    expect(await backup('p.bak')).toEqual([3292, 3013])
    await stage.azure.order({ do: 'clearFaults' })
    await stage.azure.order({ do: 'fault', fault: { kind: 'fail', status: 403, after: 4, ...pages } })
    expect(await backup('p.bak')).toEqual([3271, 3013])
  })
})

describe('keys at a URL', () => {
  it('a database master key goes to a blob and comes back', async () => {
    const place = `URL = '${blob('master.key')}'`
    await client.ok(`BACKUP MASTER KEY TO ${place} ENCRYPTION BY PASSWORD = '${P}'`)
    expect(await blobs.getBlobClient('master.key').exists()).toBe(true)
    expect(await client.errors(`BACKUP MASTER KEY TO ${place} ENCRYPTION BY PASSWORD = '${P}'`)).toEqual([
      15240,
    ])
    await client.ok(
      `RESTORE MASTER KEY FROM ${place} DECRYPTION BY PASSWORD = '${P}' ENCRYPTION BY PASSWORD = '${P}'`,
    )
    expect(
      await client.errors(
        `RESTORE MASTER KEY FROM URL = '${blob('none.key')}' DECRYPTION BY PASSWORD = '${P}' ENCRYPTION BY PASSWORD = '${P}'`,
      ),
    ).toEqual([15317])
  })
})
