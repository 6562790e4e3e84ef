import { ClientSecretCredential } from '@azure/identity'
import { KeyClient } from '@azure/keyvault-keys'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { GROUPS, VAULTS } from '../../sandbox/azure/estate-ids.ts'
import type { AzureOrder } from '../../sandbox/azure/orders.ts'
import { WITHOUT_DELAYS } from '../../sandbox/azure/settings.ts'
import type { AzureFacts } from '../../sandbox/azure/start.ts'
import type { AuditEntry } from '../../sandbox/azure/state/model.ts'
import { CONNECTOR_PATH } from '../../sandbox/sqlserver/engine/ekm/library.ts'
import { DivertAgent } from './azure-sandbox.ts'
import { SandboxProcess, SqlClient } from './sandbox-process.ts'
import type { SqlFailure } from './sandbox-process.ts'

/** SQL Server and Azure, both simulated, as one process runs them; asked with the real client libraries. */
const NAME = 'ktr-ekm-01'
const KEY = 'ktr-tde-sql01'
const vaultId = ({ subscriptionId }: AzureFacts): string =>
  `/subscriptions/${subscriptionId}/resourceGroups/${GROUPS.weu}/providers/Microsoft.KeyVault/vaults/${VAULTS.good}`
const sandbox = new SandboxProcess({
  azure: { settings: WITHOUT_DELAYS },
  instances: [{ name: NAME, connector: '15.0.2000.440', databases: [{ name: 'Sales', bytes: 40_000 }] }],
})
let client: SqlClient
let azure: AzureFacts
/** Oldest first. */
let versions: string[]
let secret: string

beforeAll(async () => {
  const ready = await sandbox.start()
  azure = (ready as unknown as { azure: AzureFacts }).azure
  client = await SqlClient.open(sandbox.server(NAME))
  versions = await versionsOfKey()
  const ekm = application('ktr-ekm-sql01')
  secret = `${ekm.clientId.replaceAll('-', '')}${ekm.secret}`
  await client.run(
    `EXEC sp_configure 'show advanced options', 1; RECONFIGURE; EXEC sp_configure 'EKM provider enabled', 1; RECONFIGURE;
     CREATE CRYPTOGRAPHIC PROVIDER p FROM FILE = '${CONNECTOR_PATH}'; ${credential('setup')}; ALTER LOGIN sa ADD CREDENTIAL setup`,
  )
  await serverKey('old', `${KEY}/${versions[0] ?? ''}`)
  await client.run(
    'USE Sales; CREATE DATABASE ENCRYPTION KEY WITH ALGORITHM = AES_256 ENCRYPTION BY SERVER ASYMMETRIC KEY old; ALTER DATABASE Sales SET ENCRYPTION ON; USE master',
  )
  // The key numbers of the estate are made when somebody first asks for them.
})
afterAll(async () => {
  client.close()
  await sandbox.dispose()
})

function application(name: string): AzureFacts['applications'][number] {
  const found = azure.applications.find((each) => each.name === name)
  if (found === undefined) throw new Error(`no application ${name}`)
  return found
}

async function versionsOfKey(): Promise<string[]> {
  const agent = new DivertAgent(azure)
  const { clientId, secret: operator } = application('ktr-operator')
  const keys = new KeyClient(
    `https://${VAULTS.good}.vault.azure.net`,
    new ClientSecretCredential(azure.tenantId, clientId, operator, { agent }),
    { agent },
  )
  const found: { version: string; created: number }[] = []
  for await (const { version, createdOn } of keys.listPropertiesOfKeyVersions(KEY))
    found.push({ version: version ?? '', created: createdOn?.getTime() ?? 0 })
  agent.destroy()
  return found.toSorted((a, b) => a.created - b.created).map(({ version }) => version)
}

const credential = (name: string): string =>
  `CREATE CREDENTIAL ${name} WITH IDENTITY = '${VAULTS.good}', SECRET = '${secret}' FOR CRYPTOGRAPHIC PROVIDER p`

const open = (name: string, inVault: string): string =>
  `CREATE ASYMMETRIC KEY ${name} FROM PROVIDER p WITH PROVIDER_KEY_NAME = '${inVault}', CREATION_DISPOSITION = OPEN_EXISTING`

async function serverKey(name: string, inVault: string): Promise<void> {
  await client.run(open(name, inVault))
  await client.run(
    `CREATE LOGIN ${name}_login FROM ASYMMETRIC KEY ${name}; ${credential(`${name}_cred`)}; ALTER LOGIN ${name}_login ADD CREDENTIAL ${name}_cred`,
  )
}

async function restarted(): Promise<unknown> {
  client.close()
  expect(await sandbox.control({ command: 'restart', instance: NAME })).toMatchObject({ ok: true })
  client = await SqlClient.open(sandbox.server(NAME))
  const { rows } = await client.run("SELECT state_desc FROM sys.databases WHERE name = 'Sales'")
  return rows[0]?.['state_desc']
}

async function order(what: AzureOrder): Promise<Record<string, unknown>> {
  const reply = await sandbox.control({ command: 'azure', order: what })
  expect(reply).toMatchObject({ ok: true })
  return reply
}

async function atTheMachine(what: Record<string, unknown>): Promise<Record<string, unknown>> {
  return sandbox.control({ command: 'ekm', instance: NAME, order: what })
}

/** Number and provider code of the one error that a statement answers. */
async function failure(sql: string): Promise<string> {
  const error = await client.run(sql).then(
    () => Promise.reject(new Error('it did not fail')),
    (thrown: SqlFailure) => thrown,
  )
  return `${error.numbers.join()}/${/code: (\d+)\./.exec(error.message)?.[1] ?? ''}`
}

describe('a database whose protector is in the simulated vault', () => {
  it('is online after a restart, and the audit log of the vault says who wrapped and unwrapped', async () => {
    expect(await restarted()).toBe('ONLINE')
    const { entries } = (await order({ do: 'audit', vault: VAULTS.good, key: KEY })) as unknown as {
      entries: AuditEntry[]
    }
    const { clientId } = application('ktr-ekm-sql01')
    const done = entries.filter(({ callerAppId }) => callerAppId === clientId)
    expect(new Set(done.map(({ operation, status }) => `${operation} ${status}`))).toEqual(
      new Set(['KeyGet 200', 'KeyWrap 200', 'KeyUnwrap 200']),
    )
  })

  it('what takes the key away leaves it RECOVERY_PENDING, and what gives it back opens it', async () => {
    const version = versions[0] ?? ''
    const role = { principal: 'ktr-ekm-sql01', role: 'Key Vault Crypto Service Encryption User' }
    const steps: [string, AzureOrder, AzureOrder, string][] = [
      [
        'disabled',
        { do: 'keyVersion', vault: VAULTS.good, key: KEY, version, enabled: false },
        { do: 'keyVersion', vault: VAULTS.good, key: KEY, version, enabled: true },
        '33049/3112',
      ],
      [
        'throttled',
        {
          do: 'fault',
          fault: { kind: 'throttle', host: `${VAULTS.good}.vault.azure.net`, retryAfter: null, times: null },
        },
        { do: 'clearFaults' },
        '33028/3109',
      ],
      [
        'role revoked',
        { do: 'revokeRole', ...role },
        { do: 'grantRole', ...role, scope: vaultId(azure) },
        '33049/3113',
      ],
    ]
    for (const [what, take, give, code] of steps) {
      await order(take)
      expect(await restarted(), what).toBe('RECOVERY_PENDING')
      expect(await failure(open('other', `${KEY}/${version}`)), what).toBe(code)
      await order(give)
      await client.run('ALTER DATABASE Sales SET ONLINE')
    }
    expect(await restarted()).toBe('ONLINE')
  })

  it('is rotated to the newest version, and no longer needs the old one', async () => {
    await serverKey('newest', KEY)
    await client.run(
      'USE Sales; ALTER DATABASE ENCRYPTION KEY ENCRYPTION BY SERVER ASYMMETRIC KEY newest; USE master',
    )
    await order({
      do: 'keyVersion',
      vault: VAULTS.good,
      key: KEY,
      version: versions[0] ?? '',
      enabled: false,
    })
    expect(await restarted()).toBe('ONLINE')
    const { rows } = await client.run(
      "SELECT a.name FROM sys.dm_database_encryption_keys k JOIN sys.asymmetric_keys a ON a.thumbprint = k.encryptor_thumbprint WHERE k.database_id = DB_ID('Sales')",
    )
    expect(rows).toEqual([{ name: 'newest' }])
  })

  it('backs up to a key of the vault, and the vault opens it again', async () => {
    await serverKey('backups', 'ktr-backup-sql01')
    await client.run(
      "BACKUP DATABASE Sales TO DISK = 'b.bak' WITH FORMAT, ENCRYPTION (ALGORITHM = AES_256, SERVER ASYMMETRIC KEY = backups); RESTORE VERIFYONLY FROM DISK = 'b.bak'; RESTORE DATABASE Sales FROM DISK = 'b.bak' WITH REPLACE",
    )
  })

  it('an expired secret, with and without a token, and a vault that is lost', async () => {
    await order({ do: 'expireSecret', application: 'ktr-ekm-sql01' })
    expect(await restarted()).toBe('RECOVERY_PENDING')
    expect(await failure(open('other', KEY))).toBe('33028/3303')
    await order({ do: 'loseVault', vault: VAULTS.good })
    expect(await restarted()).toBe('RECOVERY_PENDING')
    expect(await failure(open('other', KEY))).toBe('33028/3900')
  })
})

describe('the machine of the server', () => {
  it('takes orders for connector and registry', async () => {
    expect(await atTheMachine({ what: 'deleteRegistry' })).toMatchObject({ ok: true })
    expect(await atTheMachine({ what: 'uninstall' })).toMatchObject({ ok: true })
    await restarted()
    expect(await failure(open('other', KEY))).toBe('33030/')
    expect(await atTheMachine({ what: 'install', version: '15.0.2000.440' })).toMatchObject({ ok: true })
    expect(await atTheMachine({ what: 'grantRegistry' })).toMatchObject({ ok: true })
    expect(await failure(open('other', KEY))).toBe('33028/3900')
    expect(await atTheMachine({ what: 'install', version: 'newest' })).toMatchObject({ ok: false })
  })

  it('answers calls to the computer, and takes nothing that is none', async () => {
    const host = (...calls: unknown[]): Promise<Record<string, unknown>> =>
      sandbox.control({ command: 'host', instance: NAME, calls })
    const reply = await host(
      { call: 'read-service', service: 'MSSQLSERVER' },
      { call: 'read-library', path: CONNECTOR_PATH },
      { call: 'install-package', path: 'C:\\ktr-setup\\none.msi', mode: 'silent' },
      { call: 'read-clock' },
    )
    expect(reply).toMatchObject({
      ok: true,
      replies: [
        { ok: true, answer: { account: 'NT Service\\MSSQLSERVER', state: 'running' } },
        { ok: true, answer: { version: '15.0.2000.440' } },
        { ok: false, refusal: 'failed' },
      ],
    })
    const [kind] = (
      await client.run(
        "EXEC xp_fileexist 'C:\\ktr-setup\\SQLServerConnectorforMicrosoftAzureKeyVault_13.0.811.168.msi'",
      )
    ).rows
    expect(kind?.['File Exists']).toBe(1)
    const before = await client.run('SELECT sqlserver_start_time AS t FROM sys.dm_os_sys_info')
    client.close()
    expect(await host({ call: 'restart-service', service: 'MSSQLSERVER' })).toMatchObject({ ok: true })
    client = await SqlClient.open(sandbox.server(NAME))
    const after = await client.run('SELECT sqlserver_start_time AS t FROM sys.dm_os_sys_info')
    expect(after.rows).not.toEqual(before.rows)
    expect(await host({ call: 'read-events', source: 'connector' })).toMatchObject({ ok: false })
    expect(await host({ call: 'run', text: 'whoami' })).toMatchObject({ ok: false })
    expect(
      await sandbox.control({ command: 'host', instance: 'ktr-none', calls: [{ call: 'read-clock' }] }),
    ).toMatchObject({ ok: false })
  })
})
