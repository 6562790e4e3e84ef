import { thumbprintOf } from '../files/index.ts'
import type { CertificateRecord } from '../state/model.ts'
import { bit, bytes, columns, date } from './view.ts'
import type { CatalogContext, Row, View } from './view.ts'

const PROTECTION = {
  MK: 'ENCRYPTED_BY_MASTER_KEY',
  PW: 'ENCRYPTED_BY_PASSWORD',
  NA: 'NO_PRIVATE_KEY',
} as const
export const DATABASE_MASTER_KEY = '##MS_DatabaseMasterKey##'
const SERVICE_MASTER_KEY = '##MS_ServiceMasterKey##'

const seesKeys = (c: CatalogContext): boolean =>
  c.permissions.database(c.login, c.database, 'VIEW DEFINITION')

function symmetricKeys(c: CatalogContext): Row[] {
  if (!seesKeys(c)) return []
  const own = c.store.masterKeys.get(String(c.database.databaseId))
  const service = c.database.databaseId === 1 ? c.store.serviceMasterKey.get('smk') : undefined
  const row = (
    name: string,
    id: number,
    key: { guid: string; createDate: string; modifyDate: string },
  ): Row => ({
    name,
    principal_id: 1,
    symmetric_key_id: id,
    key_length: 256,
    key_algorithm: 'A3',
    algorithm_desc: 'AES_256',
    create_date: date(key.createDate),
    modify_date: date(key.modifyDate),
    key_guid: key.guid,
    key_thumbprint: null,
    provider_type: null,
    cryptographic_provider_guid: null,
    cryptographic_provider_algid: null,
  })
  return [
    ...(own === undefined ? [] : [row(DATABASE_MASTER_KEY, 101, own)]),
    ...(service === undefined ? [] : [row(SERVICE_MASTER_KEY, 102, service)]),
  ]
}

function keyEncryptions(c: CatalogContext): Row[] {
  if (!seesKeys(c)) return []
  const row = (keyId: number, type: string, description: string): Row => ({
    key_id: keyId,
    thumbprint: null,
    crypt_type: type,
    crypt_type_desc: description,
    crypt_property: null,
  })
  const own = c.store.masterKeys.get(String(c.database.databaseId))
  const copies = (own?.copies ?? []).map((copy) =>
    copy.kind === 'service'
      ? row(101, 'ESKM', 'ENCRYPTION BY MASTER KEY')
      : row(
          101,
          c.majorVersion >= 14 ? 'ESP2' : 'ESKP',
          c.majorVersion >= 14 ? 'ENCRYPTION BY PASSWORD V2' : 'ENCRYPTION BY PASSWORD',
        ),
  )
  return copies
}

function certificates(c: CatalogContext): Row[] {
  return c.store.certificates
    .all()
    .filter(
      (certificate) =>
        certificate.databaseId === c.database.databaseId &&
        c.permissions.certificate(c.login, c.database, certificate, 'VIEW DEFINITION'),
    )
    .sort((a, b) => a.certificateId - b.certificateId)
    .map((certificate) => certificateRow(c, certificate))
}

function certificateRow(c: CatalogContext, certificate: CertificateRecord): Row {
  return {
    name: certificate.name,
    certificate_id: certificate.certificateId,
    principal_id: 1,
    pvt_key_encryption_type: certificate.protection,
    pvt_key_encryption_type_desc: PROTECTION[certificate.protection],
    is_active_for_begin_dialog: bit(certificate.activeForBeginDialog),
    issuer_name: certificate.issuer.slice(0, 884),
    cert_serial_number: certificate.serial.match(/../g)?.join(' ') ?? '',
    // A certificate's SID ends in the digest of the certificate, as the engine's does.
    sid: Buffer.concat([
      Buffer.from('010600000000000901000000', 'hex'),
      thumbprintOf(Buffer.from(certificate.der, 'base64')),
    ]),
    string_sid: null,
    subject: certificate.subject,
    expiry_date: date(certificate.expiryDate),
    start_date: date(certificate.startDate),
    thumbprint: bytes(c.shownThumbprint(certificate.name, certificate.thumbprint)),
    attested_by: null,
    pvt_key_last_backup_date: date(certificate.lastKeyBackup),
    key_length: certificate.keyLength,
  }
}

export const KEY_VIEWS: readonly View[] = [
  {
    name: 'sys.symmetric_keys',
    columns:
      columns(`name sysname, principal_id int, symmetric_key_id int, key_length int, key_algorithm char(2), algorithm_desc nvarchar(60), create_date datetime,
      modify_date datetime, key_guid uniqueidentifier, key_thumbprint sql_variant, provider_type nvarchar(120), cryptographic_provider_guid uniqueidentifier, cryptographic_provider_algid sql_variant`),
    rows: symmetricKeys,
  },
  {
    name: 'sys.key_encryptions',
    columns: columns(
      'key_id int, thumbprint varbinary(32), crypt_type char(4), crypt_type_desc nvarchar(60), crypt_property varbinary(max)',
    ),
    rows: keyEncryptions,
  },
  {
    name: 'sys.certificates',
    columns:
      columns(`name sysname, certificate_id int, principal_id int, pvt_key_encryption_type char(2), pvt_key_encryption_type_desc nvarchar(60),
      is_active_for_begin_dialog bit, issuer_name nvarchar(442), cert_serial_number nvarchar(64), sid varbinary(85), string_sid nvarchar(128),
      subject nvarchar(4000), expiry_date datetime, start_date datetime, thumbprint varbinary(32), attested_by nvarchar(260), pvt_key_last_backup_date datetime, key_length int@15`),
    rows: certificates,
  },
]
