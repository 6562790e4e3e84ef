import type { Problem } from '../../../shared/errors/problem.ts'
import type { Thumbprint } from '../../../shared/model/ids.ts'
import type { TargetRef } from '../../../shared/model/target.ts'
import type { MasterKeyFact, Read, SecretFacts, ServerFacts } from '../sqlserver/facts-model.ts'

export interface MovedFile {
  logical: string
  path: string
  /** 0 rows, 1 log; others (FILESTREAM, full text) are not moved by this job. */
  type: number
  /** Of 8 KB. */
  pages: number
}

/** The database as the source shows it. */
export interface MovedDatabase {
  userAccess: string
  /** Login; empty: not visible. */
  owner: string
  trustworthy: boolean | null
  broker: boolean | null
  files: readonly MovedFile[]
  /** Users that stand for a login; null: not visible. */
  users: number | null
}

export interface Encryption {
  /** 0 none, 1 unencrypted, 2 encrypting, 3 encrypted, 4 to 6: a change is under way. */
  state: number
  thumbprint: Thumbprint | null
  /** False: a key of a vault or device, which this job does not move. */
  byCertificate: boolean
}

export interface Destination {
  facts: ServerFacts
  /** The account that opens files for the server. */
  account: Read<string | null>
  /** Whether it has a login of the name that owns the database on the source; null: none is known. */
  owner: Read<boolean> | null
  dataFolder: Read<boolean> | null
  readFolder: Read<boolean> | null
  keyFolder: Read<boolean> | null
}

/** What this job needs to know besides the facts of its source. */
export interface Facts extends ServerFacts {
  /** Null while none is chosen. */
  database: string | null
  moved: Read<MovedDatabase | null> | null
  /** `value` null: the database has no encryption key. */
  encryption: Read<Encryption | null> | null
  databaseKey: Read<MasterKeyFact | null> | null
  backupFolder: Read<boolean> | null
  /** Null while none is chosen. One that does not answer is named on the review. */
  destination:
    ({ answered: true } & Destination) | { answered: false; target: TargetRef; problem: Problem } | null
  secrets: SecretFacts
}
