import { cloudHosts, type AzureCloud } from '../../../shared/model/azure.ts'
import type { Script, SecretHole } from '../../../shared/model/script.ts'
import { address, resource, rest, segment, type AddressPart, type RestValue } from './rest.ts'

/** Calls of Azure Resource Manager. Versions are those of the client libraries in package.json. */

export interface Place {
  cloud: AzureCloud
  subscription: string
}

export interface NetworkRules {
  publicAccess: boolean
  otherwise: 'allow' | 'deny'
  trustedServices: boolean
  addresses: readonly string[]
  subnets: readonly string[]
}

export interface PolicyOf {
  tenant: string
  principal: string | SecretHole
  keys: readonly string[]
}

export interface VaultCall {
  region: string
  tenant: string
  tier: 'standard' | 'premium'
  rights: 'roles' | 'access-policies'
  retentionDays: number
  purgeProtection: boolean
  network: NetworkRules
  policies: readonly PolicyOf[]
  tags: Readonly<Record<string, string>>
}

const host = ({ cloud }: Place): AddressPart => ({ address: [cloudHosts[cloud].control] })
const groupAt = (place: Place, group: string): AddressPart =>
  address`${host(place)}/subscriptions/${segment(place.subscription)}/resourceGroups/${segment(group, 'newGroup')}`
const vaultAt = (place: Place, group: string, vault: string): AddressPart =>
  address`${groupAt(place, group)}/providers/Microsoft.KeyVault/vaults/${segment(vault)}`
const vaultVersion = 'api-version=2026-02-01'

export const putGroup = (
  place: Place,
  group: string,
  body: { region: string; tags: Readonly<Record<string, string>> },
): Script =>
  rest('put', address`${groupAt(place, group)}?api-version=2025-04-01`, {
    location: body.region,
    tags: body.tags,
  })

const networkBody = ({ publicAccess, otherwise, trustedServices, addresses, subnets }: NetworkRules) => ({
  publicNetworkAccess: publicAccess ? 'Enabled' : 'Disabled',
  networkAcls: {
    bypass: trustedServices ? 'AzureServices' : 'None',
    defaultAction: otherwise === 'allow' ? 'Allow' : 'Deny',
    ipRules: addresses.map((value) => ({ value })),
    virtualNetworkRules: subnets.map((id) => ({ id })),
  },
})

const policyBody = ({ tenant, principal, keys }: PolicyOf): RestValue => ({
  tenantId: tenant,
  objectId: principal,
  permissions: { keys: [...keys] },
})

/** Purge protection is sent only where it is to be on: Azure refuses `false`. */
export const putVault = (place: Place, group: string, vault: string, body: VaultCall): Script =>
  rest('put', address`${vaultAt(place, group, vault)}?${version(vaultVersion)}`, {
    location: body.region,
    tags: body.tags,
    properties: {
      tenantId: body.tenant,
      sku: { family: 'A', name: body.tier },
      enableRbacAuthorization: body.rights === 'roles',
      enableSoftDelete: true,
      softDeleteRetentionInDays: body.retentionDays,
      ...(body.purgeProtection ? { enablePurgeProtection: true } : {}),
      accessPolicies: body.policies.map(policyBody),
      ...networkBody(body.network),
    },
  })

const version = (text: string): AddressPart => ({ address: [text] })

export const deleteVault = (place: Place, group: string, vault: string): Script =>
  rest('delete', address`${vaultAt(place, group, vault)}?${version(vaultVersion)}`)

export const patchVault = (
  place: Place,
  group: string,
  vault: string,
  change: { purgeProtection: true } | { rights: 'roles' | 'access-policies' } | { network: NetworkRules },
): Script =>
  rest('patch', address`${vaultAt(place, group, vault)}?${version(vaultVersion)}`, {
    properties:
      'purgeProtection' in change
        ? { enablePurgeProtection: true }
        : 'rights' in change
          ? { enableRbacAuthorization: change.rights === 'roles' }
          : networkBody(change.network),
  })

export const putAccessPolicy = (
  place: Place,
  group: string,
  vault: string,
  how: 'add' | 'remove',
  policy: PolicyOf,
): Script =>
  rest(
    'put',
    address`${vaultAt(place, group, vault)}/accessPolicies/${version(how)}?${version(vaultVersion)}`,
    {
      properties: { accessPolicies: [policyBody(policy)] },
    },
  )

const onScope = (place: Place, scope: string): AddressPart => address`${host(place)}/${resource(scope)}`

const lockAt = (place: Place, scope: string, lock: string): AddressPart =>
  address`${onScope(place, scope)}/providers/Microsoft.Authorization/locks/${segment(lock)}?api-version=2020-05-01`

export const putLock = (place: Place, scope: string, lock: string, notes: string): Script =>
  rest('put', lockAt(place, scope, lock), { properties: { level: 'CanNotDelete', notes } })
export const deleteLock = (place: Place, scope: string, lock: string): Script =>
  rest('delete', lockAt(place, scope, lock))

const logAt = (place: Place, scope: string, setting: string): AddressPart =>
  address`${onScope(place, scope)}/providers/Microsoft.Insights/diagnosticSettings/${segment(setting)}?api-version=2021-05-01-preview`

export const putLog = (
  place: Place,
  scope: string,
  setting: string,
  to: { workspaceId: string | null; storageAccountId: string | null },
): Script =>
  rest('put', logAt(place, scope, setting), {
    properties: {
      ...(to.workspaceId === null ? {} : { workspaceId: to.workspaceId }),
      ...(to.storageAccountId === null ? {} : { storageAccountId: to.storageAccountId }),
      logs: [{ categoryGroup: 'audit', enabled: true }],
    },
  })
export const deleteLog = (place: Place, scope: string, setting: string): Script =>
  rest('delete', logAt(place, scope, setting))

const assignmentAt = (place: Place, scope: string, assignment: string): AddressPart =>
  address`${onScope(place, scope)}/providers/Microsoft.Authorization/roleAssignments/${segment(assignment)}?api-version=2022-04-01`

export const putRoleAssignment = (
  place: Place,
  scope: string,
  assignment: string,
  to: { roleId: string; principal: string | SecretHole; principalType: 'User' | 'ServicePrincipal' },
): Script =>
  rest('put', assignmentAt(place, scope, assignment), {
    properties: {
      roleDefinitionId: `/subscriptions/${place.subscription}/providers/Microsoft.Authorization/roleDefinitions/${to.roleId}`,
      principalId: to.principal,
      principalType: to.principalType,
    },
  })
export const deleteRoleAssignment = (place: Place, scope: string, assignment: string): Script =>
  rest('delete', assignmentAt(place, scope, assignment))
