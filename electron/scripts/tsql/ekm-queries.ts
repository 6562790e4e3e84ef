import { providerKey } from '../../../shared/model/host-calls.ts'
import { queryText, text, tsql, whole, type Fragment } from './fragment.ts'

/** Reads on extensible key management; none changes anything, and none shows a secret. */

/** `EKM provider enabled` and `show advanced options`, as set and as in use. Public. */
export const ekmOptions = (): string =>
  queryText(tsql`SELECT c.name AS name, CAST(c.value AS int) AS value, CAST(c.value_in_use AS int) AS value_in_use
FROM sys.configurations AS c
WHERE c.name IN (N'EKM provider enabled', N'show advanced options');`)

export const providers = (): string =>
  queryText(tsql`SELECT p.provider_id AS provider_id, p.name AS name, CAST(p.guid AS nvarchar(36)) AS guid, p.version AS version, p.dll_path AS dll_path,
  p.is_enabled AS is_enabled
FROM sys.cryptographic_providers AS p
ORDER BY p.name;`)

/** What the libraries say of themselves. VIEW SERVER STATE. */
export const providerProperties = (): string =>
  queryText(tsql`SELECT p.provider_id AS provider_id, p.provider_version AS provider_version, p.sqlcrypt_version AS sqlcrypt_version,
  p.friendly_name AS friendly_name, p.authentication_type AS authentication_type
FROM sys.dm_cryptographic_provider_properties AS p;`)

const credentialColumns: Fragment = tsql`c.credential_id AS credential_id, c.name AS name, c.credential_identity AS credential_identity,
  c.create_date AS create_date, c.modify_date AS modify_date, c.target_type AS target_type, p.name AS provider`
const credentialRows: Fragment = tsql`FROM sys.credentials AS c
LEFT JOIN sys.cryptographic_providers AS p ON p.provider_id = c.target_id`

/** Every credential of the server, those for storage too. Times are the server's own. */
export const credentials = (): string =>
  queryText(tsql`SELECT ${credentialColumns}
${credentialRows}
ORDER BY c.name;`)

export const credentialNamed = (credential: string): string =>
  queryText(tsql`SELECT ${credentialColumns}
${credentialRows}
WHERE c.name = ${text(credential)};`)

/** Which login holds which credential. */
export const credentialLogins = (): string =>
  queryText(tsql`SELECT s.credential_id AS credential_id, l.name AS login, l.type AS type, l.is_disabled AS is_disabled
FROM sys.server_principal_credentials AS s
JOIN sys.server_principals AS l ON l.principal_id = s.principal_id
ORDER BY l.name;`)

/** Logins that were made from an asymmetric key. The catalog does not say from which one. */
export const keyLogins = (): string =>
  queryText(tsql`SELECT l.name AS login, l.create_date AS create_date
FROM sys.server_principals AS l
WHERE l.type = 'K'
ORDER BY l.name;`)

export const loginNamed = (login: string): string =>
  queryText(tsql`SELECT l.name AS login, l.type AS type, l.create_date AS create_date
FROM sys.server_principals AS l
WHERE l.name = ${text(login)};`)

const keyColumns: Fragment = tsql`a.name AS name, a.thumbprint AS thumbprint, a.algorithm_desc AS algorithm, a.key_length AS key_length, p.name AS provider`
const keyRows: Fragment = tsql`FROM master.sys.asymmetric_keys AS a
LEFT JOIN sys.cryptographic_providers AS p ON p.guid = a.cryptographic_provider_guid
WHERE a.provider_type = N'CRYPTOGRAPHIC PROVIDER'`

/** Keys of providers in master. 2048 stands there for any size. VIEW DEFINITION on master. */
export const providerKeys = (): string =>
  queryText(tsql`SELECT ${keyColumns}
${keyRows}
ORDER BY a.name;`)

export const keyNamed = (key: string): string =>
  queryText(tsql`SELECT ${keyColumns}
${keyRows} AND a.name = ${text(key)};`)

/**
 * Databases with what their encryption key is under. A database that is not open shows no key: it stands here with the
 * state that it is in and NULL. VIEW SERVER STATE.
 */
export const databasesUnder = (): string =>
  queryText(tsql`SELECT d.name AS name, d.state_desc AS state_desc, d.is_encrypted AS is_encrypted, k.encryption_state AS encryption_state,
  k.encryptor_thumbprint AS encryptor_thumbprint, k.encryptor_type AS encryptor_type, k.opened_date AS opened_date
FROM sys.databases AS d
LEFT JOIN sys.dm_database_encryption_keys AS k ON k.database_id = d.database_id
ORDER BY d.name;`)

/** Account and kind of the services; the engine's own name begins with `SQL Server (`. VIEW SERVER STATE. */
export const services = (): string =>
  queryText(
    tsql`SELECT s.servicename AS service, s.service_account AS account, s.is_clustered AS is_clustered FROM sys.dm_server_services AS s;`,
  )

/** The server's own time, as those of the catalog are. VIEW SERVER STATE. */
export const serviceStart = (): string =>
  queryText(tsql`SELECT s.sqlserver_start_time AS sqlserver_start_time, GETDATE() AS now
FROM sys.dm_os_sys_info AS s;`)

/** Public. */
export const isClustered = (): string =>
  queryText(tsql`SELECT CAST(SERVERPROPERTY('IsClustered') AS int) AS clustered;`)

/** Keys that the provider shows with the credential of the login that asks. None is not "no keys". Public. */
export const keysOfProvider = (providerId: number): string =>
  queryText(tsql`SELECT k.key_name AS key_name, k.key_thumbprint AS key_thumbprint
FROM sys.dm_cryptographic_provider_keys(${whole(providerId, 1, 2 ** 31 - 1)}) AS k;`)

/** Below it the connector keeps where each key is. */
const registryRoot = `${providerKey}\\Azure Key Vault`

/** Where the connector found a key: column `Data`. Needs sysadmin, or EXECUTE on the procedure. `thumbprint`: hex. */
export const keyPlace = (vaultUrl: string, thumbprint: string): string =>
  queryText(
    tsql`EXEC master.dbo.xp_instance_regread N'HKEY_LOCAL_MACHINE', ${text(`${registryRoot}\\${vaultUrl}\\${thumbprint}`)}, N'KeyUri';`,
  )
