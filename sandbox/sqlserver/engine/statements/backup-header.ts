import type { BackupHeader } from '../../files/index.ts'
import { columns } from '../../catalog/view.ts'
import type { ViewColumn } from '../../catalog/view.ts'
import type { BackupSetRecord, DatabaseFile, DatabaseRecord } from '../../state/model.ts'
import type { Instance } from '../instance.ts'
import { DATABASE_VERSIONS } from '../versions.ts'

/** Columns of RESTORE HEADERONLY, in order; the count grows with the version. */
export const HEADER_COLUMNS: readonly ViewColumn[] =
  columns(`BackupName nvarchar(128), BackupDescription nvarchar(255), BackupType smallint, ExpirationDate datetime, Compressed bit, Position smallint,
  DeviceType tinyint, UserName nvarchar(128), ServerName nvarchar(128), DatabaseName nvarchar(128), DatabaseVersion int, DatabaseCreationDate datetime, BackupSize decimal(20,0),
  FirstLSN decimal(25,0), LastLSN decimal(25,0), CheckpointLSN decimal(25,0), DatabaseBackupLSN decimal(25,0), BackupStartDate datetime, BackupFinishDate datetime, SortOrder smallint, CodePage smallint,
  UnicodeLocaleId int, UnicodeComparisonStyle int, CompatibilityLevel tinyint, SoftwareVendorId int, SoftwareVersionMajor int, SoftwareVersionMinor int, SoftwareVersionBuild int, MachineName nvarchar(128),
  Flags int, BindingID uniqueidentifier, RecoveryForkID uniqueidentifier, Collation nvarchar(128), FamilyGUID uniqueidentifier, HasBulkLoggedData bit, IsSnapshot bit, IsReadOnly bit, IsSingleUser bit,
  HasBackupChecksums bit, IsDamaged bit, BeginsLogChain bit, HasIncompleteMetaData bit, IsForceOffline bit, IsCopyOnly bit, FirstRecoveryForkID uniqueidentifier, ForkPointLSN decimal(25,0),
  RecoveryModel nvarchar(60), DifferentialBaseLSN decimal(25,0), DifferentialBaseGUID uniqueidentifier, BackupTypeDescription nvarchar(60), BackupSetGUID uniqueidentifier, CompressedBackupSize bigint,
  containment tinyint, KeyAlgorithm nvarchar(32), EncryptorThumbprint varbinary(20), EncryptorType nvarchar(32), LastValidRestoreTime datetime@16, TimeZone nvarchar(32)@16, CompressionAlgorithm nvarchar(32)@16`)

export const FILE_LIST_COLUMNS: readonly ViewColumn[] =
  columns(`LogicalName nvarchar(128), PhysicalName nvarchar(260), Type char(1), FileGroupName nvarchar(128), Size decimal(20,0), MaxSize decimal(20,0), FileId bigint,
  CreateLSN decimal(25,0), DropLSN decimal(25,0), UniqueId uniqueidentifier, ReadOnlyLSN decimal(25,0), ReadWriteLSN decimal(25,0), BackupSizeInBytes bigint, SourceBlockSize int, FileGroupId int,
  LogGroupGUID uniqueidentifier, DifferentialBaseLSN decimal(25,0), DifferentialBaseGUID uniqueidentifier, IsReadOnly bit, IsPresent bit, TDEThumbprint varbinary(32), SnapshotURL nvarchar(360)`)

export const LABEL_COLUMNS: readonly ViewColumn[] =
  columns(`MediaName nvarchar(128), MediaSetId uniqueidentifier, FamilyCount int, FamilySequenceNumber int, MediaFamilyId uniqueidentifier, MediaSequenceNumber int,
  MediaLabelPresent tinyint, MediaDescription nvarchar(255), SoftwareName nvarchar(128), SoftwareVendorId int, MediaDate datetime, Mirror_Count int, IsCompressed bit`)

/** 2: disk, 9: URL. */
export const deviceTypeOf = (name: string): number => (/^https?:\/\//i.test(name) ? 9 : 2)

const text = (iso: string): string => iso.slice(0, 23)

const TYPES = { D: 1, L: 2, I: 5 } as const
const TYPE_NAMES = { D: 'Database', L: 'Transaction Log', I: 'Database Differential' } as const

/** Behind the columns that are shown: how many families the media set has, and which one this file is. */
export function headerRow(
  instance: Instance,
  database: DatabaseRecord,
  set: BackupSetRecord,
  family: number,
): BackupHeader {
  const [major, minor, build] = instance.programVersion
  return {
    BackupName: set.name,
    BackupDescription: set.description,
    BackupType: TYPES[set.type],
    Compressed: set.compressed,
    Position: 1,
    DeviceType: deviceTypeOf(set.physicalNames[family - 1] ?? ''),
    UserName: set.userName,
    ServerName: instance.serverName,
    DatabaseName: database.name,
    DatabaseVersion: DATABASE_VERSIONS[major] ?? 957,
    DatabaseCreationDate: text(database.createDate),
    BackupSize: '0',
    FirstLSN: set.firstLsn,
    LastLSN: set.lastLsn,
    CheckpointLSN: set.checkpointLsn,
    DatabaseBackupLSN: set.databaseBackupLsn,
    BackupStartDate: text(set.startDate),
    BackupFinishDate: null,
    SortOrder: 52,
    CodePage: 0,
    UnicodeLocaleId: 1033,
    UnicodeComparisonStyle: 196609,
    CompatibilityLevel: database.compatibilityLevel,
    SoftwareVendorId: 4608,
    SoftwareVersionMajor: major,
    SoftwareVersionMinor: minor,
    SoftwareVersionBuild: build,
    MachineName: instance.serverName.toUpperCase(),
    Flags: set.checksums ? 528 : 512,
    BindingID: set.mediaUuid,
    RecoveryForkID: set.lastForkGuid,
    Collation: 'SQL_Latin1_General_CP1_CI_AS',
    FamilyGUID: database.familyGuid,
    HasBulkLoggedData: false,
    IsSnapshot: false,
    IsReadOnly: database.readOnly,
    IsSingleUser: database.userAccess === 'SINGLE_USER',
    HasBackupChecksums: set.checksums,
    IsDamaged: false,
    BeginsLogChain: set.beginsLogChain,
    HasIncompleteMetaData: false,
    IsForceOffline: false,
    IsCopyOnly: set.copyOnly,
    FirstRecoveryForkID: set.firstForkGuid,
    RecoveryModel: database.recoveryModel.replace('_', '-'),
    BackupTypeDescription: TYPE_NAMES[set.type],
    DifferentialBaseLSN: set.differentialBase?.lsn ?? null,
    DifferentialBaseGUID: set.differentialBase?.guid ?? null,
    ForkPointLSN: set.forkPointLsn,
    BackupSetGUID: set.uuid,
    CompressedBackupSize: 0,
    containment: 0,
    KeyAlgorithm: set.keyAlgorithm,
    EncryptorThumbprint: set.encryptorThumbprint,
    EncryptorType: set.encryptorType,
    LastValidRestoreTime: text(set.startDate),
    TimeZone: '0',
    CompressionAlgorithm: set.compressed ? 'MS_XPRESS' : null,
    FamilyCount: set.physicalNames.length,
    FamilySequenceNumber: family,
  }
}

/** Kept with the header and never shown: pages of an encrypted database were compressed, and encrypted again. */
export const PACKED = 'PagesPacked'

export function fileListRow(file: DatabaseFile): BackupHeader {
  return {
    LogicalName: file.logicalName,
    PhysicalName: file.physicalName,
    Type: file.kind === 'ROWS' ? 'D' : 'L',
    FileGroupName: file.kind === 'ROWS' ? (file.filegroup ?? 'PRIMARY') : null,
    Size: String(file.bytes),
    MaxSize: '35184372080640',
    FileId: file.fileId,
    CreateLSN: '0',
    DropLSN: '0',
    ReadOnlyLSN: '0',
    ReadWriteLSN: '0',
    BackupSizeInBytes: file.bytes,
    SourceBlockSize: 512,
    FileGroupId: file.kind === 'ROWS' ? 1 : 0,
    IsReadOnly: false,
    IsPresent: true,
    TDEThumbprint: null,
    SnapshotURL: null,
  }
}
