import { CONNECTOR_PATH } from '../../sandbox/sqlserver/engine/ekm/library.ts'

/**
 * The administrator's script for TDE with a key of Azure Key Vault as documentation prints it, with its mistakes mended:
 * names and identities are quoted strings, no semicolon cuts ALTER LOGIN in two, a rotation has a credential of its own
 * (the first one is mapped), and what the rotation made is cleaned up too. `GO` is the client's word.
 */
export interface EkmScript {
  /** Login of the administrator. */
  login: string
  /** As IDENTITY names it. */
  vault: string
  /** Client id without hyphens and the client secret, in one text. */
  secret: string
  /** Name of the key in the vault. */
  key: string
}

export const setUp = ({ login, vault, secret, key }: EkmScript): string => `
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
    WITH IDENTITY = '${vault}',                            -- for public Azure
    -- WITH IDENTITY = '${vault}.vault.azure.cn',          -- elsewhere
    SECRET = '${secret}'
FOR CRYPTOGRAPHIC PROVIDER AzureKeyVault_EKM;
ALTER LOGIN [${login}]
ADD CREDENTIAL sysadmin_ekm_cred;
GO
CREATE ASYMMETRIC KEY EKMSampleASYKey
FROM PROVIDER [AzureKeyVault_EKM]
WITH PROVIDER_KEY_NAME = '${key}',
CREATION_DISPOSITION = OPEN_EXISTING;
GO
CREATE LOGIN TDE_Login
FROM ASYMMETRIC KEY EKMSampleASYKey;
GO
ALTER LOGIN [${login}]
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
GO
`

/** After the key was rotated in the vault. */
export const rotate = ({ login, vault, secret, key }: EkmScript): string => `
CREATE CREDENTIAL sysadmin_ekm_cred2
    WITH IDENTITY = '${vault}',
    SECRET = '${secret}'
    FOR CRYPTOGRAPHIC PROVIDER AzureKeyVault_EKM;
GO
ALTER LOGIN [${login}]
ADD CREDENTIAL sysadmin_ekm_cred2;
GO
CREATE ASYMMETRIC KEY EKMSampleASYKey2
 FROM PROVIDER [AzureKeyVault_EKM]
 WITH PROVIDER_KEY_NAME = '${key}',
 CREATION_DISPOSITION = OPEN_EXISTING;
GO
CREATE LOGIN TDE_Login2
FROM ASYMMETRIC KEY EKMSampleASYKey2;
GO
ALTER LOGIN [${login}]
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
GO
`

export const cleanUp = `
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

/** The two queries that documentation gives for looking at the result. */
export const look = `
SELECT name, algorithm_desc, thumbprint FROM sys.asymmetric_keys;
GO
SELECT encryptor_type, encryption_state_desc, encryptor_thumbprint
FROM sys.dm_database_encryption_keys
WHERE database_id = DB_ID('TestTDE');
GO
`
