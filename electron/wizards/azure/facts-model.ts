import type { AzureCloud, AzureIdentity, AzurePrincipal } from '../../../shared/model/azure.ts'
import type { TargetRef } from '../../../shared/model/target.ts'
import type {
  AzureRegion,
  DeletedVault,
  DiagnosticSetting,
  ManagedHsmState,
  OwnPermissions,
  ResourceGroup,
  ResourceLock,
  RoleAssignment,
  Subscription,
  VaultSettings,
} from '../../ports/azure-control.ts'
import type { DirectoryApplication, ServicePrincipal } from '../../ports/directory.ts'
import type { DeletedVaultKey, VaultKey, VaultKeyFacts } from '../../ports/key-vault.ts'
import type { Read } from '../sqlserver/facts-model.ts'

/** What any job in an Azure subscription stands on, each part with its source and time. */
export interface AzureFacts {
  target: TargetRef
  identity: AzureIdentity
  cloud: AzureCloud
  principal: AzurePrincipal
  /** When the plan was first made, ISO 8601: dates of new things count from here. */
  plannedAt: string
  readAt: string
  subscriptions: Read<readonly Subscription[]>
  regions: Read<readonly AzureRegion[]>
  groups: Read<readonly ResourceGroup[]>
  vaults: Read<readonly VaultSettings[]>
  managedHsms: Read<readonly ManagedHsmState[]>
  deletedVaults: Read<readonly DeletedVault[]>
}

/** One key vault or managed HSM and what holds there. */
export interface VaultFacts {
  /** `managed-hsm`: `settings` is null and the rights are its own, which Azure Resource Manager does not know. */
  service: 'vault' | 'managed-hsm'
  /** Resource id. */
  id: string
  name: string
  host: string
  settings: VaultSettings | null
  locks: Read<readonly ResourceLock[]>
  diagnostics: Read<readonly DiagnosticSetting[]>
  keys: Read<readonly VaultKeyFacts[]>
}

/** What the signed-in principal may do at one scope. */
export interface RightsAt {
  scope: string
  permissions: Read<OwnPermissions>
}

export interface ApplicationFacts {
  application: DirectoryApplication
  /** Null: it has none in this tenant. */
  servicePrincipal: ServicePrincipal | null
}

/** A name in a vault: the key that has it, or the deleted one that holds it. */
export interface KeyFacts {
  name: string
  key: VaultKey | null
  deleted: DeletedVaultKey | null
}

/** Assignments to one principal that hold at a scope. */
export interface AssignmentsAt {
  scope: string
  principalId: string
  assignments: Read<readonly RoleAssignment[]>
}
