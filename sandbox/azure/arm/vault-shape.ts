import { hsmArmId, vaultArmId } from '../keyvault/holder.ts'
import type { ManagedHsm, NetworkRules, Vault } from '../state/model.ts'
import type { World } from '../world.ts'

const time = (milliseconds: number): string => new Date(milliseconds).toISOString()

export const vaultShape = (world: World, vault: Vault): Record<string, unknown> => ({
  id: vaultArmId(vault),
  name: vault.name,
  type: 'Microsoft.KeyVault/vaults',
  location: vault.location,
  tags: vault.tags,
  systemData: {
    createdBy: vault.createdBy,
    createdByType: 'Application',
    createdAt: time(vault.created),
    lastModifiedBy: vault.createdBy,
    lastModifiedByType: 'Application',
    lastModifiedAt: time(vault.created),
  },
  properties: {
    sku: { family: 'A', name: vault.sku },
    tenantId: world.tenant.id,
    accessPolicies: vault.accessPolicies,
    enabledForDeployment: false,
    enabledForDiskEncryption: false,
    enabledForTemplateDeployment: false,
    enableSoftDelete: true,
    softDeleteRetentionInDays: vault.retentionDays,
    enableRbacAuthorization: vault.rbac,
    ...(vault.purgeProtection ? { enablePurgeProtection: true } : {}),
    ...(vault.network === null ? {} : { networkAcls: vault.network }),
    ...(vault.privateEndpoints.length === 0
      ? {}
      : { privateEndpointConnections: vault.privateEndpoints.map((each) => endpointShape(vault, each)) }),
    vaultUri: `https://${vault.id}.vault.azure.net/`,
    provisioningState: vault.resolvesAt > world.now('arm') ? 'RegisteringDns' : 'Succeeded',
    publicNetworkAccess: vault.publicAccess,
  },
})

export const endpointShape = (
  vault: Vault,
  endpoint: Vault['privateEndpoints'][number],
): Record<string, unknown> => ({
  id: `${vaultArmId(vault)}/privateEndpointConnections/${endpoint.name}`,
  name: endpoint.name,
  type: 'Microsoft.KeyVault/vaults/privateEndpointConnections',
  properties: {
    privateEndpoint: { id: endpoint.privateEndpointId },
    privateLinkServiceConnectionState: { status: endpoint.status, description: '', actionsRequired: 'None' },
    provisioningState: 'Succeeded',
  },
})

export const deletedVaultShape = (vault: Vault): Record<string, unknown> => ({
  id: `/subscriptions/${vault.subscription}/providers/Microsoft.KeyVault/locations/${vault.location}/deletedVaults/${vault.name}`,
  name: vault.name,
  type: 'Microsoft.KeyVault/deletedVaults',
  properties: {
    vaultId: vaultArmId(vault),
    location: vault.location,
    tags: vault.tags,
    deletionDate: time(vault.deleted?.at ?? 0),
    scheduledPurgeDate: time(vault.deleted?.purgeAt ?? 0),
    ...(vault.purgeProtection ? { purgeProtectionEnabled: true } : {}),
  },
})

/** What holds where nothing was set. */
export const openNetwork: NetworkRules = {
  bypass: 'AzureServices',
  defaultAction: 'Allow',
  ipRules: [],
  virtualNetworkRules: [],
}

export const hsmShape = (world: World, hsm: ManagedHsm): Record<string, unknown> => ({
  id: hsmArmId(hsm),
  name: hsm.name,
  type: 'Microsoft.KeyVault/managedHSMs',
  location: hsm.location,
  sku: { family: 'B', name: 'Standard_B1' },
  tags: hsm.tags,
  properties: {
    tenantId: world.tenant.id,
    initialAdminObjectIds: hsm.initialAdmins,
    hsmUri: `https://${hsm.id}.managedhsm.azure.net/`,
    enableSoftDelete: true,
    softDeleteRetentionInDays: hsm.retentionDays,
    enablePurgeProtection: hsm.purgeProtection,
    createMode: 'default',
    provisioningState: 'Succeeded',
    statusMessage: hsm.activated
      ? 'The Managed HSM is provisioned and ready to use.'
      : 'The Managed HSM is provisioned, but it is not activated: its security domain has not been downloaded.',
    networkAcls: hsm.network ?? openNetwork,
    publicNetworkAccess: hsm.publicAccess,
    regions: [],
    securityDomainProperties: {
      activationStatus: hsm.activated ? 'Active' : 'NotActivated',
      activationStatusMessage: hsm.activated
        ? 'Your HSM has been activated and can be used for cryptographic operations.'
        : 'Your HSM has been provisioned, but cannot be used for cryptographic operations until it is activated. To activate the HSM, download the security domain.',
    },
  },
})
