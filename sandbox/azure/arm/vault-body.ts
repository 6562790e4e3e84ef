import { z } from 'zod'
import { regionOf } from '../regions.ts'
import type { AccessPolicy, NetworkRules, Vault } from '../state/model.ts'
import { badRequest, refuseArm } from './errors.ts'

const words = z.array(z.string())
const Policy = z.looseObject({
  tenantId: z.string(),
  objectId: z.string(),
  applicationId: z.string().nullish(),
  permissions: z.looseObject({
    keys: words.nullish(),
    secrets: words.nullish(),
    certificates: words.nullish(),
    storage: words.nullish(),
  }),
})
export const Policies = z.array(Policy)

const Network = z.looseObject({
  bypass: z.enum(['AzureServices', 'None']).nullish(),
  defaultAction: z.enum(['Allow', 'Deny']).nullish(),
  ipRules: z.array(z.looseObject({ value: z.string() })).nullish(),
  virtualNetworkRules: z
    .array(z.looseObject({ id: z.string(), ignoreMissingVnetServiceEndpoint: z.boolean().nullish() }))
    .nullish(),
})

export const VaultBody = z.looseObject({
  location: z.string().nullish(),
  tags: z.record(z.string(), z.string()).nullish(),
  properties: z
    .looseObject({
      tenantId: z.string().nullish(),
      sku: z.looseObject({ family: z.string().nullish(), name: z.string() }).nullish(),
      enableRbacAuthorization: z.boolean().nullish(),
      enableSoftDelete: z.boolean().nullish(),
      softDeleteRetentionInDays: z.number().int().nullish(),
      enablePurgeProtection: z.boolean().nullish(),
      publicNetworkAccess: z.string().nullish(),
      networkAcls: Network.nullish(),
      accessPolicies: Policies.nullish(),
      createMode: z.enum(['default', 'recover']).nullish(),
    })
    .nullish(),
})
export type VaultProperties = NonNullable<z.infer<typeof VaultBody>['properties']>

const given = <T>(value: T | null | undefined): T[] => (value === null || value === undefined ? [] : [value])

export const policiesOf = (policies: z.infer<typeof Policies>): AccessPolicy[] =>
  policies.map(({ tenantId, objectId, applicationId, permissions }) => ({
    tenantId,
    objectId: objectId.toLowerCase(),
    ...(given(applicationId).length === 0 ? {} : { applicationId: given(applicationId)[0]?.toLowerCase() }),
    permissions: {
      keys: permissions.keys ?? [],
      secrets: permissions.secrets ?? [],
      certificates: permissions.certificates ?? [],
      ...(permissions.storage ? { storage: permissions.storage } : {}),
    },
  }))

const MOST_ADDRESSES = 1000
const MOST_NETWORKS = 200

const networkOf = (rules: z.infer<typeof Network>): NetworkRules => {
  const ipRules = (rules.ipRules ?? []).map(({ value }) => ({ value: checkedAddress(value) }))
  const virtualNetworkRules = (rules.virtualNetworkRules ?? []).map((rule) => ({
    id: rule.id.toLowerCase(),
    ignoreMissingVnetServiceEndpoint: rule.ignoreMissingVnetServiceEndpoint ?? false,
  }))
  if (ipRules.length > MOST_ADDRESSES || virtualNetworkRules.length > MOST_NETWORKS)
    badRequest(`A vault takes ${MOST_ADDRESSES} address rules and ${MOST_NETWORKS} network rules.`)
  return {
    bypass: rules.bypass ?? 'AzureServices',
    defaultAction: rules.defaultAction ?? 'Allow',
    ipRules,
    virtualNetworkRules,
  }
}

const PRIVATE = /^(10\.|127\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)/

/** Public IPv4 only; a bare address becomes /32. */
const checkedAddress = (text: string): string => {
  const [, address = '', bits = '32'] = /^(\d{1,3}(?:\.\d{1,3}){3})(?:\/(\d{1,2}))?$/.exec(text) ?? []
  const fine = address !== '' && Number(bits) <= 32 && address.split('.').every((part) => Number(part) <= 255)
  if (!fine || PRIVATE.test(address))
    badRequest(`The IP rule '${text}' is not valid: public IPv4 addresses and CIDR ranges only.`)
  return `${address}/${bits}`
}

/** What a body says of a vault's settings, checked against the rules that one way properties have. */
export const settingsOf = (properties: VaultProperties, known: Vault | null): Partial<Vault> => {
  if (properties.enablePurgeProtection === false)
    badRequest(
      'The property "enablePurgeProtection" cannot be set to false. Enabling the purge protection for a vault is an irreversible action.',
    )
  if (properties.enableSoftDelete === false)
    badRequest(
      'The property "enableSoftDelete" cannot be set to false. Enabling the soft delete for a vault is an irreversible action.',
    )
  const days = properties.softDeleteRetentionInDays
  if (days !== null && days !== undefined) {
    if (days < 7 || days > 90)
      badRequest('The property "softDeleteRetentionInDays" must be between 7 and 90.')
    if (known && known.retentionDays !== days)
      badRequest('The property "softDeleteRetentionInDays" has been set already and it can\'t be modified.')
  }
  const sku = properties.sku?.name.toLowerCase()
  if (sku !== undefined && sku !== 'standard' && sku !== 'premium')
    refuseArm(400, 'SkuNotSupported', `The SKU ${sku} is not supported.`)
  const access = properties.publicNetworkAccess
  return {
    ...(sku === 'standard' || sku === 'premium' ? { sku } : {}),
    ...(given(properties.enableRbacAuthorization).length > 0
      ? { rbac: properties.enableRbacAuthorization === true }
      : {}),
    ...(days === null || days === undefined ? {} : { retentionDays: days }),
    ...(properties.enablePurgeProtection === true ? { purgeProtection: true } : {}),
    ...(access ? { publicAccess: access.toLowerCase() === 'disabled' ? 'Disabled' : 'Enabled' } : {}),
    ...(properties.networkAcls ? { network: networkOf(properties.networkAcls) } : {}),
    ...(properties.accessPolicies ? { accessPolicies: policiesOf(properties.accessPolicies) } : {}),
  }
}

export const checkedRegion = (location: string | null | undefined): string => {
  if (!location)
    return refuseArm(400, 'LocationRequired', 'The location property is required for this definition.')
  return (
    regionOf(location)?.name ??
    refuseArm(
      400,
      'RegionNotSupported',
      `The region ${location} is not supported for Microsoft.KeyVault/vaults.`,
    )
  )
}
