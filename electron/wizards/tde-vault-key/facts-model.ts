import type { Problem } from '../../../shared/errors/problem.ts'
import type { AzureIdentity } from '../../../shared/model/azure.ts'
import type { TargetRef } from '../../../shared/model/target.ts'
import type { ManagedHsmState, VaultSettings } from '../../ports/azure-control.ts'
import type { HandleInfo } from '../../ports/keyring.ts'
import type { VaultKeyFacts } from '../../ports/key-vault.ts'
import type { HostReach } from '../../ports/powershell-host.ts'
import type { ApplicationFacts, KeyFacts } from '../azure/facts-model.ts'
import type { EkmFacts } from '../sqlserver/ekm-facts.ts'
import type { Read, SecretFacts } from '../sqlserver/facts-model.ts'
import type { ConnectorRead, RegistryRead } from '../sqlserver/host-rules.ts'
import type { TdeFacts } from '../sqlserver/tde-facts.ts'

/** What the engine says of its own service. */
export interface EngineService {
  /** Null: not named. */
  account: string | null
  clustered: boolean
}

/** The Windows host, as far as a PowerShell reaches it. */
export interface HostSide {
  reach: HostReach
  /** Null: not asked, because nothing reaches it. */
  connector: Read<ConnectorRead> | null
  registry: Read<RegistryRead> | null
  /** SQL Server's resources in the cluster; null: not asked, or in no cluster. */
  resources: Read<readonly string[]> | null
}

/** What Azure said. */
export interface AzureSide {
  target: TargetRef
  identity: AzureIdentity
  vaults: Read<readonly VaultSettings[]>
  managedHsms: Read<readonly ManagedHsmState[]>
  /** Of the chosen vault; null: none is chosen. */
  keys: Read<readonly VaultKeyFacts[]> | null
  /** The chosen one with its dates; null: none is chosen. */
  key: Read<KeyFacts> | null
  application: Read<ApplicationFacts | null> | null
  kept: readonly Pick<HandleInfo, 'id' | 'label' | 'keptAt'>[]
}

export interface Facts extends TdeFacts {
  ekm: EkmFacts
  /** By the name of the replica, of those that answered. */
  replicaEkm: Readonly<Record<string, EkmFacts>>
  service: Read<EngineService>
  /** Whether the login of the connection is a login of its own: one that comes through a group can't hold a credential. */
  ownLogin: Read<boolean>
  host: HostSide
  /** Null: it is not asked. */
  azure: { answered: true; side: AzureSide } | { answered: false; problem: Problem; at: string } | null
  exportFolder: Read<boolean> | null
  secrets: SecretFacts
  /** Label of the person's folder for scripts; null: none picked, or not known any more. */
  scriptFolderLabel: string | null
}
