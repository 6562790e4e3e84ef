import type { EscrowPackage, ShareGroup } from '../../../shared/model/escrow.ts'
import type { KeptProbe } from '../../../shared/model/hsm.ts'
import type { VaultIdentity } from '../../../shared/model/azure.ts'
import type { TargetRef } from '../../../shared/model/target.ts'
import type { PackageGroup } from '../../escrow/package/write.ts'
import type { HsmCapabilities } from '../../ports/hsm.ts'
import type { TokenFacts } from '../hsm/facts-model.ts'
import type { KekFact } from '../azure/exchange-key.ts'
import type { RecipientFolder } from '../escrow/recipients.ts'
import type { Read, SecretFacts } from '../sqlserver/facts-model.ts'

export interface VaultFact {
  ref: TargetRef
  identity: VaultIdentity
  keks: readonly KekFact[]
  /** The newest version of each RSA key, by its public half. */
  keys: readonly { name: string; spkiSha256: string }[]
}

/** A public half on the token, shown to everybody. */
export interface ShownKey {
  label: string
  /** Hex digits. */
  id: string
  /** As a person says it. */
  words: string
  bits: number | null
  spkiSha256: string
}

/** What the job stands on. No PIN was used for any of it. */
export interface Facts extends TokenFacts {
  abilities: HsmCapabilities['abilities']
  /** Of this module and firmware; null: never probed. */
  probe: KeptProbe | null
  moduleSha256: string
  shownKeys: Read<readonly ShownKey[]>
  /** By connection; only those that the answers or the screen ask for. */
  vaults: ReadonlyMap<string, Read<VaultFact>>
  secrets: SecretFacts
  placeLabel: string | null
  groups: readonly ShareGroup[]
  /** Of the profile, oldest first. */
  packages: readonly EscrowPackage[]
  /** The chosen one, with what packages carry of it; null: none is chosen. */
  group: PackageGroup | null
  recipients: Read<RecipientFolder> | null
}
