import type { MasterKeyFact, Read, SecretFacts, ServerFacts } from '../sqlserver/facts-model.ts'

export interface ServiceKeyFact {
  keyGuid: string
  algorithm: string
  /** ISO time; null where the catalog shows none. */
  modified: string | null
}

/** What this job needs to know besides the facts of its server. */
export interface Facts extends ServerFacts {
  /** The database whose key it is about; null while none is chosen. */
  database: string | null
  key: Read<MasterKeyFact | null> | null
  /** Private keys that the catalog lists under that key. */
  below: Read<readonly string[]> | null
  serviceKey: Read<ServiceKeyFact | null>
  /** Databases whose master key the server opens by itself. */
  opened: Read<readonly string[]>
  keyFolder: Read<boolean> | null
  secrets: SecretFacts
}
