import type { KeyUse } from '../../ports/verdicts.ts'
import type { EkmFacts } from '../sqlserver/ekm-facts.ts'
import type { Read, SecretFacts, ServerFacts } from '../sqlserver/facts-model.ts'

/** What this job needs to know besides the facts of its server. */
export interface Facts extends ServerFacts {
  ekm: EkmFacts
  keyLogins: Read<readonly KeyLogin[]>
  /** Who needs the chosen key; null: none is chosen, or it is not there. */
  use: { value: KeyUse; at: string } | null
  /** Whether the connector's registry key is there; null: nobody asked for it. */
  registry: Read<boolean> | null
  secrets: SecretFacts
}

export interface KeyLogin {
  login: string
  /** Of the key that it was made from, where its sid holds one of 20 bytes; null: it holds none. */
  thumbprint: string | null
}
