import { same } from '../engine/permissions.ts'
import { replicaOf } from './availability.ts'
import { bit, bytes, columns, date } from './view.ts'
import type { CatalogContext, Row, View } from './view.ts'
import type { DatabaseRecord } from '../state/model.ts'

const STATES = { ONLINE: 0, RESTORING: 1, RECOVERING: 2, RECOVERY_PENDING: 3, OFFLINE: 6 } as const
const RECOVERY = { FULL: 1, BULK_LOGGED: 2, SIMPLE: 3 } as const
const USER_ACCESS = { MULTI_USER: 0, SINGLE_USER: 1, RESTRICTED_USER: 2 } as const
const PAGE = 8192

const visibleDatabases = (c: CatalogContext): DatabaseRecord[] =>
  c.store.databases
    .all()
    .filter(
      (d) =>
        d.databaseId <= 2 ||
        c.permissions.server(c.login, 'VIEW ANY DATABASE') ||
        c.permissions.access(c.login, d),
    )
    .sort((a, b) => a.databaseId - b.databaseId)

const FILE_COLUMNS = `file_id int, file_guid uniqueidentifier, type tinyint, type_desc nvarchar(60), data_space_id int, name sysname,
  physical_name nvarchar(260), state tinyint, state_desc nvarchar(60), size int, max_size int, growth int,
  is_media_read_only bit, is_read_only bit, is_sparse bit, is_percent_growth bit`

/** PRIMARY first, then the others as their files come. */
const filegroupsOf = (d: DatabaseRecord): string[] => [
  ...new Set([
    'PRIMARY',
    ...d.files.flatMap((file) => (file.filegroup === undefined ? [] : [file.filegroup])),
  ]),
]

const isReadOnlyGroup = (d: DatabaseRecord, filegroup: string | undefined): boolean =>
  (d.readOnlyFilegroups ?? []).some((name) => same(name, filegroup))

const fileRows = (d: DatabaseRecord): Row[] =>
  d.files.map((file) => ({
    database_id: d.databaseId,
    file_id: file.fileId,
    file_guid: null,
    type: file.kind === 'ROWS' ? 0 : 1,
    type_desc: file.kind,
    data_space_id: file.kind === 'ROWS' ? 1 + filegroupsOf(d).indexOf(file.filegroup ?? 'PRIMARY') : 0,
    name: file.logicalName,
    physical_name: file.physicalName,
    state: STATES[d.state],
    state_desc: d.state,
    size: Math.ceil(file.bytes / PAGE),
    max_size: -1,
    growth: 8192,
    is_media_read_only: 0,
    is_read_only: bit(isReadOnlyGroup(d, file.filegroup)),
    is_sparse: 0,
    is_percent_growth: 0,
  }))

const noVolume = { logical_volume_name: null, total_bytes: null, available_bytes: 0 }

/** Once for each volume of an answer: the free bytes are those of a walk through its files. */
const volumeOf = (c: CatalogContext, drive: CatalogContext['disk']['drives'][number]): Row => ({
  logical_volume_name: drive.label,
  total_bytes: drive.capacity,
  available_bytes: c.disk.freeBytes(drive.letter),
})

export const DATABASE_VIEWS: readonly View[] = [
  {
    name: 'sys.databases',
    columns:
      columns(`name sysname, database_id int, source_database_id int, owner_sid varbinary(85), create_date datetime,
      compatibility_level tinyint, collation_name sysname, user_access tinyint, user_access_desc nvarchar(60), is_read_only bit,
      is_auto_close_on bit, is_auto_shrink_on bit, state tinyint, state_desc nvarchar(60), is_in_standby bit, is_cleanly_shutdown bit,
      recovery_model tinyint, recovery_model_desc nvarchar(60), page_verify_option tinyint, page_verify_option_desc nvarchar(60),
      is_published bit, is_subscribed bit, is_merge_published bit, is_distributor bit, is_db_chaining_on bit, is_trustworthy_on bit,
      is_broker_enabled bit, is_master_key_encrypted_by_server bit, is_query_store_on bit, is_cdc_enabled bit, is_encrypted bit,
      log_reuse_wait tinyint, log_reuse_wait_desc nvarchar(60), replica_id uniqueidentifier, group_database_id uniqueidentifier,
      containment tinyint, containment_desc nvarchar(60), is_accelerated_database_recovery_on bit@15`),
    rows: (c) =>
      visibleDatabases(c).map((d) => ({
        name: d.name,
        database_id: d.databaseId,
        source_database_id: null,
        owner_sid: ownerSid(c, d.ownerLogin),
        create_date: date(d.createDate),
        compatibility_level: d.compatibilityLevel,
        collation_name: d.state === 'ONLINE' ? 'SQL_Latin1_General_CP1_CI_AS' : null,
        user_access: USER_ACCESS[d.userAccess],
        user_access_desc: d.userAccess,
        is_read_only: bit(d.readOnly),
        is_auto_close_on: 0,
        is_auto_shrink_on: 0,
        state: STATES[d.state],
        state_desc: d.state,
        is_in_standby: 0,
        is_cleanly_shutdown: 0,
        recovery_model: RECOVERY[d.recoveryModel],
        recovery_model_desc: d.recoveryModel,
        page_verify_option: 2,
        page_verify_option_desc: 'CHECKSUM',
        is_published: 0,
        is_subscribed: 0,
        is_merge_published: 0,
        is_distributor: 0,
        is_db_chaining_on: bit(d.databaseId !== 3 && d.databaseId <= 4),
        is_trustworthy_on: bit(d.trustworthy ?? d.databaseId === 4),
        is_broker_enabled: bit(d.broker ?? (d.databaseId === 4 || d.databaseId === 2)),
        is_master_key_encrypted_by_server: bit(
          c.store.masterKeys.get(String(d.databaseId))?.mirroredInMaster ?? false,
        ),
        is_query_store_on: 0,
        is_cdc_enabled: 0,
        is_encrypted: bit(c.store.encryptionKeys.get(d.id)?.on ?? false),
        log_reuse_wait: 0,
        log_reuse_wait_desc: 'NOTHING',
        ...replicaOf(c, d.name),
        containment: 0,
        containment_desc: 'NONE',
        is_accelerated_database_recovery_on: 0,
      })),
  },
  {
    name: 'sys.master_files',
    columns: columns(`database_id int, ${FILE_COLUMNS}`),
    rows: (c) =>
      visibleDatabases(c)
        .filter(
          (d) =>
            c.permissions.database(c.login, d, 'VIEW DEFINITION') ||
            c.permissions.server(c.login, 'CREATE ANY DATABASE'),
        )
        .flatMap(fileRows),
  },
  ...(['sys.filegroups', 'sys.data_spaces'] as const).map((name): View => ({
    name,
    columns: columns(
      `name sysname, data_space_id int, type char(2), type_desc nvarchar(60), is_default bit, is_system bit${
        name === 'sys.filegroups'
          ? ', filegroup_guid uniqueidentifier, log_filegroup_id int, is_read_only bit, is_autogrow_all_files bit'
          : ''
      }`,
    ),
    rows: (c) =>
      filegroupsOf(c.database).map((filegroup, i) => ({
        name: filegroup,
        data_space_id: i + 1,
        type: 'FG',
        type_desc: 'ROWS_FILEGROUP',
        is_default: bit(i === 0),
        is_system: 0,
        filegroup_guid: null,
        log_filegroup_id: null,
        is_read_only: bit(isReadOnlyGroup(c.database, filegroup)),
        is_autogrow_all_files: 0,
      })),
  })),
  { name: 'sys.database_files', columns: columns(FILE_COLUMNS), rows: (c) => fileRows(c.database) },
  {
    name: 'sys.dm_os_volume_stats',
    requires: 'VIEW SERVER STATE',
    argumentCount: 2,
    argumentColumns: ['database_id', 'file_id'],
    columns:
      columns(`database_id int, file_id int, volume_mount_point nvarchar(512), volume_id nvarchar(512), logical_volume_name nvarchar(512),
      file_system_type nvarchar(512), total_bytes bigint, available_bytes bigint, supports_compression tinyint, supports_alternate_streams tinyint,
      supports_sparse_files tinyint, is_read_only tinyint, is_compressed tinyint`),
    rows: (c) => {
      const volumes = new Map(c.disk.drives.map((drive) => [drive.letter, volumeOf(c, drive)]))
      return c.store.databases.all().flatMap((d) =>
        d.files.map((file) => {
          const letter = file.physicalName.slice(0, 1).toUpperCase()
          return {
            database_id: d.databaseId,
            file_id: file.fileId,
            volume_mount_point: `${letter}:\\`,
            volume_id: null,
            file_system_type: 'NTFS',
            ...(volumes.get(letter) ?? noVolume),
            supports_compression: 1,
            supports_alternate_streams: 1,
            supports_sparse_files: 1,
            is_read_only: 0,
            is_compressed: 0,
          }
        }),
      )
    },
  },
  {
    name: 'sys.database_recovery_status',
    columns: columns(
      'database_id int, database_guid uniqueidentifier, family_guid uniqueidentifier, last_log_backup_lsn decimal(25,0)',
    ),
    rows: (c) =>
      visibleDatabases(c).map((d) => ({
        database_id: d.databaseId,
        database_guid: d.familyGuid,
        family_guid: d.familyGuid,
        last_log_backup_lsn: d.log.backupFrom,
      })),
  },
]

function ownerSid(c: CatalogContext, login: string): Uint8Array | null {
  const found = c.store.logins.find((candidate) => same(candidate.name, login))
  return found === undefined ? null : bytes(found.sid)
}
