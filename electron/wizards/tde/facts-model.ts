import type { Read, SecretFacts } from '../sqlserver/facts-model.ts'
import type { LogParts } from '../sqlserver/log-facts.ts'
import type { TdeFacts } from '../sqlserver/tde-facts.ts'

/** What this job needs to know besides the facts of its server. */
export interface Facts extends TdeFacts, LogParts {
  /** Bits of the key of the chosen certificate; null: none is chosen. */
  certificateBits: Read<number | null> | null
  keyFolder: Read<boolean> | null
  backupFolder: Read<boolean> | null
  secrets: SecretFacts
  /** Label of the local folder; null: none chosen, or not known any more. */
  localCopyLabel: string | null
}
