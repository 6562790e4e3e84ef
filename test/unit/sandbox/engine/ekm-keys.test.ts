import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { prepareRegistry } from '../../../../sandbox/sqlserver/engine/ekm/host.ts'
import { CONNECTOR_GUID } from '../../../../sandbox/sqlserver/engine/ekm/library.ts'
import type { InstanceOptions } from '../../../../sandbox/sqlserver/engine/instance.ts'
import { CLIENT_ID, FakeVault, VAULT } from './fake-vault.ts'
import {
  BEFORE_NOVEMBER,
  NEWEST,
  OLD,
  PROVIDER,
  SECRET,
  concatenation,
  credential,
  ekmServer,
  openKey,
  providerCode,
  thumbprintOf,
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
  vault.addVersion('Big', 3072)
  vault.addVersion('Huge', 4096)
  vault.addVersion('Curve', 'ec')
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

describe('ASYMMETRIC KEY', () => {
  it('opens a key of the vault, by name or pinned, and shows what the catalog shows', async () => {
    const client = await ready()
    const { id } = vault.version('ContosoRSAKey0')
    await client.ok(openKey('k', `ContosoRSAKey0/${id}`))
    expect(
      await client.rows(
        'SELECT name, pvt_key_encryption_type, algorithm, algorithm_desc, key_length, sid, provider_type, cryptographic_provider_guid FROM sys.asymmetric_keys',
      ),
    ).toEqual([
      {
        name: 'k',
        pvt_key_encryption_type: 'NA',
        algorithm: '3R',
        algorithm_desc: 'RSA_2048',
        key_length: 2048,
        sid: null,
        provider_type: 'CRYPTOGRAPHIC PROVIDER',
        cryptographic_provider_guid: CONNECTOR_GUID,
      },
    ])
    expect(await client.scalar('SELECT DATALENGTH(thumbprint) FROM sys.asymmetric_keys')).toBe(20)
    // The same key of the vault, not pinned, is the same key.
    expect(await client.errors(openKey('again', 'ContosoRSAKey0'))).toEqual([15396])
    await client.ok(openKey('big', 'Big'))
    expect(await client.scalar("SELECT key_length FROM sys.asymmetric_keys WHERE name = 'big'")).toBe(2048)
    expect(await client.scalar('SELECT COUNT(*) FROM sys.dm_cryptographic_provider_sessions(1)')).toBe(1)
  })

  it('refuses what the engine refuses by itself', async () => {
    const client = await ready()
    await client.ok(openKey('k', 'ContosoRSAKey0'))
    expect(await client.errors(openKey('k', 'Big'))).toEqual([15396])
    expect(await client.errors(openKey('n', 'Big').replace('AzureKeyVault_EKM', 'nobody'))).toEqual([15151])
    expect(await client.errors(`${openKey('n', 'Big')}, ALGORITHM = RSA_2048`)).toEqual([33034])
    expect(await client.errors(`${openKey('n', 'Big')} ENCRYPTION BY PASSWORD = 'x'`)).toEqual([33040])
    expect(
      await providerCode(
        client,
        "CREATE ASYMMETRIC KEY n FROM PROVIDER AzureKeyVault_EKM WITH PROVIDER_KEY_NAME = 'New', ALGORITHM = RSA_2048",
      ),
    ).toBe('33035/3')
    await client.ok(login('other'))
    await client.ok('ALTER LOGIN sa DROP CREDENTIAL setup_cred')
    expect(await client.errors(openKey('n', 'Big'))).toEqual([33046])
    const reader = await server.connect('reader')
    expect(await reader.errors(openKey('n', 'Big'))).toEqual([15247])
    expect(await reader.errors('DROP ASYMMETRIC KEY k')).toEqual([15151])
    reader.close()
    expect(await client.errors('DROP ASYMMETRIC KEY nobody')).toEqual([15151])
    expect(await client.errors('DROP ASYMMETRIC KEY k REMOVE PROVIDER KEY')).toEqual([50000])
    expect(await client.errors('CREATE ASYMMETRIC KEY n WITH ALGORITHM = RSA_2048')).toEqual([50000])
  })

  it('the text of the documentation, letter by letter, where the registry key is missing', async () => {
    const client = await ready()
    prepareRegistry(server.instance, false)
    // What the service may write was looked at when it started.
    await client.ok(openKey('k', 'ContosoRSAKey0'))
    await client.ok('DROP ASYMMETRIC KEY k')
    const again = await server.restart()
    const { errors } = await again.run(openKey('EKMSampleASYKey', 'ContosoRSAKey0'))
    expect(errors).toMatchObject([
      {
        number: 33049,
        severity: 16,
        state: 2,
        message:
          "Key with name 'ContosoRSAKey0' does not exist in the provider or access is denied. Provider error code: 2058.  (Provider Error - No explanation is available, consult EKM Provider for details)",
      },
    ])
    // Granting it helps after the next restart.
    prepareRegistry(server.instance, true)
    expect(await providerCode(again, openKey('k', 'ContosoRSAKey0'))).toBe('33049/2058')
    await (await server.restart()).ok(openKey('k', 'ContosoRSAKey0'))
  })

  it('each name and key that the connector does not take', async () => {
    const client = await ready()
    const code = (name: string): Promise<string> => providerCode(client, openKey('n', name))
    expect(await code('a'.repeat(27))).toBe('33049/2049')
    expect(await code('a'.repeat(26))).toBe('33049/3112')
    expect(await code('Contoso_RSA')).toBe('33049/3110')
    expect(await code(`ContosoRSAKey0/${'1'.repeat(31)}`)).toBe('33049/3110')
    expect(await code(`ContosoRSAKey0/${'1'.repeat(32)}`)).toBe('33049/3112')
    expect(await code('Huge')).toBe('33049/3')
    expect(await code('Curve')).toBe('33049/3')
    vault.version('ContosoRSAKey0').enabled = false
    expect(await code('ContosoRSAKey0')).toBe('33049/3112')
    expect(await client.scalar('SELECT COUNT(*) FROM sys.asymmetric_keys')).toBe(0)
  })

  it('older connectors take no versions and no 3072 bits', async () => {
    const client = await ready(BEFORE_NOVEMBER)
    const { id } = vault.version('ContosoRSAKey0')
    expect(await providerCode(client, openKey('k', `ContosoRSAKey0/${id}`))).toBe('33049/2049')
    expect(await providerCode(client, openKey('k', 'Big'))).toBe('33049/3')
    await client.ok(openKey('k', 'ContosoRSAKey0'))
  })

  it.each([
    [NEWEST, [3112, 3113, 3109, 3111, 3108, 3107, 3110, 3119]],
    [OLD, [3076, 3077, 3011, 3013, 3010, 3009, 3012, 3019]],
  ] as const)(
    'answers of Azure through connector %s',
    async (version, [missing, forbidden, throttled, failed, token, dropped, refused, brokenOff]) => {
      const client = await ready(version)
      const forced = (answer: FakeVault['forced'][number]): Promise<string> => {
        vault.forced.splice(0, Infinity, answer, answer, answer)
        return providerCode(client, openKey('k', 'ContosoRSAKey0'))
      }
      expect(await forced(404)).toBe(`33049/${missing}`)
      expect(await forced(403)).toBe(`33049/${forbidden}`)
      expect(await forced(429)).toBe(`33049/${throttled}`)
      expect(await forced(500)).toBe(`33049/${failed}`)
      expect(await forced(401)).toBe(`33049/${token}`)
      expect(await forced('drop')).toBe(`33049/${dropped}`)
      expect(await forced(400)).toBe(`33049/${refused}`)
      expect(await forced('broken-off')).toBe(`33049/${brokenOff}`)
      expect(await forced('garbage')).toBe('33049/3400')
    },
  )

  it('a connector of September 2020 asks again after 429, an older one does not', async () => {
    const client = await ready()
    vault.forced.push(429, 503)
    await client.ok(openKey('k', 'ContosoRSAKey0'))
    server.dispose()
    const old = await ready(BEFORE_NOVEMBER)
    vault.forced.push(429)
    expect(await providerCode(old, openKey('k', 'ContosoRSAKey0'))).toBe('33049/3109')
  })

  it('a cancelled request waits for no vault', async () => {
    const client = await ready()
    vault.held = []
    const cancel = new AbortController()
    const running = client.run(openKey('k', 'ContosoRSAKey0'), cancel.signal)
    while (vault.held.length === 0) await new Promise((resolve) => setImmediate(resolve))
    cancel.abort()
    await running
    expect(await client.scalar('SELECT COUNT(*) FROM sys.asymmetric_keys')).toBe(0)
  })
})

describe('a session with the vault', () => {
  const secrets: [string, string, string, string][] = [
    ['nothing behind the client id', VAULT, CLIENT_ID.replaceAll('-', ''), '33028/2050'],
    ['hyphens left in the client id', VAULT, `${CLIENT_ID}${SECRET}`, '33028/3303'],
    ['another client id', VAULT, `${'0'.repeat(32)}${SECRET}`, '33028/3303'],
    ['a secret that expired', VAULT, concatenation('Old8~gone-secret.0000000000000000000'), '33028/3303'],
    ['https:// in the identity', `https://${VAULT}.vault.azure.net`, concatenation(), '33028/3900'],
    ['a vault that is not there', 'ktr-nowhere', concatenation(), '33028/3900'],
    ['a name that is none', 'not a vault', concatenation(), '33028/3900'],
  ]
  it('each wrong credential', async () => {
    const client = await start()
    await client.ok(PROVIDER)
    for (const [what, identity, secret, code] of secrets) {
      await client.ok(`${credential('c', identity, secret)}; ALTER LOGIN sa ADD CREDENTIAL c`)
      const { errors } = await client.run(openKey('k', 'ContosoRSAKey0'))
      expect(`${errors[0]?.number}/${/code: (\d+)/.exec(errors[0]?.message ?? '')?.[1] ?? ''}`, what).toBe(
        code,
      )
      expect(errors[0]?.message, what).not.toContain(SECRET)
      await client.ok('ALTER LOGIN sa DROP CREDENTIAL c; DROP CREDENTIAL c')
    }
  })

  it('a managed identity has no token on this machine: 3304', async () => {
    const client = await start()
    await client.ok(
      `${PROVIDER}; CREATE CREDENTIAL [${VAULT}.vault.azure.net] WITH IDENTITY = 'Managed Identity' FOR CRYPTOGRAPHIC PROVIDER AzureKeyVault_EKM; ALTER LOGIN sa ADD CREDENTIAL [${VAULT}.vault.azure.net]`,
    )
    expect(await providerCode(client, openKey('k', 'ContosoRSAKey0'))).toBe('33028/3304')
  })

  it('whole host names and managed HSMs are reached by their names', async () => {
    const client = await start()
    await withCredential(server, 'ktr-hsm.managedhsm.azure.net')
    await client.ok(openKey('k', 'ContosoRSAKey0'))
    expect(vault.log.at(-1)).toBe('GET ktr-hsm.managedhsm.azure.net/keys/ContosoRSAKey0/')
  })

  it('what the token endpoint answers', async () => {
    const client = await ready()
    vault.forcedLogin = 'no-token'
    expect(await providerCode(client, openKey('k', 'ContosoRSAKey0'))).toBe('33028/3304')
    vault.forcedLogin = 'garbage'
    expect(await providerCode(client, openKey('k', 'ContosoRSAKey0'))).toBe('33028/3307')
    vault.silentChallenge = true
    expect(await providerCode(client, openKey('k', 'ContosoRSAKey0'))).toBe('33028/3200')
    vault.silentChallenge = false
    vault.forcedLogin = 503
    expect(await providerCode(client, openKey('k', 'ContosoRSAKey0'))).toBe('33028/3111')
    vault.forcedLogin = undefined
    await client.ok(openKey('k', 'ContosoRSAKey0'))
  })

  it('the keys of the vault are shown to whoever has a credential, and nobody else', async () => {
    const client = await ready()
    const id = await client.scalar('SELECT provider_id FROM sys.cryptographic_providers')
    const query = `SELECT key_name, key_length, key_type FROM sys.dm_cryptographic_provider_keys(${String(id)}) ORDER BY key_name`
    expect(await client.rows(query)).toEqual([
      { key_name: 'Big', key_length: 3072, key_type: 'ASYMMETRIC KEY' },
      { key_name: 'ContosoRSAKey0', key_length: 2048, key_type: 'ASYMMETRIC KEY' },
    ])
    vault.allowed.delete('list')
    expect(await client.rows(query)).toEqual([])
    vault.allowed.add('list')
    await client.ok('ALTER LOGIN sa DROP CREDENTIAL setup_cred')
    expect(await client.rows(query)).toEqual([])
    expect(
      await client.errors(
        `IF EXISTS (SELECT 1 FROM sys.dm_cryptographic_provider_keys(${String(id)})) PRINT 'x'`,
      ),
    ).toEqual([50000])
  })
})

describe('what hangs on a key', () => {
  it('a login keeps it, a database keeps it, and a key without a login is 33121', async () => {
    const client = await ready()
    await client.ok(openKey('k', 'ContosoRSAKey0'))
    const dek =
      'USE Sales; CREATE DATABASE ENCRYPTION KEY WITH ALGORITHM = AES_256 ENCRYPTION BY SERVER ASYMMETRIC KEY k; USE master'
    const { errors } = await client.run(dek)
    expect(errors).toMatchObject([
      {
        number: 33121,
        message:
          "The asymmetric key 'k' does not have a login associated with it. Create a login and credential for this key to automatically access the extensible key management provider 'AzureKeyVault_EKM'.",
      },
    ])
    await client.ok('CREATE LOGIN k_login FROM ASYMMETRIC KEY k')
    expect(
      await client.rows("SELECT type, type_desc FROM sys.server_principals WHERE name = 'k_login'"),
    ).toEqual([{ type: 'K', type_desc: 'ASYMMETRIC_KEY_MAPPED_LOGIN' }])
    expect(await client.errors(dek)).toEqual([33046])
    expect(await client.errors('DROP ASYMMETRIC KEY k')).toEqual([15352])
    expect(await client.errors('CREATE LOGIN k_login FROM ASYMMETRIC KEY k')).toEqual([15025])
    expect(await client.errors('CREATE LOGIN l FROM ASYMMETRIC KEY nobody')).toEqual([15151])
    await expect(server.connect('k_login', '')).rejects.toThrow('18456')
    await client.ok(
      'ALTER LOGIN sa DROP CREDENTIAL setup_cred; ALTER LOGIN k_login ADD CREDENTIAL setup_cred',
    )
    await client.ok(dek)
    expect(await client.errors('DROP ASYMMETRIC KEY k')).toEqual([33127])
    await client.ok('DROP LOGIN k_login')
    expect(await client.errors('DROP ASYMMETRIC KEY k')).toEqual([33127])
    await client.ok('USE Sales; DROP DATABASE ENCRYPTION KEY; USE master; DROP ASYMMETRIC KEY k')
    expect(await client.errors(dek)).toEqual([15151])
  })

  it('a vault that does not wrap leaves no encryption key behind', async () => {
    const client = await ready()
    await withServerKey(server, 'k', 'ContosoRSAKey0')
    vault.allowed.delete('wrapkey')
    const dek =
      'CREATE DATABASE ENCRYPTION KEY WITH ALGORITHM = AES_256 ENCRYPTION BY SERVER ASYMMETRIC KEY k'
    await client.ok('USE Sales')
    expect(await providerCode(client, dek)).toBe('33049/3113')
    expect(await client.errors('ALTER DATABASE Sales SET ENCRYPTION ON')).toEqual([33106, 5069])
    vault.allowed.add('wrapkey')
    vault.forced.push('garbage')
    expect(await providerCode(client, dek)).toBe('33049/3603')
    await client.ok(dek)
  })
})

describe('the registry', () => {
  const read = (key: string, rest = "N'KeyUri'"): string =>
    `EXEC master.dbo.xp_instance_regread N'HKEY_LOCAL_MACHINE', N'${key}', ${rest}`

  it('is readable below the key of the connector, also into a variable; the rest is not simulated', async () => {
    const client = await ready()
    await client.ok(openKey('k', 'ContosoRSAKey0'))
    const thumbprint = await thumbprintOf(client, 'k')
    const key = `SOFTWARE\\Microsoft\\SQL Server Cryptographic Provider\\Azure Key Vault\\https://${VAULT}.vault.azure.net\\${thumbprint}`
    const uri = `https://${VAULT}.vault.azure.net/keys/ContosoRSAKey0/${vault.version('ContosoRSAKey0').id}`
    expect(await client.rows(read(key))).toEqual([{ Value: 'KeyUri', Data: uri }])
    expect(
      await client.scalar(`DECLARE @v nvarchar(400); ${read(key, "N'KeyUri', @v OUTPUT")}; SELECT @v`),
    ).toBe(uri)
    expect(await client.errors(read(`${key}0`))).toEqual([22001])
    expect(await client.errors(read('SOFTWARE\\Microsoft\\SQL Server Cryptographic Provider2'))).toEqual([
      50000,
    ])
    expect(await client.errors(read('SOFTWARE\\Microsoft\\MSSQLServer'))).toEqual([50000])
  })
})
