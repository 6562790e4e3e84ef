import type { Problem } from '../../../shared/errors/problem.ts'
import type { AzureCloud, AzureIdentity } from '../../../shared/model/azure.ts'
import type { SqlServerIdentity, TargetRef } from '../../../shared/model/target.ts'
import type { HandleInfo } from '../../ports/keyring.ts'
import type { ManagedHsmState, VaultSettings } from '../../ports/azure-control.ts'
import type { DirectoryApplication } from '../../ports/directory.ts'
import type { ApplicationFacts, KeyFacts } from '../azure/facts-model.ts'
import type { EkmFacts } from '../sqlserver/ekm-facts.ts'
import type { Read, SecretFacts, ServerFacts } from '../sqlserver/facts-model.ts'

/** One server of the plan with what is asked of each: the chosen one, and other nodes of its availability groups. */
export interface Node {
  target: TargetRef
  identity: SqlServerIdentity
  /** Login of the connection. */
  principal: string
  ekm: EkmFacts
  /** Databases that it is the primary of. */
  primaryOf: Read<readonly string[]>
  /** A failover cluster instance is restarted by its cluster. */
  clustered: Read<boolean>
}

/** Another node as the catalog names it: what it said, or why it said nothing. */
export type OtherNode = { name: string; databases: readonly string[] } & (
  | { asked: 'answered'; node: Node }
  | { asked: 'no-answer'; target: TargetRef; problem: Problem; at: string }
  | { asked: 'no-connection'; at: string }
)

/** What Azure said. */
export interface AzureSide {
  target: TargetRef
  identity: AzureIdentity
  cloud: AzureCloud
  vaults: Read<readonly VaultSettings[]>
  managedHsms: Read<readonly ManagedHsmState[]>
  /** Listed where one is to be chosen. */
  applications: Read<readonly DirectoryApplication[]>
  /** The chosen one; null: none is chosen. */
  application: Read<ApplicationFacts | null> | null
  /** Whether the chosen vault is of this tenant and lets this computer in; null: none is chosen. */
  vault: Read<true> | null
  /** The key that the application proves itself with, and where it is; null: none. */
  proof: { host: string; key: Read<KeyFacts> } | null
  /** Secrets of applications that the keyring keeps for this subscription. */
  kept: readonly Pick<HandleInfo, 'id' | 'label' | 'keptAt'>[]
}

export interface Facts extends ServerFacts {
  node: Node
  others: readonly OtherNode[]
  /** Null: it is not asked. */
  azure: { answered: true; side: AzureSide } | { answered: false; problem: Problem; at: string } | null
  /** Whether the login of the connection is a login of its own: one that comes through a group can't hold a credential. */
  ownLogin: Read<boolean>
  secrets: SecretFacts
}
