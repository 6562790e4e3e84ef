import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { installConnector } from '../../../../sandbox/sqlserver/engine/ekm/host.ts'
import { CONNECTOR_GUID, CONNECTOR_PATH } from '../../../../sandbox/sqlserver/engine/ekm/library.ts'
import type { InstanceOptions } from '../../../../sandbox/sqlserver/engine/instance.ts'
import { FakeVault, VAULT } from './fake-vault.ts'
import {
  BEFORE_NOVEMBER,
  NEWEST,
  PROVIDER,
  SECRET,
  credential,
  ekmServer,
  openKey,
  withCredential,
  withServerKey,
} from './ekm-support.ts'
import type { EkmServer } from './ekm-support.ts'
import { PASSWORD } from './harness.ts'
import type { Client } from './harness.ts'

let vault: FakeVault
let server: EkmServer

beforeAll(async () => {
  vault = new FakeVault()
  await vault.start()
  vault.addVersion('ContosoRSAKey0')
})
beforeEach(() => vault.repair())
afterEach(() => server.dispose())
afterAll(() => vault.stop())

async function start(version = NEWEST, options: Partial<InstanceOptions> = {}): Promise<Client> {
  server = await ekmServer(vault.reach, version, options)
  return server.client
}

/** A provider, and `sa` with a credential of it. */
async function ready(version = NEWEST): Promise<Client> {
  const client = await start(version)
  await withCredential(server)
  return client
}

const login = (name: string): string => `CREATE LOGIN ${name} WITH PASSWORD = '${PASSWORD}'`

describe('the option and the edition', () => {
  it('without the option nothing of it works: 33053', async () => {
    const client = await start()
    await client.ok("EXEC sp_configure 'EKM provider enabled', 0; RECONFIGURE")
    expect(await client.errors(PROVIDER)).toEqual([33053])
    await client.ok("EXEC sp_configure 'EKM provider enabled', 1")
    expect(await client.errors(PROVIDER)).toEqual([33053])
    await client.ok(`RECONFIGURE; ${PROVIDER}`)
  })

  it.each([
    ['Express', 16],
    ['Standard', 14],
  ] as const)('%s of major version %i has none: 33054', async (edition, version) => {
    const client = await start(NEWEST, { edition, version })
    expect(await client.errors(PROVIDER)).toEqual([33054])
  })
})

describe('CRYPTOGRAPHIC PROVIDER', () => {
  it('is created from the library, shown, altered, switched and dropped', async () => {
    const client = await start()
    await client.ok(PROVIDER)
    expect(
      await client.rows('SELECT name, guid, version, dll_path, is_enabled FROM sys.cryptographic_providers'),
    ).toEqual([
      {
        name: 'AzureKeyVault_EKM',
        guid: CONNECTOR_GUID,
        version: NEWEST,
        dll_path: CONNECTOR_PATH,
        is_enabled: true,
      },
    ])
    const [properties] = await client.rows('SELECT * FROM sys.dm_cryptographic_provider_properties')
    expect(properties).toMatchObject({
      provider_version: NEWEST,
      asymmetric_key_support: 1,
      symmetric_key_support: 0,
    })
    server.install(BEFORE_NOVEMBER)
    await client.ok(`ALTER CRYPTOGRAPHIC PROVIDER AzureKeyVault_EKM FROM FILE = '${CONNECTOR_PATH}'`)
    expect(await client.scalar('SELECT version FROM sys.cryptographic_providers')).toBe(BEFORE_NOVEMBER)
    await client.ok('ALTER CRYPTOGRAPHIC PROVIDER AzureKeyVault_EKM DISABLE')
    expect(await client.errors(openKey('k', 'ContosoRSAKey0'))).toEqual([33031])
    await client.ok(
      'ALTER CRYPTOGRAPHIC PROVIDER AzureKeyVault_EKM ENABLE; DROP CRYPTOGRAPHIC PROVIDER AzureKeyVault_EKM',
    )
    expect(await client.scalar('SELECT COUNT(*) FROM sys.cryptographic_providers')).toBe(0)
  })

  it('refuses: a name or library twice, a missing, unsigned or foreign file, no runtime, a path above 256', async () => {
    const client = await start()
    await client.ok(PROVIDER)
    expect(await client.errors(PROVIDER)).toEqual([15530])
    expect(await client.errors(PROVIDER.replace('AzureKeyVault_EKM', 'other'))).toEqual([33026])
    await client.ok('DROP CRYPTOGRAPHIC PROVIDER AzureKeyVault_EKM')
    expect(await client.errors("CREATE CRYPTOGRAPHIC PROVIDER p FROM FILE = 'C:\\nowhere.dll'")).toEqual([
      33027,
    ])
    expect(
      await client.errors(`CREATE CRYPTOGRAPHIC PROVIDER p FROM FILE = 'C:\\${'a'.repeat(260)}.dll'`),
    ).toEqual([33027])
    await client.ok("BACKUP DATABASE Sales TO DISK = 'D:\\Backup\\s.bak'")
    expect(await client.errors("CREATE CRYPTOGRAPHIC PROVIDER p FROM FILE = 'D:\\Backup\\s.bak'")).toEqual([
      33027,
    ])
    const { instance } = server
    installConnector(instance, { version: NEWEST, signed: false, runtime: true })
    expect(await client.errors(PROVIDER)).toEqual([33081])
    installConnector(instance, { version: NEWEST, signed: true, runtime: false })
    expect(await client.errors(PROVIDER)).toEqual([33027])
    installConnector(instance, null)
    expect(await client.errors(PROVIDER)).toEqual([33027])
  })

  it('needs CONTROL SERVER, and a name that is there', async () => {
    const client = await start()
    const reader = await server.connect('reader')
    expect(await reader.errors(PROVIDER)).toEqual([15247])
    reader.close()
    for (const statement of ['ALTER CRYPTOGRAPHIC PROVIDER p DISABLE', 'DROP CRYPTOGRAPHIC PROVIDER p'])
      expect(await client.errors(statement)).toEqual([15151])
  })

  it('goes only without mapped credentials, and says that open sessions go on', async () => {
    const client = await ready()
    await withServerKey(server, 'k', 'ContosoRSAKey0')
    expect(await client.errors('DROP CRYPTOGRAPHIC PROVIDER AzureKeyVault_EKM')).toEqual([33044])
    const disabled = await client.ok('ALTER CRYPTOGRAPHIC PROVIDER AzureKeyVault_EKM DISABLE')
    expect(disabled.infos.map(({ number }) => number)).toEqual([33057])
    await client.ok('ALTER LOGIN sa DROP CREDENTIAL setup_cred; ALTER LOGIN k_login DROP CREDENTIAL k_cred')
    const dropped = await client.ok('DROP CRYPTOGRAPHIC PROVIDER AzureKeyVault_EKM')
    expect(dropped.infos.map(({ number }) => number)).toEqual([33058])
  })
})

describe('CREDENTIAL', () => {
  it('is shown without its secret; both kinds, and what they are for', async () => {
    const client = await start()
    await client.ok(
      `${PROVIDER}; ${credential('c')}; CREATE CREDENTIAL [https://ktr.blob.core.windows.net/backups] WITH IDENTITY = 'SHARED ACCESS SIGNATURE', SECRET = 'sv=2026-01-01&sig=${'x'.repeat(200)}'`,
    )
    const rows = await client.rows('SELECT * FROM sys.credentials')
    expect(rows).toMatchObject([
      { name: 'c', credential_identity: VAULT, target_type: 'CRYPTOGRAPHIC PROVIDER' },
      { name: 'https://ktr.blob.core.windows.net/backups', target_type: null, target_id: null },
    ])
    expect(rows[0]?.['target_id']).toBe(
      await client.scalar('SELECT provider_id FROM sys.cryptographic_providers'),
    )
    expect(JSON.stringify(rows)).not.toContain(SECRET)
    await client.ok(
      "ALTER CREDENTIAL c WITH IDENTITY = 'other'; DROP CREDENTIAL [https://ktr.blob.core.windows.net/backups]",
    )
    expect(await client.rows('SELECT name, credential_identity FROM sys.credentials')).toEqual([
      { name: 'c', credential_identity: 'other' },
    ])
  })

  it('refuses: a name twice or with #, no such provider, a long secret, no right, one that is not there', async () => {
    const client = await start()
    await client.ok(`${PROVIDER}; ${credential('c')}`)
    expect(await client.errors(credential('C'))).toEqual([15530])
    expect(await client.errors(credential('[#c]'))).toEqual([15253])
    expect(await client.errors(credential('d').replace('AzureKeyVault_EKM', 'nobody'))).toEqual([15151])
    expect(await client.errors(credential('d', VAULT, 'x'.repeat(121)))).toEqual([33067])
    expect(await client.errors("ALTER CREDENTIAL d WITH IDENTITY = 'x'")).toEqual([15151])
    expect(await client.errors('DROP CREDENTIAL d')).toEqual([15151])
    const reader = await server.connect('reader')
    expect(await reader.errors(credential('d'))).toEqual([15247])
    expect(await reader.errors('DROP CREDENTIAL c')).toEqual([15151])
    expect(await reader.rows('SELECT * FROM sys.credentials')).toEqual([])
    reader.close()
  })

  it('belongs to one login, a login has one for a provider, and one that is mapped stays', async () => {
    const client = await start()
    await client.ok(`${PROVIDER}; ${login('one')}; ${login('two')}; ${credential('c')}; ${credential('d')}`)
    await client.ok('ALTER LOGIN one ADD CREDENTIAL c')
    expect(await client.rows('SELECT * FROM sys.server_principal_credentials')).toEqual([
      {
        principal_id: await client.scalar(
          "SELECT principal_id FROM sys.server_principals WHERE name = 'one'",
        ),
        credential_id: await client.scalar("SELECT credential_id FROM sys.credentials WHERE name = 'c'"),
      },
    ])
    expect(await client.errors('ALTER LOGIN two ADD CREDENTIAL c')).toEqual([33042])
    expect(await client.errors('ALTER LOGIN one ADD CREDENTIAL d')).toEqual([33043])
    expect(await client.errors('ALTER LOGIN two DROP CREDENTIAL c')).toEqual([33045])
    expect(await client.errors('ALTER LOGIN two ADD CREDENTIAL nobody')).toEqual([15151])
    expect(await client.errors('ALTER LOGIN nobody ADD CREDENTIAL d')).toEqual([15151])
    expect(await client.errors('DROP CREDENTIAL c')).toEqual([15541])
    await client.ok("CREATE CREDENTIAL s WITH IDENTITY = 'storage', SECRET = 'key'")
    expect(await client.errors('ALTER LOGIN two ADD CREDENTIAL s')).toEqual([15535])
    await client.ok('DROP LOGIN one; DROP CREDENTIAL c')
    expect(await client.rows('SELECT * FROM sys.server_principal_credentials')).toEqual([])
  })
})
