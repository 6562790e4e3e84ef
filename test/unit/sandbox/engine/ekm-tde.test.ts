import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { deleteRegistryKey } from '../../../../sandbox/sqlserver/engine/ekm/host.ts'
import { CONNECTOR_PATH } from '../../../../sandbox/sqlserver/engine/ekm/library.ts'
import { FakeVault, OTHER_VAULT, VAULT } from './fake-vault.ts'
import {
  NEWEST,
  OLD,
  SECRET,
  concatenation,
  ekmServer,
  openKey,
  providerCode,
  withCredential,
  withServerKey,
} from './ekm-support.ts'
import type { EkmServer } from './ekm-support.ts'
import { dmv, encryptionState, protect } from './tde-support.ts'
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

const stateOf = (client: Client, database = 'Sales') =>
  client.scalar(`SELECT state_desc FROM sys.databases WHERE name = '${database}'`)
const thumbprintOf = async (client: Client, key: string): Promise<string> =>
  Buffer.from((await client.scalar(`SELECT thumbprint FROM sys.asymmetric_keys WHERE name = '${key}'`)) as Uint8Array)
    .toString('hex')
    .toUpperCase()

const lines: string[] = []
const options = { log: (line: string) => lines.push(line) }

/** Sales encrypted under the key `tde`, in state 3. */
async function encrypted(version = NEWEST): Promise<Client> {
  lines.length = 0
  server = await ekmServer(vault.reach, version, options)
  await withCredential(server)
  await withServerKey(server, 'tde', 'ContosoRSAKey0')
  const { client } = server
  await client.ok(
    'USE Sales; CREATE DATABASE ENCRYPTION KEY WITH ALGORITHM = AES_256 ENCRYPTION BY SERVER ASYMMETRIC KEY tde; ALTER DATABASE Sales SET ENCRYPTION ON; USE master',
  )
  await encryptionState(client, 'Sales', 3)
  return client
}

describe('TDE under a key of a vault', () => {
  it('encrypts, shows the protector, and is online again after a restart', async () => {
    let client = await encrypted()
    const row = await dmv(client, 'Sales')
    expect(row?.['encryptor_type']).toBe('ASYMMETRIC KEY')
    expect(
      Buffer.from(row?.['encryptor_thumbprint'] as Uint8Array)
        .toString('hex')
        .toUpperCase(),
    ).toBe(await thumbprintOf(client, 'tde'))
    expect(vault.log.some((line) => line.endsWith('/wrapkey'))).toBe(true)
    client = await server.restart()
    expect(await stateOf(client)).toBe('ONLINE')
    expect(vault.log.some((line) => line.endsWith('/unwrapkey'))).toBe(true)
    await client.ok("USE Sales; INSERT INTO dbo.RehearsalRows (note) VALUES ('after'); USE master")
  })

  it('is RECOVERING until the vault answers, and nobody gets in', async () => {
    await encrypted()
    vault.held = []
    server.client.close()
    server.instance.restart()
    const client = await server.connect()
    while (vault.held.length === 0) await new Promise((resolve) => setImmediate(resolve))
    expect(await stateOf(client)).toBe('RECOVERING')
    expect(await client.errors('USE Sales')).toEqual([922])
    vault.held.forEach((release) => release())
    vault.held = undefined
    await server.instance.recovered
    expect(await stateOf(client)).toBe('ONLINE')
    client.close()
  })

  it('a stop while the vault is silent changes nothing, and the next start asks again', async () => {
    await encrypted()
    vault.held = []
    server.instance.restart()
    const first = server.instance.recovered
    while (vault.held.length === 0) await new Promise((resolve) => setImmediate(resolve))
    vault.held = undefined
    const client = await server.restart()
    await first
    expect(await stateOf(client)).toBe('ONLINE')
  })

  it('REGENERATE asks the vault to wrap the new key', async () => {
    const client = await encrypted()
    const before = vault.log.filter((line) => line.endsWith('/wrapkey')).length
    await client.ok('USE Sales; ALTER DATABASE ENCRYPTION KEY REGENERATE WITH ALGORITHM = AES_128; USE master')
    await encryptionState(client, 'Sales', 3)
    expect(vault.log.filter((line) => line.endsWith('/wrapkey')).length).toBe(before + 1)
    expect(await stateOf(await server.restart())).toBe('ONLINE')
  })
})

describe('after a restart the database is RECOVERY_PENDING, for a reason that the log says', () => {
  const trouble: [string, string, () => void, () => void][] = [
    ['the version is disabled', '33049/3113', () => enable(false), () => enable(true)],
    [
      'the role is revoked',
      '33049/3113',
      () => vault.allowed.delete('unwrapkey'),
      () => vault.allowed.add('unwrapkey'),
    ],
    ['the secret has expired', '33028/3303', () => vault.secrets.clear(), () => vault.secrets.add(SECRET)],
    ['the vault does not know the key', '33049/3112', () => forget(true), () => forget(false)],
    ['the vault throttles', '33049/3109', () => force(429), () => undefined],
    ['the vault fails', '33049/3111', () => force(503), () => undefined],
    ['the vault refuses the token', '33049/3108', () => force(401), () => undefined],
    ['the connection drops', '33049/3107', () => force('drop'), () => undefined],
    ['the answer can not be read', '33049/3706', () => force('garbage'), () => undefined],
  ]
  let kept: ReturnType<FakeVault['version']>[] = []
  const enable = (on: boolean): void => {
    vault.version('ContosoRSAKey0').enabled = on
  }
  const forget = (gone: boolean): void => {
    if (gone) kept = vault.keys.get('ContosoRSAKey0') ?? []
    vault.keys.set('ContosoRSAKey0', gone ? [] : kept)
  }
  const force = (answer: number | 'drop' | 'garbage'): void => {
    vault.forced.push(answer, answer, answer)
  }

  it('each trouble of Azure, one after the other, mended by SET ONLINE', async () => {
    let client = await encrypted()
    for (const [what, code, breakIt, mend] of trouble) {
      breakIt()
      // What is open stays open.
      await client.ok("USE Sales; INSERT INTO dbo.RehearsalRows (note) VALUES ('open'); USE master")
      lines.length = 0
      client = await server.restart()
      expect(await stateOf(client), what).toBe('RECOVERY_PENDING')
      const line = lines.find((each) => each.includes("database 'Sales'")) ?? ''
      expect(`${line.slice(0, 5)}/${/code: (\d+)\./.exec(line)?.[1] ?? ''}`, what).toBe(code)
      expect(await client.errors('USE Sales'), what).toEqual([945])
      vault.forced.length = 0
      mend()
      await client.ok('ALTER DATABASE Sales SET ONLINE')
      expect(await stateOf(client), what).toBe('ONLINE')
    }
    expect(lines.join('\n')).not.toContain(SECRET)
  })

  it('a vault that nobody answers for: refused is 3106, no such host 3900', async () => {
    await encrypted()
    const { port } = vault
    vault.port = 1
    let client = await server.restart()
    expect(await stateOf(client)).toBe('RECOVERY_PENDING')
    expect(await providerCode(client, 'ALTER DATABASE Sales SET ONLINE')).toBe('33028/3106')
    vault.port = port
    await client.ok(
      `ALTER CREDENTIAL tde_cred WITH IDENTITY = 'ktr-nowhere', SECRET = '${concatenation()}'`,
    )
    client = await server.restart()
    expect(await providerCode(client, 'ALTER DATABASE Sales SET ONLINE')).toBe('33028/3900')
  })

  it('the registry has no mapping: 2053; the option is off: 33053; no login: 33121; no credential: 33046', async () => {
    let client = await encrypted()
    deleteRegistryKey(server.instance, 'SOFTWARE\\Microsoft\\SQL Server Cryptographic Provider\\Azure Key Vault')
    await client.ok('USE Sales; USE master')
    client = await server.restart()
    expect(await providerCode(client, 'ALTER DATABASE Sales SET ONLINE')).toBe('33049/2053')
    // Opening the key again writes the mapping before the engine refuses the second name.
    expect(await client.errors(openKey('again', 'ContosoRSAKey0'))).toEqual([15396])
    await client.ok('ALTER DATABASE Sales SET ONLINE')
    await client.ok("EXEC sp_configure 'EKM provider enabled', 0; RECONFIGURE")
    client = await server.restart()
    expect(await client.errors('ALTER DATABASE Sales SET ONLINE')).toEqual([33053, 5181, 5069])
    await client.ok("EXEC sp_configure 'EKM provider enabled', 1; RECONFIGURE; ALTER DATABASE Sales SET ONLINE")
    await client.ok('ALTER LOGIN tde_login DROP CREDENTIAL tde_cred')
    client = await server.restart()
    expect(await client.errors('ALTER DATABASE Sales SET ONLINE')).toEqual([33046, 5181, 5069])
    await client.ok('DROP LOGIN tde_login')
    expect(await client.errors('ALTER DATABASE Sales SET ONLINE')).toEqual([33121, 5181, 5069])
    await client.ok(
      'CREATE LOGIN tde_new FROM ASYMMETRIC KEY tde; ALTER LOGIN tde_new ADD CREDENTIAL tde_cred; ALTER DATABASE Sales SET ONLINE',
    )
    expect(await stateOf(client)).toBe('ONLINE')
  })
})

describe('renewal of the secret', () => {
  it('counts from the next restart: until then the connector goes on with the old one', async () => {
    let client = await encrypted()
    const renewed = 'New8~second-secret.111111111111111111111'
    vault.secrets.add(renewed)
    await client.ok(`ALTER CREDENTIAL tde_cred WITH IDENTITY = '${VAULT}', SECRET = '${concatenation(renewed)}'`)
    vault.secrets.delete(SECRET)
    vault.revokeTokens()
    await client.ok('ALTER DATABASE Sales SET OFFLINE')
    expect(await providerCode(client, 'ALTER DATABASE Sales SET ONLINE')).toBe('33028/3303')
    client = await server.restart()
    await client.ok('ALTER DATABASE Sales SET ONLINE')
    expect(await stateOf(client)).toBe('ONLINE')
  })

  it('the secret alone, without the client id, is refused by the directory', async () => {
    let client = await encrypted()
    await client.ok(`ALTER CREDENTIAL tde_cred WITH IDENTITY = '${VAULT}', SECRET = '${SECRET}'`)
    client = await server.restart()
    expect(await stateOf(client)).toBe('RECOVERY_PENDING')
    expect(await providerCode(client, 'ALTER DATABASE Sales SET ONLINE')).toBe('33028/3303')
    await client.ok(`ALTER CREDENTIAL tde_cred WITH IDENTITY = '${VAULT}'`)
    client = await server.restart()
    expect(await providerCode(client, 'ALTER DATABASE Sales SET ONLINE')).toBe('33028/2050')
  })
})

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
    expect(vault.log.some((line) => line.includes(`${OTHER_VAULT}.vault.azure.net`) && line.endsWith('/unwrapkey'))).toBe(true)
  })
})

describe('backups', () => {
  it('of an encrypted database open where the same key is, and nowhere else', async () => {
    const client = await encrypted()
    await client.ok("BACKUP DATABASE Sales TO DISK = 'D:\\Backup\\s.bak'")
    const rows = await client.rows("RESTORE FILELISTONLY FROM DISK = 'D:\\Backup\\s.bak'")
    expect(Buffer.from(rows[0]?.['TDEThumbprint'] as Uint8Array).toString('hex').toUpperCase()).toBe(
      await thumbprintOf(client, 'tde'),
    )
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
      await client.scalar('SELECT TOP (1) encryptor_type FROM msdb.dbo.backupset ORDER BY backup_set_id DESC'),
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
    expect(await client.errors("RESTORE FILELISTONLY FROM DISK = 'D:\\Backup\\log.trn'")).toEqual([33111, 3013])
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

describe('the service master key', () => {
  it('takes the secrets along when it is regenerated; without it they are 33047', async () => {
    let client = await encrypted()
    await client.ok('ALTER SERVICE MASTER KEY REGENERATE')
    client = await server.restart()
    expect(await stateOf(client)).toBe('ONLINE')
    const { store } = server.instance
    const smk = store.serviceMasterKey.get('smk')
    if (smk === undefined) throw new Error('no service master key')
    store.change(undefined, () =>
      store.serviceMasterKey.put({ ...smk, wrapped: Buffer.from('lost').toString('base64') }),
    )
    client = await server.restart()
    expect(await client.errors('ALTER DATABASE Sales SET ONLINE')).toEqual([33047, 5181, 5069])
    expect(await client.errors('ALTER SERVICE MASTER KEY REGENERATE')).not.toEqual([])
    const forced = await client.ok('ALTER SERVICE MASTER KEY FORCE REGENERATE')
    expect(forced.infos.map(({ message }) => message).join()).toContain("credential 'tde_cred'")
    await client.ok(`ALTER CREDENTIAL tde_cred WITH IDENTITY = '${VAULT}', SECRET = '${concatenation()}'`)
    client = await server.restart()
    expect(await stateOf(client)).toBe('ONLINE')
  })

  it('what is on disk holds no secret', async () => {
    await encrypted()
    const state = readFileSync(join(server.folder, 'state.db'), 'latin1')
    const wal = readFileSync(join(server.folder, 'state.db-wal'), 'latin1')
    expect(`${state}${wal}`).toContain('setup_cred')
    expect(`${state}${wal}`).not.toContain(SECRET)
    expect(`${state}${wal}`).not.toContain(concatenation().slice(0, 32))
  })
})
