import { afterEach, describe, expect, it } from 'vitest'
import { CONNECTOR_PATH } from '../../sandbox/sqlserver/engine/ekm/library.ts'
import {
  NEWEST,
  OLD,
  openKey,
  providerCode,
  stateOf,
  thumbprintOf,
} from '../unit/sandbox/engine/ekm-support.ts'
import { VAULT, startEkmStage, type EkmStage } from './ekm-stage.ts'

/** What can be lost around a key of a vault, how it shows, and the way back: simulators alone, no wizard. */
let stage: EkmStage
afterEach(() => stage.end())

const KEY = 'ktr-loss'

/** A key that is made for the test, of 2,048 bits: an old connector takes no other, and it is made faster. */
async function begin(version = NEWEST): Promise<void> {
  stage = await startEkmStage(version)
  await stage.keys(VAULT).createRsaKey(KEY, { keySize: 2048 })
  await stage.addKey('tde', KEY)
  await stage.encryptSales('tde')
}

const versionOf = async (): Promise<string> => (await stage.keys(VAULT).getKey(KEY)).properties.version ?? ''

const online = 'ALTER DATABASE Sales SET ONLINE'
const check = 'DBCC CHECKDB (Sales) WITH NO_INFOMSGS'
const restore = (file: string): string =>
  `RESTORE DATABASE Copy FROM DISK = 'D:\\Backup\\${file}' WITH MOVE 'Sales' TO 'C:\\Keys\\c.mdf', MOVE 'Sales_log' TO 'C:\\Keys\\c.ldf', REPLACE`

const restarted = async (): Promise<unknown> => stateOf(await stage.server.restart())

/** Codes of the connector in the event log, newest first. */
const events = async (): Promise<{ id: number; message: string }[]> =>
  stage.ask({
    call: 'read-events',
    source: 'connector',
    service: 'MSSQLSERVER',
    since: '2000-01-01T00:00:00Z',
    most: 20,
  })

describe('the secret of the application', () => {
  it('expired: nothing shows until the restart, then RECOVERY_PENDING; renewed in the credential it counts after one more', async () => {
    await begin()
    await stage.order({ do: 'expireSecret', application: 'ktr-ekm-sql01' })
    await stage.server.client.ok(`ALTER DATABASE Sales SET OFFLINE; ${online}`)
    expect(await events()).toEqual([])
    expect(await restarted()).toBe('RECOVERY_PENDING')
    const [event] = await events()
    expect(event).toMatchObject({ id: 3303 })
    expect(event?.message).toContain('AADSTS7000222')
    const { client } = stage.server
    const renewed = stage.secret(await stage.newSecret())
    // Only the new part, as the documentation prints it: the directory knows no such application.
    await client.ok(`ALTER CREDENTIAL tde_cred WITH IDENTITY = '${VAULT}', SECRET = '${renewed.slice(32)}'`)
    expect(await restarted()).toBe('RECOVERY_PENDING')
    expect(await providerCode(stage.server.client, online)).toBe('33028/3303')
    await stage.server.client.ok(
      `ALTER CREDENTIAL tde_cred WITH IDENTITY = '${VAULT}', SECRET = '${renewed}'`,
    )
    expect(await providerCode(stage.server.client, online)).toBe('33028/3303')
    expect(await restarted()).toBe('ONLINE')
    await stage.server.client.ok(check)
    expect(JSON.stringify(await events())).not.toContain(renewed.slice(32))
  })
})

describe('an old version of the key', () => {
  it('disabled after a rotation: the database comes up, its old backups do not restore until it is enabled', async () => {
    await begin()
    const old = await versionOf()
    await stage.server.client.ok("BACKUP DATABASE Sales TO DISK = 'D:\\Backup\\old.bak'")
    await stage.keys(VAULT).createRsaKey(KEY, { keySize: 2048 })
    await stage.addKey('tde2', KEY)
    await stage.protectorBecomes('tde2')
    await stage.order({ do: 'keyVersion', vault: VAULT, key: KEY, version: old, enabled: false })
    expect(await restarted()).toBe('ONLINE')
    const { client } = stage.server
    expect(await providerCode(client, restore('old.bak'))).toBe('33049/3113')
    await stage.order({ do: 'keyVersion', vault: VAULT, key: KEY, version: old, enabled: true })
    await client.ok(restore('old.bak'))
    expect(await stateOf(client, 'Copy')).toBe('ONLINE')
  })

  it('disabled before the rotation: RECOVERY_PENDING at the next restart', async () => {
    await begin()
    await stage.order({
      do: 'keyVersion',
      vault: VAULT,
      key: KEY,
      version: await versionOf(),
      enabled: false,
    })
    expect(await restarted()).toBe('RECOVERY_PENDING')
    expect((await events())[0]).toMatchObject({ id: 3113 })
    await stage.order({ do: 'keyVersion', vault: VAULT, key: KEY, version: await versionOf(), enabled: true })
    await stage.server.client.ok(`${online}; ${check}`)
  })
})

describe('the key', () => {
  it('deleted: RECOVERY_PENDING at the restart; recovered it opens again, purged it never does', async () => {
    await begin()
    await stage.order({ do: 'deleteKey', vault: VAULT, key: KEY })
    await stage.server.client.ok("INSERT INTO Sales.dbo.RehearsalRows (note) VALUES (N'still open')")
    expect(await restarted()).toBe('RECOVERY_PENDING')
    expect((await events())[0]).toMatchObject({ id: 3112 })
    const { client } = stage.server
    expect(await client.errors(check)).toEqual([945])
    const recovery = await stage.keys(VAULT).beginRecoverDeletedKey(KEY, { intervalInMs: 5 })
    await recovery.pollUntilDone()
    await client.ok(`${online}; ${check}`)
    expect(await client.scalar('SELECT note FROM Sales.dbo.RehearsalRows')).toBe('still open')
    await stage.order({ do: 'deleteKey', vault: VAULT, key: KEY, purge: true })
    expect(await restarted()).toBe('RECOVERY_PENDING')
    // Another key of the same name is another key.
    await stage.keys(VAULT).createRsaKey(KEY, { keySize: 2048 })
    expect(await providerCode(stage.server.client, online)).toBe('33049/3112')
  })
})

describe('the vault', () => {
  it('lost: the key comes back from its backup in a new vault of the geography, under its name, and the credential follows', async () => {
    await begin()
    const blob = (await stage.keys(VAULT).backupKey(KEY)) ?? Buffer.alloc(0)
    await stage.order({ do: 'loseVault', vault: VAULT })
    expect(await restarted()).toBe('RECOVERY_PENDING')
    expect((await events())[0]).toMatchObject({ id: 3900 })
    await stage.makeVault('ktr-vault-again')
    expect((await stage.keys('ktr-vault-again').restoreKeyBackup(blob)).name).toBe(KEY)
    const { client } = stage.server
    await client.ok(
      `ALTER CREDENTIAL tde_cred WITH IDENTITY = 'ktr-vault-again', SECRET = '${stage.secret()}'`,
    )
    // The connector still has the old identity, and after a restart no place for the key in the new vault.
    expect(await providerCode(client, online)).toBe('33028/3900')
    expect(await restarted()).toBe('RECOVERY_PENDING')
    expect(await providerCode(stage.server.client, online)).toBe('33049/2053')
    await stage.server.client.ok(
      'ALTER LOGIN tde_login DROP CREDENTIAL tde_cred; ALTER LOGIN sa ADD CREDENTIAL tde_cred',
    )
    expect(await stage.server.client.errors(openKey('again', KEY))).toEqual([15396])
    await stage.server.client.ok(
      `ALTER LOGIN sa DROP CREDENTIAL tde_cred; ALTER LOGIN tde_login ADD CREDENTIAL tde_cred; ${online}; ${check}`,
    )
    expect(await restarted()).toBe('ONLINE')
  })
})

describe('the connector', () => {
  it('upgraded across 1.0.5.0: backups of before answer 33111, and the old connector opens them again', async () => {
    await begin(OLD)
    const old = await thumbprintOf(stage.server.client, 'tde')
    await stage.server.client.ok("BACKUP DATABASE Sales TO DISK = 'D:\\Backup\\before.bak'")
    await stage.replaceConnector(OLD, NEWEST)
    expect(await stateOf(stage.server.client)).toBe('RECOVERY_PENDING')
    const register = `ALTER CRYPTOGRAPHIC PROVIDER AzureKeyVault_EKM FROM FILE = '${CONNECTOR_PATH}'`
    await stage.server.client.ok(`${register}; ${online}`)
    await stage.addKey('tde2', KEY)
    await stage.protectorBecomes('tde2')
    await stage.server.client.ok('DROP LOGIN tde_login; DROP ASYMMETRIC KEY tde')
    const { errors } = await stage.server.client.run(restore('before.bak'))
    expect(errors[0]).toMatchObject({
      number: 33111,
      message: `Cannot find server asymmetric key with thumbprint '0x${old}'.`,
    })
    await stage.replaceConnector(NEWEST, OLD)
    const { client } = stage.server
    await client.ok(`${register}; DROP CREDENTIAL tde_cred`)
    await stage.addKey('tde', KEY)
    expect(await thumbprintOf(client, 'tde')).toBe(old)
    await client.ok(restore('before.bak'))
    expect(await stateOf(client, 'Copy')).toBe('ONLINE')
  })
})
