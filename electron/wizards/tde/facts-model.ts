import type { Read, SecretFacts, ServerFacts } from '../sqlserver/facts-model.ts'
import type { Replica } from '../sqlserver/read-replicas.ts'
import type { DatabaseKey } from './keys.ts'

/** What this job needs to know besides the facts of its server. */
export interface Facts extends ServerFacts {
  /** Every database encryption key that the server shows. */
  keys: Read<readonly DatabaseKey[]>
  /** Files in read-only file groups. */
  readOnlyFiles: Read<readonly { database: string; file: string }[]>
  /** By database: ISO time of its newest log backup on record. */
  logBackups: Read<Readonly<Record<string, string>>>
  /** By database: whether a data backup has begun a log chain. Of one that is not there, it is not known. */
  logChains: Read<Readonly<Record<string, boolean>>>
  /** Bits of the key of the chosen certificate; null: none is chosen. */
  certificateBits: Read<number | null> | null
  /** PRIMARY or SECONDARY, by database, for those of this server that are in an availability group. */
  roles: Read<Readonly<Record<string, string>>>
  /** Other replicas of the chosen databases. */
  replicasAsked: readonly Replica[]
  keyFolder: Read<boolean> | null
  backupFolder: Read<boolean> | null
  secrets: SecretFacts
  /** Label of the local folder; null: none chosen, or not known any more. */
  localCopyLabel: string | null
}
