/** Durable state of one simulated instance. Bytes are base64, thumbprints and GUIDs upper-case text, times ISO. */

/** RECOVERING: a start waits for the answer of a key vault. */
export type DatabaseState = 'ONLINE' | 'RESTORING' | 'RECOVERING' | 'RECOVERY_PENDING' | 'OFFLINE'
export type UserAccess = 'MULTI_USER' | 'SINGLE_USER' | 'RESTRICTED_USER'
export type RecoveryModel = 'FULL' | 'BULK_LOGGED' | 'SIMPLE'

export interface DatabaseFile {
  fileId: number
  logicalName: string
  /** As the server shows it: C:\...\Sales.mdf */
  physicalName: string
  kind: 'ROWS' | 'LOG'
  bytes: number
  /** Absent: PRIMARY. */
  filegroup?: string | undefined
}

export interface DatabaseRecord {
  id: string
  databaseId: number
  name: string
  ownerLogin: string
  createDate: string
  state: DatabaseState
  recoveryModel: RecoveryModel
  compatibilityLevel: number
  readOnly: boolean
  userAccess: UserAccess
  familyGuid: string
  files: DatabaseFile[]
  /** Rows of dbo.RehearsalRows; they are on the pages of the data file, this says how many count. */
  rows: number
  log: LogChain
  /** How far a restore has come; only in state RESTORING. */
  restoring: RestoreProgress | null
  /** Both are kept by the server, not in the files: a database that is attached or restored has neither. Absent: off. */
  trustworthy?: boolean | undefined
  broker?: boolean | undefined
  /** Names of file groups that can't be written. */
  readOnlyFilegroups?: readonly string[] | undefined
  /** Its part in an availability group; absent: it is in none. */
  availability?: { role: 'PRIMARY' | 'SECONDARY'; suspended: 'USER' | 'REDO' | null } | undefined
}

/** A full backup that differential backups build on. */
export interface DifferentialBase {
  lsn: string
  guid: string
  date: string
}

/** Where the log of a database stands. LSNs are decimal text: they are beyond what a number holds. */
export interface LogChain {
  /** What the next record gets. */
  nextLsn: string
  /** Where the next log backup begins; null: there is no chain, and BACKUP LOG is refused. */
  backupFrom: string | null
  /** The next log backup is the first of its chain. */
  begins: boolean
  /** Checkpoint of the last full backup; '0' before the first. */
  lastFullLsn: string
  base: DifferentialBase | null
  /** Pages of the data file that changed since the base, in order. */
  changedPages: number[]
  /** A scan of transparent data encryption rewrote pages of every file since the base. */
  allChanged: boolean
  /** Recovery path: a new one begins each time that a restore ends. */
  fork: string
  /** The path at `backupFrom`, and the LSN where `fork` left it. */
  firstFork: string
  forkPoint: string | null
}

export interface RestoreProgress {
  redoLsn: string
  /** Time up to which everything is restored. */
  redoTime: string
  base: DifferentialBase | null
}

/** A change that was logged; kept until a log backup took it. */
export interface LogRecord {
  id: string
  databaseId: number
  lsn: string
  time: string
  row: StoredRow
}

export interface StoredRow {
  rowId: number
  note: string
  writtenAt: string
}

export interface MasterKeyCopy {
  kind: 'password' | 'service'
  wrapped: string
  createdDate: string
}

export interface MasterKeyRecord {
  /** Database id as text; "smk" for the service master key. */
  id: string
  databaseId: number
  guid: string
  createDate: string
  modifyDate: string
  copies: MasterKeyCopy[]
  /** master holds its own copy under the service master key: sys.databases.is_master_key_encrypted_by_server. */
  mirroredInMaster: boolean
}

export interface ServiceMasterKeyRecord {
  id: 'smk'
  guid: string
  createDate: string
  modifyDate: string
  /** Wrapped by the machine key file, which stands for DPAPI. */
  wrapped: string
}

/** MK: under the database master key, PW: under a password, NA: public part only. */
export type KeyProtection = 'MK' | 'PW' | 'NA'

export interface CertificateRecord {
  id: string
  databaseId: number
  certificateId: number
  name: string
  der: string
  thumbprint: string
  subject: string
  issuer: string
  serial: string
  startDate: string
  expiryDate: string
  keyLength: number
  protection: KeyProtection
  wrappedKey: string | null
  lastKeyBackup: string | null
  activeForBeginDialog: boolean
}

export interface LoginRecord {
  id: string
  principalId: number
  name: string
  sid: string
  type: 'S' | 'R' | 'C' | 'K'
  /** CREATE LOGIN ... FROM ASYMMETRIC KEY: nobody logs in with it. */
  asymmetricKeyId?: number | undefined
  passwordHash: string | null
  disabled: boolean
  defaultDatabase: string
  createDate: string
  modifyDate: string
  roles: string[]
}

export interface UserRecord {
  id: string
  databaseId: number
  principalId: number
  name: string
  loginName: string | null
  type: 'S' | 'R'
  createDate: string
  roles: string[]
}

export interface PermissionRecord {
  id: string
  /** null: a server permission, granted to a login or server role. */
  databaseId: number | null
  grantee: string
  permission: string
  state: 'GRANT' | 'DENY'
  /** SERVER, DATABASE, or CERTIFICATE and OBJECT with their ids. */
  securable: 'SERVER' | 'DATABASE' | 'CERTIFICATE' | 'OBJECT'
  securableId: number
}

export interface ConfigurationRecord {
  id: string
  value: number
  valueInUse: number
}

export interface BackupSetRecord {
  id: string
  backupSetId: number
  uuid: string
  mediaSetId: number
  mediaUuid: string
  databaseName: string
  type: 'D' | 'I' | 'L'
  position: number
  name: string | null
  description: string | null
  userName: string
  startDate: string
  finishDate: string
  firstLsn: string
  lastLsn: string
  checkpointLsn: string
  databaseBackupLsn: string
  differentialBase: DifferentialBase | null
  beginsLogChain: boolean
  forkPointLsn: string | null
  firstForkGuid: string
  lastForkGuid: string
  softwareMajorVersion: number
  /** Server that took it. */
  serverName: string
  files: BackupFileFact[]
  backupSize: number
  compressedSize: number
  copyOnly: boolean
  checksums: boolean
  compressed: boolean
  recoveryModel: RecoveryModel
  keyAlgorithm: string | null
  encryptorThumbprint: string | null
  encryptorType: string | null
  /** One for each stripe, in order. */
  physicalNames: string[]
  familyGuid: string
  databaseCreationDate: string
  lastValidRestoreTime: string | null
}

export interface BackupFileFact extends DatabaseFile {
  /** Bytes of this file that the backup holds. */
  backedUp: number
}

export interface CounterRecord {
  id: string
  value: number
}

export interface RestoreHistoryRecord {
  id: string
  restoreDate: string
  databaseName: string
  userName: string
  backupSetId: number
  /** Database, differential, log. */
  type: 'D' | 'I' | 'L'
  replace: boolean
  recovery: boolean
  stopAt: string | null
  /** Where its files were put. */
  files: { fileNumber: number; physicalName: string }[]
}

/** A SQL Server Agent job as msdb shows it. Nothing runs it here. */
export interface AgentJobRecord {
  id: string
  name: string
  enabled: boolean
  createDate: string
  steps: readonly { name: string; database: string; command: string }[]
}
