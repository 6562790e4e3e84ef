import { deviceTypeOf } from '../engine/statements/backup-header.ts'
import type { BackupSetRecord } from '../state/model.ts'
import { DATABASE_VERSIONS } from '../engine/versions.ts'
import { bit, bytes, columns, date } from './view.ts'
import type { CatalogContext, Row, View } from './view.ts'

const recordedSets = (c: CatalogContext): BackupSetRecord[] =>
  c.store.backupSets.all().sort((a, b) => a.backupSetId - b.backupSetId)

function setRow(set: BackupSetRecord): Row {
  return {
    backup_set_id: set.backupSetId,
    backup_set_uuid: set.uuid,
    media_set_id: set.mediaSetId,
    first_family_number: 1,
    first_media_number: 1,
    last_family_number: set.physicalNames.length,
    last_media_number: 1,
    position: set.position,
    expiration_date: null,
    software_vendor_id: 4608,
    name: set.name,
    description: set.description,
    user_name: set.userName,
    software_major_version: set.softwareMajorVersion,
    software_minor_version: 0,
    software_build_version: 1000,
    time_zone: 0,
    database_creation_date: date(set.databaseCreationDate),
    backup_start_date: date(set.startDate),
    backup_finish_date: date(set.finishDate),
    type: set.type,
    compatibility_level: set.softwareMajorVersion * 10,
    database_version: DATABASE_VERSIONS[set.softwareMajorVersion] ?? null,
    backup_size: set.backupSize,
    database_name: set.databaseName,
    server_name: set.serverName,
    machine_name: set.serverName.toUpperCase(),
    first_lsn: set.firstLsn,
    last_lsn: set.lastLsn,
    checkpoint_lsn: set.checkpointLsn,
    database_backup_lsn: set.databaseBackupLsn,
    differential_base_lsn: set.differentialBase?.lsn ?? null,
    differential_base_guid: set.differentialBase?.guid ?? null,
    begins_log_chain: bit(set.beginsLogChain),
    fork_point_lsn: set.forkPointLsn,
    first_recovery_fork_guid: set.firstForkGuid,
    last_recovery_fork_guid: set.lastForkGuid,
    recovery_model: set.recoveryModel.replace('_', '-'),
    has_backup_checksums: bit(set.checksums),
    is_damaged: 0,
    is_copy_only: bit(set.copyOnly),
    is_password_protected: 0,
    is_snapshot: 0,
    is_readonly: 0,
    compressed_backup_size: set.compressedSize,
    key_algorithm: set.keyAlgorithm,
    encryptor_thumbprint: set.encryptorThumbprint === null ? null : bytes(set.encryptorThumbprint),
    encryptor_type: set.encryptorType,
    family_guid: set.familyGuid,
    last_valid_restore_time: date(set.lastValidRestoreTime),
    compression_algorithm: set.compressed ? 'MS_XPRESS' : null,
  }
}

const PAGE = 8192

const fileRows = (set: BackupSetRecord): Row[] =>
  set.files.map((file) => ({
    backup_set_id: set.backupSetId,
    first_family_number: 1,
    first_media_number: 1,
    filegroup_name: file.kind === 'ROWS' ? 'PRIMARY' : null,
    page_size: PAGE,
    file_number: file.fileId,
    backed_up_page_count: file.backedUp / PAGE,
    file_type: file.kind === 'ROWS' ? 'D' : 'L',
    source_file_block_size: 512,
    file_size: file.bytes,
    logical_name: file.logicalName,
    physical_drive: file.physicalName.slice(0, 3),
    physical_name: file.physicalName,
    state: 0,
    state_desc: 'ONLINE',
    backup_size: file.backedUp,
    differential_base_lsn: set.differentialBase?.lsn ?? null,
    differential_base_guid: set.differentialBase?.guid ?? null,
    is_readonly: 0,
    is_present: 1,
  }))

const view = (name: string, spec: string, rows: View['rows'] = () => []): View => ({
  name,
  onlyIn: 'msdb',
  columns: columns(spec),
  rows,
})

export const MSDB_VIEWS: readonly View[] = [
  view(
    'dbo.backupset',
    `backup_set_id int, backup_set_uuid uniqueidentifier, media_set_id int, first_family_number tinyint, first_media_number smallint, last_family_number tinyint,
    last_media_number smallint, position int, expiration_date datetime, software_vendor_id int, name nvarchar(128), description nvarchar(255), user_name nvarchar(128),
    software_major_version tinyint, software_minor_version tinyint, software_build_version smallint, time_zone smallint, database_creation_date datetime,
    backup_start_date datetime, backup_finish_date datetime, type char(1), compatibility_level tinyint, database_version int, backup_size decimal(20,0),
    database_name nvarchar(128), server_name nvarchar(128), machine_name nvarchar(128), first_lsn decimal(25,0), last_lsn decimal(25,0), checkpoint_lsn decimal(25,0), database_backup_lsn decimal(25,0),
    differential_base_lsn decimal(25,0), differential_base_guid uniqueidentifier, begins_log_chain bit, fork_point_lsn decimal(25,0),
    first_recovery_fork_guid uniqueidentifier, last_recovery_fork_guid uniqueidentifier, recovery_model nvarchar(60), has_backup_checksums bit, is_damaged bit, is_copy_only bit, is_password_protected bit, is_snapshot bit, is_readonly bit,
    compressed_backup_size decimal(20,0), key_algorithm nvarchar(32), encryptor_thumbprint varbinary(20), encryptor_type nvarchar(32), family_guid uniqueidentifier,
    last_valid_restore_time datetime@16, compression_algorithm nvarchar(32)@16`,
    (c) => recordedSets(c).map(setRow),
  ),
  view(
    'dbo.backupmediafamily',
    `media_set_id int, family_sequence_number tinyint, media_family_id uniqueidentifier, media_count int, logical_device_name nvarchar(128),
    physical_device_name nvarchar(260), device_type tinyint, physical_block_size int, mirror tinyint`,
    (c) =>
      recordedSets(c).flatMap((set) =>
        set.physicalNames.map((name, i) => ({
          media_set_id: set.mediaSetId,
          family_sequence_number: i + 1,
          media_family_id: set.mediaUuid,
          media_count: 1,
          logical_device_name: null,
          physical_device_name: name,
          device_type: deviceTypeOf(name),
          physical_block_size: 512,
          mirror: 0,
        })),
      ),
  ),
  view(
    'dbo.backupfile',
    `backup_set_id int, first_family_number tinyint, first_media_number smallint, filegroup_name nvarchar(128), page_size int, file_number decimal(10,0),
    backed_up_page_count decimal(10,0), file_type char(1), source_file_block_size decimal(10,0), file_size decimal(20,0), logical_name nvarchar(128),
    physical_drive nvarchar(260), physical_name nvarchar(260), state tinyint, state_desc nvarchar(64), backup_size bigint, differential_base_lsn decimal(25,0),
    differential_base_guid uniqueidentifier, is_readonly bit, is_present bit`,
    (c) => recordedSets(c).flatMap(fileRows),
  ),
  view(
    'dbo.backupmediaset',
    `media_set_id int, media_uuid uniqueidentifier, media_family_count tinyint, name nvarchar(128), description nvarchar(255), software_name nvarchar(128), software_vendor_id int,
    mtf_major_version tinyint, mirror_count tinyint, is_password_protected bit, is_compressed bit, is_encrypted bit`,
    (c) =>
      recordedSets(c).map((set) => ({
        media_set_id: set.mediaSetId,
        media_uuid: set.mediaUuid,
        media_family_count: set.physicalNames.length,
        name: null,
        description: null,
        software_name: 'Microsoft SQL Server',
        software_vendor_id: 4608,
        mtf_major_version: 1,
        mirror_count: 1,
        is_password_protected: 0,
        is_compressed: bit(set.compressed),
        is_encrypted: bit(set.keyAlgorithm !== null),
      })),
  ),
  view(
    'dbo.restorehistory',
    'restore_history_id int, restore_date datetime, destination_database_name nvarchar(128), user_name nvarchar(128), backup_set_id int, restore_type char(1), replace bit, recovery bit, restart bit, stop_at datetime, device_count tinyint',
    (c) =>
      c.store.restores.all().map((restore) => ({
        restore_history_id: Number(restore.id),
        restore_date: date(restore.restoreDate),
        destination_database_name: restore.databaseName,
        user_name: restore.userName,
        backup_set_id: restore.backupSetId,
        restore_type: restore.type,
        replace: bit(restore.replace),
        recovery: bit(restore.recovery),
        restart: 0,
        stop_at: date(restore.stopAt),
        device_count: c.store.backupSets.get(String(restore.backupSetId))?.physicalNames.length ?? null,
      })),
  ),
  view(
    'dbo.restorefile',
    'restore_history_id int, file_number decimal(10,0), destination_phys_drive nvarchar(260), destination_phys_name nvarchar(260)',
    (c) =>
      c.store.restores.all().flatMap((restore) =>
        restore.files.map((file) => ({
          restore_history_id: Number(restore.id),
          file_number: file.fileNumber,
          destination_phys_drive: file.physicalName.slice(0, 3),
          destination_phys_name: file.physicalName,
        })),
      ),
  ),
  view(
    'dbo.sysjobs',
    'job_id uniqueidentifier, originating_server_id int, name nvarchar(128), enabled tinyint, description nvarchar(512), start_step_id int, category_id int, owner_sid varbinary(85), date_created datetime, date_modified datetime, version_number int',
    (c) =>
      c.store.agentJobs.all().map(({ id, name, enabled, createDate }) => ({
        job_id: id,
        originating_server_id: 0,
        name,
        enabled: enabled ? 1 : 0,
        description: null,
        start_step_id: 1,
        category_id: 0,
        owner_sid: bytes('01'),
        date_created: date(createDate),
        date_modified: date(createDate),
        version_number: 1,
      })),
  ),
  view(
    'dbo.sysjobsteps',
    'job_id uniqueidentifier, step_id int, step_name nvarchar(128), subsystem nvarchar(40), command nvarchar(max), flags int, database_name nvarchar(128), last_run_outcome int, last_run_date int, last_run_time int',
    (c) =>
      c.store.agentJobs.all().flatMap(({ id, steps }) =>
        steps.map(({ name, database, command }, index) => ({
          job_id: id,
          step_id: index + 1,
          step_name: name,
          subsystem: 'TSQL',
          command,
          flags: 0,
          database_name: database,
          last_run_outcome: 0,
          last_run_date: 0,
          last_run_time: 0,
        })),
      ),
  ),
]
