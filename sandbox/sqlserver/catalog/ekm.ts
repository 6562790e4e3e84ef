import { notSimulated } from '../engine/errors.ts'
import { CONNECTOR_GUID } from '../engine/ekm/library.ts'
import type { VaultKey } from '../engine/ekm/vault-keys.ts'
import type { CryptographicProviderRecord } from '../state/ekm-model.ts'
import type { Cell } from '../sql/types.ts'
import { bit, bytes, columns, date } from './view.ts'
import type { CatalogContext, Row, View } from './view.ts'

const PROVIDER = 'CRYPTOGRAPHIC PROVIDER'
/** What the catalog shows for every key of the connector, also for one of 3072 bits. */
const SHOWN_BITS = 2048

const sees = (c: CatalogContext, permission: string): boolean =>
  c.permissions.server(c.login, permission) || c.permissions.server(c.login, 'VIEW ANY DEFINITION')

function asymmetricKeys(c: CatalogContext): Row[] {
  const visible = ['VIEW DEFINITION', 'ALTER ANY ASYMMETRIC KEY'].some((permission) =>
    c.permissions.database(c.login, c.database, permission),
  )
  if (c.database.databaseId !== 1 || !visible) return []
  return c.store.asymmetricKeys.all().map((key) => ({
    name: key.name,
    principal_id: 1,
    asymmetric_key_id: key.asymmetricKeyId,
    pvt_key_encryption_type: 'NA',
    pvt_key_encryption_type_desc: 'NO_PRIVATE_KEY',
    thumbprint: bytes(c.shownThumbprint(key.name, key.thumbprint)),
    algorithm: '3R',
    algorithm_desc: `RSA_${SHOWN_BITS}`,
    key_length: SHOWN_BITS,
    sid: null,
    string_sid: null,
    public_key: null,
    attested_by: null,
    provider_type: PROVIDER,
    cryptographic_provider_guid: key.providerGuid,
    cryptographic_provider_algid: null,
  }))
}

function credentials(c: CatalogContext): Row[] {
  if (!sees(c, 'ALTER ANY CREDENTIAL')) return []
  return c.store.credentials.all().map((credential) => ({
    credential_id: credential.credentialId,
    name: credential.name,
    credential_identity: credential.identity,
    create_date: date(credential.createDate),
    modify_date: date(credential.modifyDate),
    target_type: credential.providerId === null ? null : PROVIDER,
    target_id: credential.providerId,
  }))
}

const loginCredentials = (c: CatalogContext): Row[] =>
  sees(c, 'ALTER ANY LOGIN')
    ? c.store.loginCredentials
        .all()
        .map(({ principalId, credentialId }) => ({ principal_id: principalId, credential_id: credentialId }))
    : []

const providersOf = (c: CatalogContext): CryptographicProviderRecord[] =>
  sees(c, 'CONTROL SERVER') ? c.store.providers.all() : []

const providers = (c: CatalogContext): Row[] =>
  providersOf(c).map((provider) => ({
    provider_id: provider.providerId,
    name: provider.name,
    guid: provider.guid,
    version: provider.version,
    dll_path: provider.libraryPath,
    is_enabled: bit(provider.enabled),
  }))

const properties = (c: CatalogContext): Row[] =>
  c.store.providers.all().map((provider) => ({
    provider_id: provider.providerId,
    guid: CONNECTOR_GUID,
    provider_version: provider.version,
    sqlcrypt_version: '1.1.0.0',
    friendly_name: 'Keyturn rehearsal connector for Azure Key Vault',
    authentication_type: 'BASIC',
    symmetric_key_support: 0,
    symmetric_key_persistance: 0,
    symmetric_key_export: 0,
    symmetric_key_import: 0,
    asymmetric_key_support: 1,
    asymmetric_key_persistance: 1,
    asymmetric_key_export: 0,
    asymmetric_key_import: 0,
  }))

/** Keys of the provider that the argument names, as the caller's credential sees them. */
function vaultKeys(c: CatalogContext, [providerId]: readonly Cell[]): Row[] {
  if (c.ekm.keys === undefined)
    throw notSimulated('sys.dm_cryptographic_provider_keys in anything but a SELECT of its own')
  const wanted = Number(providerId)
  return (c.ekm.keys.get(wanted) ?? []).map((key, i) => vaultKeyRow(key, i + 1))
}

const vaultKeyRow = (key: VaultKey, id: number): Row => ({
  key_id: id,
  key_name: key.name,
  key_thumbprint: bytes(key.thumbprint),
  algorithm_id: null,
  algorithm_tag: null,
  key_type: 'ASYMMETRIC KEY',
  key_length: key.bits,
})

const sessions = (c: CatalogContext): Row[] =>
  c.ekm.sessions.map(({ providerId, identity }, i) => ({
    provider_id: providerId,
    session_handle: Buffer.from([0, 0, 0, i + 1]),
    identity,
    spid: null,
  }))

export const EKM_VIEWS: readonly View[] = [
  {
    name: 'sys.asymmetric_keys',
    columns:
      columns(`name sysname, principal_id int, asymmetric_key_id int, pvt_key_encryption_type char(2), pvt_key_encryption_type_desc nvarchar(60), thumbprint varbinary(32),
      algorithm char(2), algorithm_desc nvarchar(60), key_length int, sid varbinary(85), string_sid nvarchar(128), public_key varbinary(max), attested_by nvarchar(260),
      provider_type nvarchar(120), cryptographic_provider_guid uniqueidentifier, cryptographic_provider_algid sql_variant`),
    rows: asymmetricKeys,
  },
  {
    name: 'sys.credentials',
    columns: columns(
      'credential_id int, name sysname, credential_identity nvarchar(4000), create_date datetime, modify_date datetime, target_type nvarchar(100), target_id int',
    ),
    rows: credentials,
  },
  {
    name: 'sys.server_principal_credentials',
    columns: columns('principal_id int, credential_id int'),
    rows: loginCredentials,
  },
  {
    name: 'sys.cryptographic_providers',
    columns: columns(
      'provider_id int, name sysname, guid uniqueidentifier, version nvarchar(24), dll_path nvarchar(520), is_enabled bit',
    ),
    rows: providers,
  },
  {
    name: 'sys.dm_cryptographic_provider_properties',
    requires: 'VIEW SERVER STATE',
    columns:
      columns(`provider_id int, guid uniqueidentifier, provider_version nvarchar(256), sqlcrypt_version nvarchar(256), friendly_name nvarchar(2048),
      authentication_type nvarchar(256), symmetric_key_support tinyint, symmetric_key_persistance tinyint, symmetric_key_export tinyint, symmetric_key_import tinyint,
      asymmetric_key_support tinyint, asymmetric_key_persistance tinyint, asymmetric_key_export tinyint, asymmetric_key_import tinyint`),
    rows: properties,
  },
  {
    name: 'sys.dm_cryptographic_provider_keys',
    argumentCount: 1,
    columns: columns(
      'key_id int, key_name nvarchar(512), key_thumbprint varbinary(32), algorithm_id int, algorithm_tag int, key_type nvarchar(256), key_length int',
    ),
    rows: vaultKeys,
  },
  {
    name: 'sys.dm_cryptographic_provider_sessions',
    argumentCount: 1,
    requires: 'VIEW SERVER STATE',
    columns: columns('provider_id int, session_handle varbinary(8), identity nvarchar(128), spid smallint'),
    rows: sessions,
  },
]
