import type { HsmIdentity, KeptProbe } from '../../../shared/model/hsm.ts'
import type { HandleId } from '../../../shared/model/ids.ts'
import type { VaultIdentity } from '../../../shared/model/azure.ts'
import type { TargetRef } from '../../../shared/model/target.ts'
import type { HsmCapabilities, HsmTokenFacts } from '../../ports/hsm.ts'
import type { Read, SecretFacts } from '../sqlserver/facts-model.ts'

/** A key of a vault that wraps imports. */
export interface KekFact {
  name: string
  version: string
  kid: string
  bits: number
  /** Base64 of the SubjectPublicKeyInfo. */
  spki: string
  /** SHA-256 of it, lower-case hex. */
  sha256: string
  /** Why it can't be used; null: it can. */
  refusal: string | null
}

export interface VaultFact {
  ref: TargetRef
  identity: VaultIdentity
  keks: readonly KekFact[]
}

/** What the job stands on. No PIN was used for any of it. */
export interface Facts {
  target: TargetRef
  identity: HsmIdentity
  readAt: string
  token: HsmTokenFacts
  abilities: HsmCapabilities['abilities']
  /** Of this module and firmware; null: never probed. */
  probe: KeptProbe | null
  moduleSha256: string
  /** Labels of public keys that the token shows to everybody. */
  labels: Read<readonly string[]>
  /** By connection; only those that the answers or the screen ask for. */
  vaults: ReadonlyMap<string, Read<VaultFact>>
  keptPin: HandleId | null
  secrets: SecretFacts
  placeLabel: string | null
}
