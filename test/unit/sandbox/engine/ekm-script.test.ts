import { afterEach, beforeEach, expect, it } from 'vitest'
import { CONNECTOR_PATH } from '../../../../sandbox/sqlserver/engine/ekm/library.ts'
import { FakeVault, VAULT } from './fake-vault.ts'
import { NEWEST, concatenation, ekmServer } from './ekm-support.ts'
import type { EkmServer } from './ekm-support.ts'
import type { Client } from './harness.ts'
import { encryptionState } from './tde-support.ts'

/** The administrator's script for TDE with a key of Azure Key Vault, its mistakes mended; GO as a client splits it. */
const SETUP = `
USE master;
GO
EXEC sp_configure 'show advanced options', 1;
GO
RECONFIGURE;
GO
EXEC sp_configure 'EKM provider enabled', 1;
GO
RECONFIGURE;
GO
CREATE CRYPTOGRAPHIC PROVIDER AzureKeyVault_EKM
FROM FILE = '${CONNECTOR_PATH}';
GO
USE master;
CREATE CREDENTIAL sysadmin_ekm_cred
    WITH IDENTITY = '${VAULT}',                            -- for public Azure
    -- WITH IDENTITY = '${VAULT}.vault.azure.cn',          -- elsewhere
    SECRET = '${concatenation()}'
FOR CRYPTOGRAPHIC PROVIDER AzureKeyVault_EKM;
ALTER LOGIN [sa]
ADD CREDENTIAL sysadmin_ekm_cred;
GO
CREATE ASYMMETRIC KEY EKMSampleASYKey
FROM PROVIDER [AzureKeyVault_EKM]
WITH PROVIDER_KEY_NAME = 'ContosoRSAKey0',
CREATION_DISPOSITION = OPEN_EXISTING;
GO
CREATE LOGIN TDE_Login
FROM ASYMMETRIC KEY EKMSampleASYKey;
GO
ALTER LOGIN [sa]
DROP CREDENTIAL sysadmin_ekm_cred;
GO
ALTER LOGIN TDE_Login
ADD CREDENTIAL sysadmin_ekm_cred;
GO
CREATE DATABASE TestTDE;
GO
USE TestTDE;
CREATE DATABASE ENCRYPTION KEY
WITH ALGORITHM = AES_256
ENCRYPTION BY SERVER ASYMMETRIC KEY EKMSampleASYKey;
GO
ALTER DATABASE TestTDE
SET ENCRYPTION ON;
GO
USE master;
`

/** After the key was rotated in the vault: a credential of its own for the new key. */
const ROTATION = `
CREATE CREDENTIAL sysadmin_ekm_cred2
    WITH IDENTITY = '${VAULT}',
    SECRET = '${concatenation()}'
    FOR CRYPTOGRAPHIC PROVIDER AzureKeyVault_EKM;
GO
ALTER LOGIN [sa]
ADD CREDENTIAL sysadmin_ekm_cred2;
GO
CREATE ASYMMETRIC KEY EKMSampleASYKey2
 FROM PROVIDER [AzureKeyVault_EKM]
 WITH PROVIDER_KEY_NAME = 'ContosoRSAKey0',
 CREATION_DISPOSITION = OPEN_EXISTING;
GO
CREATE LOGIN TDE_Login2
FROM ASYMMETRIC KEY EKMSampleASYKey2;
GO
ALTER LOGIN [sa]
DROP CREDENTIAL sysadmin_ekm_cred2;
GO
ALTER LOGIN TDE_Login2
ADD CREDENTIAL sysadmin_ekm_cred2;
GO
USE [TestTDE];
GO
ALTER DATABASE ENCRYPTION KEY ENCRYPTION BY SERVER ASYMMETRIC KEY EKMSampleASYKey2;
GO
USE master;
`

const CLEAN_UP = `
USE master;
GO
ALTER DATABASE [TestTDE] SET SINGLE_USER WITH ROLLBACK IMMEDIATE;
DROP DATABASE [TestTDE];
GO
ALTER LOGIN [TDE_Login] DROP CREDENTIAL [sysadmin_ekm_cred];
DROP LOGIN [TDE_Login];
ALTER LOGIN [TDE_Login2] DROP CREDENTIAL [sysadmin_ekm_cred2];
DROP LOGIN [TDE_Login2];
GO
DROP CREDENTIAL [sysadmin_ekm_cred];
DROP CREDENTIAL [sysadmin_ekm_cred2];
GO
USE master;
GO
DROP ASYMMETRIC KEY [EKMSampleASYKey];
DROP ASYMMETRIC KEY [EKMSampleASYKey2];
DROP CRYPTOGRAPHIC PROVIDER [AzureKeyVault_EKM];
GO
`

async function run(client: Client, script: string): Promise<void> {
  for (const batch of script.split(/^GO$/m)) if (batch.trim() !== '') await client.ok(batch)
}

let vault: FakeVault
let server: EkmServer
beforeEach(async () => {
  vault = new FakeVault()
  await vault.start()
  vault.addVersion('ContosoRSAKey0')
  server = await ekmServer(vault.reach, NEWEST)
  await server.client.ok("EXEC sp_configure 'EKM provider enabled', 0; RECONFIGURE")
})
afterEach(async () => {
  server.dispose()
  await vault.stop()
})

const STATE = `SELECT k.encryptor_type, k.encryption_state_desc, a.name FROM sys.dm_database_encryption_keys k
  JOIN sys.asymmetric_keys a ON a.thumbprint = k.encryptor_thumbprint WHERE k.database_id = DB_ID('TestTDE')`

it('the script sets up, rotates, survives restarts and cleans up after itself', async () => {
  let { client } = server
  await run(client, SETUP)
  await encryptionState(client, 'TestTDE', 3)
  expect(await client.rows(STATE)).toEqual([
    { encryptor_type: 'ASYMMETRIC KEY', encryption_state_desc: 'ENCRYPTED', name: 'EKMSampleASYKey' },
  ])
  client = await server.restart()
  vault.addVersion('ContosoRSAKey0')
  await run(client, ROTATION)
  await encryptionState(client, 'TestTDE', 3)
  client = await server.restart()
  expect(await client.rows(STATE)).toEqual([
    { encryptor_type: 'ASYMMETRIC KEY', encryption_state_desc: 'ENCRYPTED', name: 'EKMSampleASYKey2' },
  ])
  await run(client, CLEAN_UP)
  for (const view of [
    'cryptographic_providers',
    'credentials',
    'server_principal_credentials',
    'asymmetric_keys',
  ])
    expect(await client.scalar(`SELECT COUNT(*) FROM sys.${view}`), view).toBe(0)
  // The registry is not cleaned: a backup may need what it says.
  expect(server.instance.store.registryKeys.all().filter(({ values }) => 'KeyUri' in values)).toHaveLength(2)
})

it('the mistakes of its printed form are refused, each by name', async () => {
  const { client } = server
  // A name that is not quoted, where a string belongs.
  expect(
    await client.errors(
      'CREATE ASYMMETRIC KEY k FROM PROVIDER p WITH PROVIDER_KEY_NAME = new_key, CREATION_DISPOSITION = OPEN_EXISTING',
    ),
  ).toEqual([102])
  expect(
    await client.errors(
      "CREATE CREDENTIAL c WITH IDENTITY = vault, SECRET = 's' FOR CRYPTOGRAPHIC PROVIDER p",
    ),
  ).toEqual([102])
  // A semicolon behind the login cuts the statement in two.
  expect(await client.errors('ALTER LOGIN [sa];\nADD CREDENTIAL c;')).toEqual([102])
})
