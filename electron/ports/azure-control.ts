import type { AzureCloud, AzureIdentity, AzurePrincipal } from '../../shared/model/azure.ts'
import type { TargetRef } from '../../shared/model/target.ts'

/**
 * What Azure Resource Manager knows and changes in one subscription. Every method throws `KeyturnError` only. Each can
 * end in `azure-sign-in-*`, `azure-unreachable`, `azure-timeout`, `azure-certificate-not-trusted`, `azure-cancelled`,
 * `azure-answer`, `azure-no-permission`, `azure-throttled` (after its own waits), `azure-failed` and `azure-refused`;
 * others are named at the method. Names that Azure could not take are refused before anything is sent (`azure-name`).
 * Lists hold at most 5,000 entries, else `azure-too-much`. A scope is a resource id: `/subscriptions/...`, with a
 * leading slash, at most to one key of a vault (`<vault id>/keys/<name>`).
 */
export interface AzureControl {
  readonly ref: TargetRef
  readonly identity: AzureIdentity
  /** Decides the hosts of everything in it. */
  readonly cloud: AzureCloud
  readonly principal: AzurePrincipal
  /** All that the principal sees, this one among them. */
  subscriptions(options?: AzureCallOptions): Promise<readonly Subscription[]>
  /** Of this subscription. `geography` decides where a key's backup can be restored. */
  regions(options?: AzureCallOptions): Promise<readonly AzureRegion[]>

  resourceGroups(options?: AzureCallOptions): Promise<readonly ResourceGroup[]>
  /** Null: not there. `Microsoft.Resources/subscriptions/resourceGroups/read`. */
  resourceGroup(name: string, options?: AzureCallOptions): Promise<ResourceGroup | null>
  /** Repeating it with the same region is harmless. `azure-conflict`: it is in another region. */
  createResourceGroup(request: NewResourceGroup, options?: AzureCallOptions): Promise<ResourceGroup>

  vaults(options?: AzureCallOptions): Promise<readonly VaultSettings[]>
  /** Null: not there. `Microsoft.KeyVault/vaults/read`. */
  vault(group: string, name: string, options?: AzureCallOptions): Promise<VaultSettings | null>
  /** Whether a new vault can have this name. A deleted vault holds its name until it is purged. */
  vaultName(name: string, options?: AzureCallOptions): Promise<VaultNameAnswer>
  /**
   * Waits until the vault answers under its name. The model of rights is always sent in words, since Azure's default
   * changed. `azure-vault-name-taken`, `azure-vault-name-rule`, `azure-region`, `azure-sku`. Sent for a vault of this group that is
   * there, it would change that: ask `vault` first. `Microsoft.KeyVault/vaults/write`.
   */
  createVault(request: NewVault, options?: AzureWaitOptions): Promise<VaultSettings>
  /**
   * What is absent stays. Purge protection can only be put on. Changing the model of rights takes the rights of the
   * other model away at once. Repeating it is harmless. `azure-not-found`. `Microsoft.KeyVault/vaults/write`.
   */
  changeVault(
    group: string,
    name: string,
    change: VaultChange,
    options?: AzureCallOptions,
  ): Promise<VaultSettings>
  /** Adds to (or takes from) what one principal may do with keys, in a vault with access policies. Harmless to repeat. */
  changeAccessPolicy(
    group: string,
    name: string,
    change: { how: 'add' | 'remove'; policy: AccessPolicy },
    options?: AzureCallOptions,
  ): Promise<void>
  /**
   * With all its keys. It can be recovered, and holds its name, until its retention ends. Deleting what is not there
   * changes nothing. `azure-locked`: a lock holds for it. `Microsoft.KeyVault/vaults/delete`.
   */
  deleteVault(group: string, name: string, options?: AzureWaitOptions): Promise<void>
  deletedVaults(options?: AzureCallOptions): Promise<readonly DeletedVault[]>
  /** With all its keys; its role assignments don't come back. `azure-not-found`. */
  recoverVault(deleted: DeletedVault, options?: AzureWaitOptions): Promise<VaultSettings>

  managedHsms(options?: AzureCallOptions): Promise<readonly ManagedHsmState[]>
  managedHsm(group: string, name: string, options?: AzureCallOptions): Promise<ManagedHsmState | null>

  /** Roles that can be given at this scope, Azure's own and the tenant's. */
  roles(scope: string, options?: AzureCallOptions): Promise<readonly RoleDefinition[]>
  /**
   * Assignments that hold at this scope: made there or above. With `principalId`, only those to it and to groups it is
   * a member of. `Microsoft.Authorization/roleAssignments/read`.
   */
  roleAssignments(
    scope: string,
    principalId: string | null,
    options?: AzureCallOptions,
  ): Promise<readonly RoleAssignment[]>
  /**
   * With the id as its name, repeating it is harmless. `azure-role-exists`: the same role, principal and scope under
   * another id. `azure-principal-not-yet`: a principal made a moment ago, not everywhere known yet; tried again for
   * `timeoutMs`. The right works minutes later. `Microsoft.Authorization/roleAssignments/write`.
   */
  assignRole(request: NewRoleAssignment, options?: AzureWaitOptions): Promise<RoleAssignment>
  /** By the assignment's resource id. Removing what is not there changes nothing. */
  removeRoleAssignment(id: string, options?: AzureCallOptions): Promise<void>
  /** What the signed-in principal itself may do at this scope, from all its roles together. Any principal may ask. */
  ownPermissions(scope: string, options?: AzureCallOptions): Promise<OwnPermissions>

  /** Locks that hold at this scope: put there or above. `Microsoft.Authorization/locks/read`. */
  locks(scope: string, options?: AzureCallOptions): Promise<readonly ResourceLock[]>
  /** Repeating it is harmless. `Microsoft.Authorization/locks/write` (Owner, User Access Administrator). */
  putLock(request: NewLock, options?: AzureCallOptions): Promise<ResourceLock>
  /** Removing what is not there changes nothing. */
  removeLock(scope: string, name: string, options?: AzureCallOptions): Promise<void>

  /** Where the resource's log goes. `Microsoft.Insights/diagnosticSettings/read`. */
  diagnosticSettings(scope: string, options?: AzureCallOptions): Promise<readonly DiagnosticSetting[]>
  /** Replaces a setting of that name. `azure-not-found`: the workspace or storage account. */
  putDiagnosticSetting(
    scope: string,
    setting: Omit<DiagnosticSetting, 'id'>,
    options?: AzureCallOptions,
  ): Promise<DiagnosticSetting>
  /** Removing what is not there changes nothing. */
  removeDiagnosticSetting(scope: string, name: string, options?: AzureCallOptions): Promise<void>
}

export interface AzureCallOptions {
  signal?: AbortSignal
  /** For the whole call with its waits, in milliseconds. Default 60,000. */
  timeoutMs?: number
  /** Called before each wait, so that a person sees what is awaited. */
  onWait?: (wait: AzureWait) => void
}

export interface AzureWaitOptions extends AzureCallOptions {
  /** Default 300,000: Azure goes on after its answer. */
  timeoutMs?: number
}

export interface AzureWait {
  why: 'throttled' | 'service' | 'not-there-yet'
  /** Milliseconds until it is asked again. */
  ms: number
  /** From 1. */
  attempt: number
}

export interface Subscription {
  id: string
  name: string
  /** Azure's word: Enabled, Warned, PastDue, Disabled, Deleted. */
  state: string
  tenantId: string | null
}

export interface AzureRegion {
  /** As requests name it: `westeurope`. */
  name: string
  displayName: string
  /** `Europe`; null: Azure names none. */
  geography: string | null
  pairedRegion: string | null
}

export interface ResourceGroup {
  id: string
  name: string
  region: string
  tags: Readonly<Record<string, string>>
}

export interface NewResourceGroup {
  /** 1 to 90 characters. */
  name: string
  region: string
  tags?: Readonly<Record<string, string>>
}

export type VaultRights = 'roles' | 'access-policies'
export type VaultTier = 'standard' | 'premium'

export interface VaultSettings {
  /** Resource id, as Azure spells it. Compare without regard to case. */
  id: string
  name: string
  group: string
  region: string
  host: string
  tenantId: string
  tier: VaultTier
  rights: VaultRights
  /** False only in vaults from before 2020. */
  softDelete: boolean
  /** 7 to 90; fixed when the vault was made. Null: not said. */
  retentionDays: number | null
  purgeProtection: boolean
  network: VaultNetwork
  /** Approved and pending ones. */
  privateEndpoints: readonly { id: string; state: string }[]
  /** Empty under roles. */
  accessPolicies: readonly AccessPolicy[]
  tags: Readonly<Record<string, string>>
  /** Azure's word: Succeeded, RegisteringDns; null: not said. */
  provisioning: string | null
}

export interface VaultNetwork {
  /** False: reached through private endpoints only (and by trusted services where they are let in). */
  publicAccess: boolean
  /** What happens to an address that no rule names. */
  otherwise: 'allow' | 'deny'
  /** Azure's own listed services (Azure SQL, Azure Backup) come in all the same. */
  trustedServices: boolean
  /** IPv4 addresses or ranges; at most 1,000. */
  addresses: readonly string[]
  /** Resource ids of subnets; at most 200. */
  subnets: readonly string[]
}

export interface AccessPolicy {
  tenantId: string
  /** Object id of the principal. */
  objectId: string
  /** Lower case: get, list, wrapkey, unwrapkey, ... */
  keys: readonly string[]
}

export interface NewVault {
  /** 3 to 24 characters, free in the whole world. */
  name: string
  group: string
  region: string
  tier: VaultTier
  rights: VaultRights
  /** 7 to 90; can't be changed later. */
  retentionDays: number
  /** Can't be taken off later. */
  purgeProtection: boolean
  network: VaultNetwork
  accessPolicies: readonly AccessPolicy[]
  tags?: Readonly<Record<string, string>>
}

export interface VaultChange {
  purgeProtection?: true
  rights?: VaultRights
  network?: VaultNetwork
  tags?: Readonly<Record<string, string>>
}

export type VaultNameAnswer =
  | { free: true }
  /** `rule`: Azure does not take such a name; `taken`: a vault has it, anywhere, perhaps a deleted one. */
  | { free: false; why: 'rule' | 'taken'; text: string }

export interface DeletedVault {
  name: string
  region: string
  /** Resource id that it had. */
  vaultId: string
  deletedAt: string | null
  purgeAt: string | null
  purgeProtection: boolean
  tags: Readonly<Record<string, string>>
}

export interface ManagedHsmState {
  id: string
  name: string
  group: string
  region: string
  host: string
  tenantId: string
  /** Azure's words, for instance `Standard_B1`. */
  sku: string
  provisioning: string | null
  /** Why, as Azure says it. */
  statusMessage: string | null
  /** Only `active` takes keys: its security domain was downloaded. */
  activation: 'active' | 'not-activated' | 'failed' | 'not-read'
  purgeProtection: boolean
  retentionDays: number | null
}

export interface RoleDefinition {
  /** Resource id, which an assignment names. */
  id: string
  /** The same in every tenant for Azure's own roles. */
  roleId: string
  name: string
  builtIn: boolean
  permissions: OwnPermissions
}

/** Actions as Azure spells them, `*` in them stands for anything. A permission is there if a group gives it. */
export type OwnPermissions = readonly PermissionGroup[]

export interface PermissionGroup {
  actions: readonly string[]
  notActions: readonly string[]
  dataActions: readonly string[]
  notDataActions: readonly string[]
}

export type PrincipalType = 'User' | 'Group' | 'ServicePrincipal'

export interface RoleAssignment {
  id: string
  scope: string
  roleDefinitionId: string
  principalId: string
  principalType: PrincipalType | null
}

export interface NewRoleAssignment {
  /** UUID; made from the run, so that the same run makes the same one. */
  name: string
  scope: string
  /** The last part of a role's resource id. */
  roleId: string
  principalId: string
  principalType: PrincipalType
}

export interface ResourceLock {
  id: string
  name: string
  level: 'CanNotDelete' | 'ReadOnly'
  notes: string
  /** Where it was put: this scope or one above. */
  scope: string
}

export interface NewLock {
  scope: string
  name: string
  level: 'CanNotDelete' | 'ReadOnly'
  /** At most 512 characters. */
  notes: string
}

export interface DiagnosticSetting {
  id: string
  name: string
  /** Resource ids; at least one is set. */
  workspaceId: string | null
  storageAccountId: string | null
  /** Category or category group, for instance `AuditEvent` or `audit`. */
  logs: readonly { name: string; kind: 'category' | 'group'; on: boolean }[]
}

/** Opens subscriptions. One per target, closed on lock and at exit. */
export interface AzureControls {
  /** Checks the tenant and the subscription each time; a difference is `azure-identity-changed`. */
  open(target: TargetRef, options?: AzureCallOptions): Promise<AzureControl>
}
