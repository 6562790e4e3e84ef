import { keyBits } from '../engine/tde/page-crypto.ts'
import type { EncryptionKeyRecord, EncryptionState, ScanState } from '../state/encryption-model.ts'
import { protectorsOfEncryptedLog } from '../engine/tde/log-backup.ts'
import { toDateText } from '../sql/dates.ts'
import { bytes, columns, date } from './view.ts'
import type { CatalogContext, Row, View } from './view.ts'

const STATES: Record<EncryptionState, string> = {
  1: 'UNENCRYPTED',
  2: 'ENCRYPTION_IN_PROGRESS',
  3: 'ENCRYPTED',
  4: 'KEY_CHANGE_IN_PROGRESS',
  5: 'DECRYPTION_IN_PROGRESS',
  6: 'PROTECTION_CHANGE_IN_PROGRESS',
}
const SCANS: Record<ScanState, string> = {
  0: 'NONE',
  1: 'RUNNING',
  2: 'SUSPENDED',
  3: 'ABORTED',
  4: 'COMPLETE',
}
const TEMPDB = 2

/** TRIPLE_DES_3KEY and AES_256 show as 3DES and AES; the length stands beside it. */
const shownAlgorithm = (algorithm: string): string =>
  algorithm.startsWith('AES') ? 'AES' : 'TRIPLE_DES_3KEY'

function keyRow(record: EncryptionKeyRecord): Row {
  const moving = record.state !== 1 && record.state !== 3
  return {
    database_id: record.databaseId,
    encryption_state: record.state,
    create_date: date(record.createDate),
    regenerate_date: date(record.regenerateDate),
    modify_date: date(record.modifyDate),
    set_date: date(record.setDate),
    opened_date: date(record.openedDate),
    key_algorithm: shownAlgorithm(record.current.algorithm),
    key_length: keyBits(record.current.algorithm),
    encryptor_thumbprint: bytes(record.protector.thumbprint),
    encryptor_type: record.protector.type,
    percent_complete:
      moving && record.scanPages > 0 ? Math.fround((record.scanPosition * 100) / record.scanPages) : 0,
    encryption_state_desc: STATES[record.state],
    encryption_scan_state: record.scanState,
    encryption_scan_state_desc: SCANS[record.scanState],
    encryption_scan_modify_date: date(record.scanModifyDate),
  }
}

/** tempdb has a key of its own that no certificate protects: it is made anew at each start. */
function tempdbRow(since: Date): Row {
  const then = toDateText(since)
  return {
    database_id: TEMPDB,
    encryption_state: 3,
    create_date: then,
    regenerate_date: then,
    modify_date: then,
    set_date: then,
    opened_date: then,
    key_algorithm: 'AES',
    key_length: 256,
    encryptor_thumbprint: new Uint8Array(),
    encryptor_type: 'ASYMMETRIC KEY',
    percent_complete: 0,
    encryption_state_desc: STATES[3],
    encryption_scan_state: 4,
    encryption_scan_state_desc: SCANS[4],
    encryption_scan_modify_date: then,
  }
}

function rows(c: CatalogContext): Row[] {
  // A database that is not open shows no key: nothing could read it.
  const open = c.store.encryptionKeys
    .all()
    .filter((record) => c.store.databases.get(record.id)?.state === 'ONLINE')
    .sort((a, b) => a.databaseId - b.databaseId)
    .map(keyRow)
  return c.tempdbEncryptedSince === undefined ? open : [tempdbRow(c.tempdbEncryptedSince), ...open]
}

/**
 * Virtual log files: one for each protector that the log was written under and that is still needed, the newest last;
 * one in clear for a database without any.
 */
function logRows(c: CatalogContext): Row[] {
  return c.store.databases
    .all()
    .filter(({ state }) => state === 'ONLINE')
    .flatMap((database) => {
      const log = database.files.find(({ kind }) => kind === 'LOG')
      const found = protectorsOfEncryptedLog(c.store, database.databaseId)
      const thumbprints = found.length === 0 ? [null] : found
      const size = (log?.bytes ?? 0) / thumbprints.length
      return thumbprints.map((thumbprint, i) => ({
        database_id: database.databaseId,
        file_id: log?.fileId ?? 2,
        vlf_begin_offset: 8192 + Math.floor(i * size),
        vlf_size_mb: size / 2 ** 20,
        vlf_sequence_number: FIRST_SEQUENCE + i,
        vlf_active: 1,
        vlf_status: 2,
        vlf_parity: 64,
        vlf_first_lsn: null,
        vlf_create_lsn: null,
        vlf_encryptor_thumbprint: thumbprint === null ? null : bytes(thumbprint),
      }))
    })
}

const FIRST_SEQUENCE = 40

export const ENCRYPTION_VIEWS: readonly View[] = [
  {
    name: 'sys.dm_db_log_info',
    requires: 'VIEW SERVER STATE',
    argumentCount: 1,
    argumentColumns: ['database_id'],
    columns:
      columns(`database_id int, file_id smallint, vlf_begin_offset bigint, vlf_size_mb float, vlf_sequence_number bigint, vlf_active bit,
      vlf_status int, vlf_parity tinyint, vlf_first_lsn nvarchar(48), vlf_create_lsn nvarchar(48), vlf_encryptor_thumbprint varbinary(20)@15`),
    rows: logRows,
  },
  {
    name: 'sys.dm_database_encryption_keys',
    requires: 'VIEW SERVER STATE',
    columns:
      columns(`database_id int, encryption_state int, create_date datetime, regenerate_date datetime, modify_date datetime, set_date datetime,
      opened_date datetime, key_algorithm nvarchar(32), key_length int, encryptor_thumbprint varbinary(20), encryptor_type nvarchar(32),
      percent_complete real, encryption_state_desc nvarchar(32)@15, encryption_scan_state int@15, encryption_scan_state_desc nvarchar(32)@15,
      encryption_scan_modify_date datetime@15`),
    rows,
  },
]
