import type { CredentialFact, EkmFacts } from '../sqlserver/ekm-facts.ts'
import type { Read, SecretFacts, ServerFacts } from '../sqlserver/facts-model.ts'

/** What this job needs to know besides the facts of its server. */
export interface Facts extends ServerFacts {
  /** The folders that the draft names; null where it names none yet. */
  keyFolder: Read<boolean> | null
  backupFolder: Read<boolean> | null
  /** Read while the backup is to be encrypted under a key in a vault. */
  ekm: EkmFacts | null
  /** Read while the backup goes to storage; null: it does not. */
  credentials: Read<readonly CredentialFact[]> | null
  secrets: SecretFacts
  /** Label of the local folder; null: none chosen, or not known any more. */
  localCopyLabel: string | null
}
