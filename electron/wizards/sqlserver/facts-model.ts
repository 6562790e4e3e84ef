import type { ServerPath, Thumbprint } from '../../../shared/model/ids.ts'
import type { SqlServerIdentity, TargetRef } from '../../../shared/model/target.ts'

/** What was read, by what and when; or why it could not be. "Not visible" and "none" are different answers. */
export type Read<Value> =
  | { read: true; value: Value; source: string; at: string }
  | { read: false; because: string; source: string; at: string }

/** What any job on a SQL Server stands on, each part with its source and time. */
export interface ServerFacts {
  target: TargetRef
  identity: SqlServerIdentity
  principal: string
  /** Day on which the plan was first made, in UTC, `YYYYMMDD`: it is part of every file name of the plan. */
  plannedOn: string
  readAt: string
  server: Read<ServerFact>
  folders: Read<FoldersFact>
  rights: Read<RightsFact>
  databases: Read<readonly DatabaseFact[]>
  masterKey: Read<MasterKeyFact | null>
  certificates: Read<readonly CertificateFact[]>
  volumes: Read<readonly VolumeFact[]>
  replicas: Read<readonly ReplicaFact[]>
  runningBackups: Read<readonly string[]>
}

/** By handle id: what a plan may say about a kept secret. A handle that is gone is absent. */
export type SecretFacts = Readonly<Record<string, { generation: number; label: string }>>

export interface ServerFact {
  version: string
  major: number
  edition: string
  engineEdition: number
  serverName: string
}

export interface FoldersFact {
  backup: ServerPath | null
  data: ServerPath | null
}

/** Null: the server does not know the permission (an older version). */
export interface RightsFact {
  sysadmin: boolean | null
  controlServer: boolean | null
  viewServerState: boolean | null
  createDatabase: boolean | null
  controlMaster: boolean | null
  createCertificate: boolean | null
  /** ALTER ANY CREDENTIAL: backups and restores with a URL need it too. */
  alterCredential: boolean | null
}

export interface DatabaseFact {
  name: string
  state: string
  recoveryModel: string
  readOnly: boolean
  snapshot: boolean
  /** From the encryption DMV where it could be read, else the catalog's flag. */
  tde: boolean
  /** Encryptor of the database encryption key; null: none, or not visible. */
  tdeThumbprint: Thumbprint | null
  mayBackup: boolean | null
  /** Bytes of its data files; null: not visible. */
  dataBytes: number | null
  /** Bytes of its newest full backup on record, before compression; null: none on record. */
  lastBackupBytes: number | null
}

export interface MasterKeyFact {
  keyGuid: string
  algorithm: string
  serviceMasterKeyCopies: number
  passwordCopies: number
  /** The catalog has a copy of it under the service master key, in master and in the server's own list. */
  opensByItself: boolean
}

export interface CertificateFact {
  name: string
  subject: string
  thumbprint: Thumbprint | null
  /** ISO days, UTC. */
  startsOn: string
  expiresOn: string
  privateKey: 'NA' | 'MK' | 'PW' | 'SK' | 'unknown'
  /** ISO time of the last export of the private key; null: never, as the catalog says. */
  lastExport: string | null
  /** Backups that msdb knows under it; null: msdb not visible. */
  backups: number | null
  /** Latest expiration of those, ISO time; null: msdb has none. */
  keptUntil: string | null
  /** How many of those have no expiration on record. */
  withoutEnd: number
  /** Databases whose encryption key it guards; null: not visible. */
  protects: readonly string[] | null
}

export interface VolumeFact {
  mountPoint: string
  availableBytes: number
}

export interface ReplicaFact {
  replica: string
  database: string
}
