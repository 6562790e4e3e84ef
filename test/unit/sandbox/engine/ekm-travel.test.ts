import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CONNECTOR_PATH } from '../../../../sandbox/sqlserver/engine/ekm/library.ts'
import { FakeVault, OTHER_VAULT, VAULT } from './fake-vault.ts'
import {
  NEWEST,
  OLD,
  concatenation,
  ekmServer,
  encryptedServer,
  hex,
  openKey,
  providerCode,
  stateOf,
  thumbprintOf,
  withCredential,
  withServerKey,
} from './ekm-support.ts'
import type { EkmServer } from './ekm-support.ts'
import { encryptionState, protect } from './tde-support.ts'
import type { Client } from './harness.ts'

let vault: FakeVault
let server: EkmServer

beforeEach(async () => {
  vault = new FakeVault()
  await vault.start()
  vault.addVersion('ContosoRSAKey0')
})
afterEach(async () => {
  server.dispose()
  await vault.stop()
})

async function encrypted(version = NEWEST): Promise<Client> {
  server = await encryptedServer(vault.reach, version)
  return server.client
}

describe('rotation', () => {
  it('to a new version: another thumbprint, a short change, and the old version is no longer asked', async () => {
    let client = await encrypted()
    const old = await thumbprintOf(client, 'tde')
    const id = vault.addVersion('ContosoRSAKey0')
    await withServerKey(server, 'tde2', `ContosoRSAKey0/${id}`)
    expect(await thumbprintOf(client, 'tde2')).not.toBe(old)
    await client.ok(
      'USE Sales; ALTER DATABASE ENCRYPTION KEY ENCRYPTION BY SERVER ASYMMETRIC KEY tde2; USE master',
    )
    await encryptionState(client, 'Sales', 3)
    expect(await client.errors('DROP ASYMMETRIC KEY tde2')).toEqual([33127])
    vault.version('ContosoRSAKey0').enabled = false
    client = await server.restart()
    expect(await stateOf(client)).toBe('ONLINE')
    const mapped = await client.rows(
      `EXEC xp_instance_regread N'HKEY_LOCAL_MACHINE', N'SOFTWARE\\Microsoft\\SQL Server Cryptographic Provider\\Azure Key Vault\\https://${VAULT}.vault.azure.net\\${await thumbprintOf(client, 'tde2')}', N'KeyUri'`,
    )
    expect(mapped).toEqual([
      { Value: 'KeyUri', Data: `https://${VAULT}.vault.azure.net/keys/ContosoRSAKey0/${id}` },
    ])
  })

  it('a disabled old version keeps a database pending that was not rotated', async () => {
    const client = await encrypted()
    const id = vault.addVersion('ContosoRSAKey0')
    await withServerKey(server, 'tde2', 'ContosoRSAKey0')
    expect(await client.scalar('SELECT COUNT(*) FROM sys.asymmetric_keys')).toBe(2)
    expect(vault.version('ContosoRSAKey0', id).enabled).toBe(true)
    vault.version('ContosoRSAKey0').enabled = false
    expect(await stateOf(await server.restart())).toBe('RECOVERY_PENDING')
  })

  it('from a key in the vault to a certificate and back', async () => {
    let client = await encrypted()
    await protect(client, 'c')
    await client.ok('USE Sales; ALTER DATABASE ENCRYPTION KEY ENCRYPTION BY SERVER CERTIFICATE c; USE master')
    await encryptionState(client, 'Sales', 3)
    await client.ok(
      "USE Sales; ALTER DATABASE ENCRYPTION KEY ENCRYPTION BY SERVER ASYMMETRIC KEY tde; USE master; BACKUP DATABASE Sales TO DISK = 's.bak'",
    )
    await encryptionState(client, 'Sales', 3)
    client = await server.restart()
    expect(await stateOf(client)).toBe('ONLINE')
  })
})

describe('connectors before and after 1.0.5.0', () => {
  it('before, a version has no thumbprint of its own: there is nothing to rotate to', async () => {
    const client = await encrypted(OLD)
    expect((await thumbprintOf(client, 'tde')).length).toBeLessThan(40)
    const id = vault.addVersion('ContosoRSAKey0')
    expect(await client.errors(openKey('tde2', 'ContosoRSAKey0'))).toEqual([15396])
    expect(await providerCode(client, openKey('tde2', `ContosoRSAKey0/${id}`))).toBe('33049/2049')
  })

  it('an upgrade: pending until the provider is registered again; 33111 for backups of before once the key is opened anew', async () => {
    let client = await encrypted(OLD)
    const old = await thumbprintOf(client, 'tde')
    await client.ok("BACKUP DATABASE Sales TO DISK = 'before.bak'")
    server.install(NEWEST)
    client = await server.restart()
    expect(await stateOf(client)).toBe('RECOVERY_PENDING')
    expect(await client.errors('ALTER DATABASE Sales SET ONLINE')).toEqual([33030, 5181, 5069])
    await client.ok(
      `ALTER CRYPTOGRAPHIC PROVIDER AzureKeyVault_EKM FROM FILE = '${CONNECTOR_PATH}'; ALTER DATABASE Sales SET ONLINE`,
    )
    expect(await client.scalar('SELECT version FROM sys.cryptographic_providers')).toBe(NEWEST)
    await withServerKey(server, 'tde2', 'ContosoRSAKey0')
    expect(await thumbprintOf(client, 'tde2')).not.toBe(old)
    await client.ok(
      'USE Sales; ALTER DATABASE ENCRYPTION KEY ENCRYPTION BY SERVER ASYMMETRIC KEY tde2; USE master',
    )
    await encryptionState(client, 'Sales', 3)
    await client.ok('DROP LOGIN tde_login; DROP ASYMMETRIC KEY tde')
    const { errors } = await client.run("RESTORE FILELISTONLY FROM DISK = 'before.bak'")
    expect(errors.map(({ number }) => number)).toEqual([33111, 3013])
    expect(errors[0]?.message).toBe(`Cannot find server asymmetric key with thumbprint '0x${old}'.`)
    // Back to the old connector: the key gets its old thumbprint, and the backup opens.
    server.install(OLD)
    client = await server.restart()
    await client.ok(`ALTER CRYPTOGRAPHIC PROVIDER AzureKeyVault_EKM FROM FILE = '${CONNECTOR_PATH}'`)
    await client.ok(
      `${openKey('tde', 'ContosoRSAKey0')}; CREATE LOGIN tde_login FROM ASYMMETRIC KEY tde; ALTER LOGIN tde_login ADD CREDENTIAL tde_cred`,
    )
    await client.ok(
      "RESTORE DATABASE Copy FROM DISK = 'before.bak' WITH MOVE 'Sales' TO 'C:\\Keys\\c.mdf', MOVE 'Sales_log' TO 'C:\\Keys\\c.ldf'",
    )
    expect(await stateOf(client, 'Copy')).toBe('ONLINE')
  })
})

describe('a vault that is lost', () => {
  it('the key comes back under its name in another vault: the credential follows, and the key is opened once more', async () => {
    let client = await encrypted()
    const { id } = vault.version('ContosoRSAKey0')
    await client.ok(
      `ALTER CREDENTIAL tde_cred WITH IDENTITY = '${OTHER_VAULT}', SECRET = '${concatenation()}'; ALTER CREDENTIAL setup_cred WITH IDENTITY = '${OTHER_VAULT}', SECRET = '${concatenation()}'`,
    )
    client = await server.restart()
    expect(await providerCode(client, 'ALTER DATABASE Sales SET ONLINE')).toBe('33049/2053')
    expect(await client.errors(openKey('again', `ContosoRSAKey0/${id}`))).toEqual([15396])
    await client.ok('ALTER DATABASE Sales SET ONLINE')
    expect(
      vault.log.some(
        (line) => line.includes(`${OTHER_VAULT}.vault.azure.net`) && line.endsWith('/unwrapkey'),
      ),
    ).toBe(true)
  })
})

describe('backups', () => {
  it('of an encrypted database open where the same key is, and nowhere else', async () => {
    const client = await encrypted()
    await client.ok("BACKUP DATABASE Sales TO DISK = 'D:\\Backup\\s.bak'")
    const rows = await client.rows("RESTORE FILELISTONLY FROM DISK = 'D:\\Backup\\s.bak'")
    expect(hex(rows[0]?.['TDEThumbprint'])).toBe(await thumbprintOf(client, 'tde'))
    await client.ok('DROP DATABASE Sales')
    const restore = "RESTORE DATABASE Sales FROM DISK = 'D:\\Backup\\s.bak'"
    vault.allowed.delete('unwrapkey')
    // The key is seen before the first page is written; that it does not unwrap shows at the end.
    expect(await providerCode(client, restore)).toBe('33049/3113')
    expect(await stateOf(client)).toBe('RECOVERY_PENDING')
    vault.allowed.add('unwrapkey')
    await client.ok(`${restore} WITH REPLACE`)
    expect(await stateOf(client)).toBe('ONLINE')
    await client.ok(`DROP DATABASE Sales; DROP LOGIN tde_login; DROP ASYMMETRIC KEY tde`)
    expect(await client.errors(restore)).toEqual([33111, 3013])
  })

  it('a restore whose client goes away while the vault is silent ends as pending, and nobody drops it before', async () => {
    const client = await encrypted()
    await client.ok("BACKUP DATABASE Sales TO DISK = 'D:\\Backup\\s.bak'; DROP DATABASE Sales")
    const other = await server.connect()
    const held: (() => void)[] = (vault.held = [])
    const asked = async (): Promise<void> => {
      while (held.length === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    const running = client.run("RESTORE DATABASE Sales FROM DISK = 'D:\\Backup\\s.bak'")
    // First the key is seen, then it unwraps.
    await asked()
    held.shift()?.()
    await asked()
    expect(await stateOf(other)).toBe('RECOVERING')
    expect(await other.errors('DROP DATABASE Sales')).toEqual([3702])
    client.close()
    await running
    expect(await stateOf(other)).toBe('RECOVERY_PENDING')
    vault.held = undefined
    held.forEach((release) => release())
    await other.ok('ALTER DATABASE Sales SET ONLINE')
    expect(await stateOf(other)).toBe('ONLINE')
    other.close()
  })

  it('WITH ENCRYPTION by an asymmetric key: the history and the header say so, the vault opens it again', async () => {
    server = await ekmServer(vault.reach)
    vault.addVersion('BackupKey')
    const { client } = server
    await withCredential(server)
    await withServerKey(server, 'bk', 'BackupKey')
    const backup = (file: string): string =>
      `BACKUP DATABASE Sales TO DISK = 'D:\\Backup\\${file}a.bak', DISK = 'D:\\Backup\\${file}b.bak' WITH FORMAT, ENCRYPTION (ALGORITHM = AES_256, SERVER ASYMMETRIC KEY = bk)`
    const made = await client.ok(backup('e'))
    expect(made.infos.map(({ number }) => number)).not.toContain(33091)
    const files = "DISK = 'D:\\Backup\\ea.bak', DISK = 'D:\\Backup\\eb.bak'"
    expect(
      await client.scalar(
        'SELECT TOP (1) encryptor_type FROM msdb.dbo.backupset ORDER BY backup_set_id DESC',
      ),
    ).toBe('ASYMMETRIC KEY')
    const [header] = await client.rows(`RESTORE HEADERONLY FROM ${files}`)
    expect(header?.['EncryptorType']).toBe('ASYMMETRIC KEY')
    await client.ok(`RESTORE VERIFYONLY FROM ${files}`)
    await client.ok(`RESTORE DATABASE Sales FROM ${files} WITH REPLACE`)
    vault.version('BackupKey').enabled = false
    expect(await providerCode(client, `RESTORE VERIFYONLY FROM ${files}`)).toBe('33049/3113')
    vault.version('BackupKey').enabled = true
    // A role that may see the key and not wrap with it leaves no file.
    vault.allowed.delete('wrapkey')
    expect(await providerCode(client, backup('f'))).toBe('33049/3113')
    const [there] = await client.rows("EXEC xp_fileexist 'D:\\Backup\\fa.bak'")
    expect(there?.['File Exists']).toBe(0)
    await client.ok('DROP LOGIN bk_login')
    expect(await client.errors(backup('f'))).toEqual([33121, 3013])
    await client.ok('DROP ASYMMETRIC KEY bk')
    expect(await client.errors(backup('f'))).toEqual([15151, 3013])
    expect(await client.errors(`RESTORE VERIFYONLY FROM ${files}`)).toEqual([33111, 3013])
  })

  it('a log backup that spans a rotation needs both keys, and rolls forward with both', async () => {
    const client = await encrypted()
    await client.ok("BACKUP DATABASE Sales TO DISK = 'D:\\Backup\\full.bak'")
    vault.addVersion('ContosoRSAKey0')
    await withServerKey(server, 'tde2', 'ContosoRSAKey0')
    await client.ok(
      "USE Sales; ALTER DATABASE ENCRYPTION KEY ENCRYPTION BY SERVER ASYMMETRIC KEY tde2; INSERT INTO dbo.RehearsalRows (note) VALUES ('late'); USE master",
    )
    await encryptionState(client, 'Sales', 3)
    await client.ok("BACKUP LOG Sales TO DISK = 'D:\\Backup\\log.trn'")
    await client.ok('DROP DATABASE Sales')
    await client.ok(
      "RESTORE DATABASE Sales FROM DISK = 'D:\\Backup\\full.bak' WITH NORECOVERY; RESTORE LOG Sales FROM DISK = 'D:\\Backup\\log.trn'",
    )
    expect(await client.scalar('SELECT note FROM Sales.dbo.RehearsalRows')).toBe('late')
    await client.ok('DROP LOGIN tde_login; DROP ASYMMETRIC KEY tde')
    expect(await client.errors("RESTORE FILELISTONLY FROM DISK = 'D:\\Backup\\log.trn'")).toEqual([
      33111, 3013,
    ])
  })

  it('a detached database attaches where its key is, and answers 33111 where it is not', async () => {
    const client = await encrypted()
    const file = await client.scalar(
      "SELECT physical_name FROM sys.master_files WHERE database_id = DB_ID('Sales') AND file_id = 1",
    )
    await client.ok("EXEC sp_detach_db 'Sales'")
    const attach = `CREATE DATABASE Sales ON (FILENAME = '${String(file)}') FOR ATTACH`
    await client.ok(attach)
    expect(await stateOf(client)).toBe('ONLINE')
    await client.ok("EXEC sp_detach_db 'Sales'; DROP LOGIN tde_login; DROP ASYMMETRIC KEY tde")
    expect((await client.errors(attach))[0]).toBe(33111)
  })
})
