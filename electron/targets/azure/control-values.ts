import type { RoleAssignment as SdkAssignment, RoleDefinition as SdkRole } from '@azure/arm-authorization'
import type {
  DeletedVault as SdkDeleted,
  ManagedHsm as SdkHsm,
  NetworkRuleSet,
  Vault as SdkVault,
} from '@azure/arm-keyvault'
import type { ManagementLockObject } from '@azure/arm-locks'
import type { DiagnosticSettingsResource } from '@azure/arm-monitor'
import type {
  AccessPolicy,
  DeletedVault,
  DiagnosticSetting,
  ManagedHsmState,
  PermissionGroup,
  PrincipalType,
  ResourceLock,
  RoleAssignment,
  RoleDefinition,
  VaultNetwork,
  VaultSettings,
} from '../../ports/azure-control.ts'
import { dateOrNull, isFields, numberOrNull, tagsOf, textOf, textOrNull, textsOf } from './values.ts'

/** Azure's shapes in our words. */

export const vaultOf = (sdk: SdkVault): VaultSettings => {
  const { properties } = sdk
  const id = textOf(sdk.id)
  return {
    id,
    name: textOf(sdk.name),
    group: groupIn(id),
    region: textOf(sdk.location),
    host: hostIn(textOf(properties.vaultUri)),
    tenantId: textOf(properties.tenantId).toLowerCase(),
    tier: textOf(properties.sku.name).toLowerCase() === 'premium' ? 'premium' : 'standard',
    // Absent in old vaults, which have access policies.
    rights: properties.enableRbacAuthorization === true ? 'roles' : 'access-policies',
    softDelete: properties.enableSoftDelete !== false,
    retentionDays: numberOrNull(properties.softDeleteRetentionInDays),
    purgeProtection: properties.enablePurgeProtection === true,
    network: networkOf(properties.networkAcls, properties.publicNetworkAccess),
    privateEndpoints: (properties.privateEndpointConnections ?? []).map((connection) => ({
      id: textOf(connection.privateEndpoint?.id),
      state: textOf(connection.privateLinkServiceConnectionState?.status),
    })),
    accessPolicies: properties.enableRbacAuthorization === true ? [] : policiesOf(properties.accessPolicies),
    tags: tagsOf(sdk.tags),
    provisioning: textOrNull(properties.provisioningState),
  }
}

const networkOf = (rules: NetworkRuleSet | undefined, publicAccess: string | undefined): VaultNetwork => ({
  publicAccess: textOf(publicAccess).toLowerCase() !== 'disabled',
  otherwise: textOf(rules?.defaultAction).toLowerCase() === 'deny' ? 'deny' : 'allow',
  // Azure's default where nothing is said.
  trustedServices: textOf(rules?.bypass).toLowerCase() !== 'none',
  addresses: (rules?.ipRules ?? []).map(({ value }) => textOf(value)),
  subnets: (rules?.virtualNetworkRules ?? []).map(({ id }) => textOf(id)),
})

export const networkFor = (network: VaultNetwork) => ({
  publicNetworkAccess: network.publicAccess ? 'Enabled' : 'Disabled',
  networkAcls: {
    bypass: network.trustedServices ? 'AzureServices' : 'None',
    defaultAction: network.otherwise === 'deny' ? 'Deny' : 'Allow',
    ipRules: network.addresses.map((value) => ({ value })),
    virtualNetworkRules: network.subnets.map((id) => ({ id })),
  },
})

const policiesOf = (policies: SdkVault['properties']['accessPolicies']): readonly AccessPolicy[] =>
  (policies ?? []).map(({ tenantId, objectId, permissions }) => ({
    tenantId: textOf(tenantId),
    objectId: textOf(objectId),
    keys: textsOf(permissions.keys).map((key) => key.toLowerCase()),
  }))

export const policyFor = ({ tenantId, objectId, keys }: AccessPolicy) => ({
  tenantId,
  objectId,
  permissions: { keys: [...keys] },
})

export const deletedVaultOf = ({ name, properties }: SdkDeleted): DeletedVault => ({
  name: textOf(name),
  region: textOf(properties?.location),
  vaultId: textOf(properties?.vaultId),
  deletedAt: dateOrNull(properties?.deletionDate),
  purgeAt: dateOrNull(properties?.scheduledPurgeDate),
  purgeProtection: properties?.purgeProtectionEnabled === true,
  tags: tagsOf(properties?.tags),
})

const activations = { active: 'active', notactivated: 'not-activated', failed: 'failed' } as const

export const hsmOf = (sdk: SdkHsm): ManagedHsmState => {
  const id = textOf(sdk.id)
  const said = textOf(sdk.properties?.securityDomainProperties?.activationStatus).toLowerCase()
  return {
    id,
    name: textOf(sdk.name),
    group: groupIn(id),
    region: textOf(sdk.location),
    host: hostIn(textOf(sdk.properties?.hsmUri)),
    tenantId: textOf(sdk.properties?.tenantId).toLowerCase(),
    sku: textOf(sdk.sku?.name),
    provisioning: textOrNull(sdk.properties?.provisioningState),
    statusMessage: textOrNull(
      sdk.properties?.securityDomainProperties?.activationStatusMessage ?? sdk.properties?.statusMessage,
    ),
    activation: said in activations ? activations[said as keyof typeof activations] : 'not-read',
    purgeProtection: sdk.properties?.enablePurgeProtection === true,
    retentionDays: numberOrNull(sdk.properties?.softDeleteRetentionInDays),
  }
}

export const permissionsOf = (value: unknown): readonly PermissionGroup[] =>
  (Array.isArray(value) ? value : []).filter(isFields).map((group) => ({
    actions: textsOf(group['actions']),
    notActions: textsOf(group['notActions']),
    dataActions: textsOf(group['dataActions']),
    notDataActions: textsOf(group['notDataActions']),
  }))

export const roleOf = (sdk: SdkRole): RoleDefinition => ({
  id: textOf(sdk.id),
  roleId: textOf(sdk.name).toLowerCase(),
  name: textOf(sdk.roleName),
  builtIn: sdk.roleType === 'BuiltInRole',
  permissions: permissionsOf(sdk.permissions),
})

const principalTypes: readonly PrincipalType[] = ['User', 'Group', 'ServicePrincipal']

export const assignmentOf = (sdk: SdkAssignment): RoleAssignment => ({
  id: textOf(sdk.id),
  scope: textOf(sdk.scope),
  roleDefinitionId: textOf(sdk.roleDefinitionId),
  principalId: textOf(sdk.principalId).toLowerCase(),
  principalType: principalTypes.find((type) => type === sdk.principalType) ?? null,
})

export const lockOf = (sdk: ManagementLockObject): ResourceLock => {
  const id = textOf(sdk.id)
  return {
    id,
    name: textOf(sdk.name),
    level: sdk.level === 'ReadOnly' ? 'ReadOnly' : 'CanNotDelete',
    notes: textOf(sdk.notes),
    scope: id.replace(/\/providers\/Microsoft\.Authorization\/locks\/[^/]*$/i, ''),
  }
}

export const diagnosticOf = (sdk: DiagnosticSettingsResource): DiagnosticSetting => ({
  id: textOf(sdk.id),
  name: textOf(sdk.name),
  workspaceId: textOrNull(sdk.workspaceId),
  storageAccountId: textOrNull(sdk.storageAccountId),
  logs: (sdk.logs ?? []).map(({ category, categoryGroup, enabled }) => ({
    name: textOf(categoryGroup ?? category),
    kind: categoryGroup === undefined ? 'category' : 'group',
    on: enabled,
  })),
})

/** `https://name.vault.azure.net/` to the host; empty for what is no such address. */
export const hostIn = (uri: string): string =>
  /^https:\/\/([a-z0-9.-]+)(:443)?\/?$/i.exec(uri)?.[1]?.toLowerCase() ?? ''

export const groupIn = (id: string): string => /\/resourceGroups\/([^/]+)/i.exec(id)?.[1] ?? ''
