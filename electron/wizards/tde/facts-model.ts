import type { Read, SecretFacts, ServerFacts } from '../sqlserver/facts-model.ts'
import type { Replica } from '../sqlserver/read-replicas.ts'
import type { DatabaseKeyFacts } from '../sqlserver/database-keys.ts'

/** What this job needs to know besides the facts of its server. */
export interface Facts extends ServerFacts, DatabaseKeyFacts {
  /** Files in read-only file groups. */
  readOnlyFiles: Read<readonly { database: string; file: string }[]>
  /** Bits of the key of the chosen certificate; null: none is chosen. */
  certificateBits: Read<number | null> | null
  /** Other replicas of the chosen databases. */
  replicasAsked: readonly Replica[]
  keyFolder: Read<boolean> | null
  backupFolder: Read<boolean> | null
  secrets: SecretFacts
  /** Label of the local folder; null: none chosen, or not known any more. */
  localCopyLabel: string | null
}
