import type { Read, SecretFacts } from '../sqlserver/facts-model.ts'
import type { TdeFacts } from '../sqlserver/tde-facts.ts'

/** What this job needs to know besides the facts of its server. */
export interface Facts extends TdeFacts {
  /** By database: ISO time of its newest log backup on record. */
  logBackups: Read<Readonly<Record<string, string>>>
  /** By database: whether a data backup has begun a log chain. Of one that is not there, it is not known. */
  logChains: Read<Readonly<Record<string, boolean>>>
  /** Bits of the key of the chosen certificate; null: none is chosen. */
  certificateBits: Read<number | null> | null
  keyFolder: Read<boolean> | null
  backupFolder: Read<boolean> | null
  secrets: SecretFacts
  /** Label of the local folder; null: none chosen, or not known any more. */
  localCopyLabel: string | null
}
