import type { KeyRotationPolicy, VaultKey, VaultKeyFacts } from '../../ports/key-vault.ts'
import type { ManagedHsmState, VaultSettings } from '../../ports/azure-control.ts'
import type { DirectoryApplication } from '../../ports/directory.ts'
import type { ApplicationFacts, AzureFacts, RightsAt } from '../azure/facts-model.ts'
import type { EkmFacts } from '../sqlserver/ekm-facts.ts'
import type { Read, SecretFacts } from '../sqlserver/facts-model.ts'
import type { NeedsRead } from '../sqlserver/key-needs.ts'
import type { LogParts } from '../sqlserver/log-facts.ts'
import type { TdeFacts } from '../sqlserver/tde-facts.ts'

/** What this job needs to know besides the facts of its server. */
export interface Facts extends TdeFacts, LogParts {
  ekm: EkmFacts
  needs: NeedsRead
  /** Of each replica that answered, by target. */
  replicaKeys: Readonly<Record<string, EkmFacts>>
  backupFolder: Read<boolean> | null
  /** Null: no subscription is chosen yet. */
  azure: VaultSide | null
  secrets: SecretFacts
  /** Label of the folder that gets the key's backup; null: none chosen, or not known any more. */
  backupLabel: string | null
}

export interface VaultSide extends AzureFacts {
  /** The chosen key vault or managed HSM; null: not there, not visible, or not chosen yet. */
  chosen: VaultSettings | ManagedHsmState | null
  keys: Read<readonly VaultKeyFacts[]> | null
  /** The key that the databases hang on. */
  old: Read<KeyInVault> | null
  /** Where another key is chosen: that one. */
  other: Read<KeyInVault> | null
  /** The operator's own at the vault; null for a managed HSM, which has rights of its own. */
  rights: RightsAt | null
  applications: Read<readonly DirectoryApplication[]>
  application: Read<ApplicationFacts | null> | null
}

export interface KeyInVault {
  name: string
  /** The newest version; null: no such key. */
  present: VaultKey | null
  /** Oldest first. */
  versions: readonly VaultKeyFacts[]
  policy: Read<KeyRotationPolicy | null>
}
