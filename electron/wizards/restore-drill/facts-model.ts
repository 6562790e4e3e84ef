import type { HandleId, ServerPath } from '../../../shared/model/ids.ts'
import type { CredentialFact, EkmFacts } from '../sqlserver/ekm-facts.ts'
import type { Read, SecretFacts, ServerFacts } from '../sqlserver/facts-model.ts'

export type SetKind = 'full' | 'differential' | 'log'

/** One backup set, as the history of the server that took it has it. */
export interface BackupSetFact {
  /** Upper-case GUID: the same in the history and in the file. */
  setId: string
  database: string
  kind: SetKind
  /** ISO 8601. */
  finishedAt: string
  position: number
  copyOnly: boolean
  checksums: boolean
  /** Decimal digits; log sequence numbers do not fit into a number. */
  firstLsn: string
  lastLsn: string
  checkpointLsn: string
  databaseBackupLsn: string
  bytes: number | null
  major: number | null
  algorithm: string | null
  /** Encryptor of the backup itself; the key of TDE is not in the history. */
  thumbprint: string | null
  /** What kind of key that is; null: none. */
  encryptor: 'certificate' | 'asymmetric-key' | null
  /** Devices in the order of their stripes, without mirrors. */
  files: readonly string[]
  /** What all of them are; `other`: tape, or of several kinds. */
  media: 'disk' | 'url' | 'other'
  databaseFiles: readonly DatabaseFileFact[]
}

export interface DatabaseFileFact {
  logical: string
  /** D rows, L log, F full text, S FILESTREAM or memory-optimized. */
  kind: string
  bytes: number | null
}

export interface KeptPassword {
  handle: HandleId
  label: string
  keptAt: string
}

export interface DrillServerFacts extends ServerFacts {
  /** Names of databases that are not the engine's own. */
  userDatabases: Read<readonly string[]>
  account: Read<string | null>
  logFolder: Read<ServerPath | null>
  /** What the answers name so far; null: none yet. */
  seen: {
    backup: Read<boolean> | null
    data: Read<boolean> | null
    log: Read<boolean> | null
  }
  /** Read where the backups ask for a key in a vault; null: none does, as far as the source can tell. */
  ekm: EkmFacts | null
  /** Read where the files are blobs; null: none is. */
  credentials: Read<readonly CredentialFact[]> | null
  /** The folders of the key files that the answers name, as this server sees them. */
  keyFolders: readonly KeyFolderFact[]
}

export interface KeyFolderFact {
  folder: string
  seen: Read<boolean>
  /** File names in it; null: it is not there. */
  files: Read<readonly string[]> | null
}

export interface Facts {
  source: ServerFacts
  backups: Read<readonly BackupSetFact[]>
  /** Keys in vaults as the source knows them; null: nothing there asks for one. */
  sourceEkm: EkmFacts | null
  /** Null while no drill server is chosen. */
  drill: DrillServerFacts | null
  /** Passwords of key files that are kept for the source. */
  kept: readonly KeptPassword[]
  secrets: SecretFacts
}
