import type { ShareGroup } from '../../../shared/model/escrow.ts'
import type { KeptProbe } from '../../../shared/model/hsm.ts'
import type { VaultIdentity } from '../../../shared/model/azure.ts'
import type { TargetRef } from '../../../shared/model/target.ts'
import type { PackageGroup } from '../../escrow/package/write.ts'
import type { HsmCapabilities } from '../../ports/hsm.ts'
import type { TokenFacts } from '../token/facts-model.ts'
import type { KekFact } from '../azure/exchange-key.ts'
import type { RecipientFolder } from '../escrow/recipients.ts'
import type { Read, SecretFacts } from '../sqlserver/facts-model.ts'

export interface VaultFact {
  ref: TargetRef
  identity: VaultIdentity
  keks: readonly KekFact[]
}

/** What the job stands on. No PIN was used for any of it. */
export interface Facts extends TokenFacts {
  abilities: HsmCapabilities['abilities']
  /** Of this module and firmware; null: never probed. */
  probe: KeptProbe | null
  moduleSha256: string
  /** Labels of public keys that the token shows to everybody. */
  labels: Read<readonly string[]>
  /** By connection; only those that the answers or the screen ask for. */
  vaults: ReadonlyMap<string, Read<VaultFact>>
  secrets: SecretFacts
  placeLabel: string | null
  groups: readonly ShareGroup[]
  /** The chosen one, with what packages carry of it; null: none is chosen. */
  group: PackageGroup | null
  recipients: Read<RecipientFolder> | null
}
