import type { Read, SecretFacts, ServerFacts } from '../sqlserver/facts-model.ts'

/** What this job needs to know besides the facts of its server. */
export interface Facts extends ServerFacts {
  /** The folders that the draft names; null where it names none yet. */
  keyFolder: Read<boolean> | null
  backupFolder: Read<boolean> | null
  secrets: SecretFacts
  /** Label of the local folder; null: none chosen, or not known any more. */
  localCopyLabel: string | null
}
