import { z } from 'zod'
import { regionOf } from '../regions.ts'
import type { NetworkRules, StorageAccount, StorageKind } from '../state/model.ts'
import { badRequest, refuseArm } from './errors.ts'

export const STORAGE_KINDS: readonly StorageKind[] = [
  'StorageV2',
  'Storage',
  'BlobStorage',
  'BlockBlobStorage',
  'FileStorage',
]
export const STORAGE_SKUS = [
  'Standard_LRS',
  'Standard_GRS',
  'Standard_RAGRS',
  'Standard_ZRS',
  'Standard_GZRS',
  'Standard_RAGZRS',
  'Premium_LRS',
  'Premium_ZRS',
] as const

const Rules = z.looseObject({
  bypass: z.string().nullish(),
  defaultAction: z.enum(['Allow', 'Deny']).nullish(),
  ipRules: z.array(z.looseObject({ value: z.string() })).nullish(),
  virtualNetworkRules: z.array(z.looseObject({ id: z.string() })).nullish(),
})

export const AccountBody = z.looseObject({
  location: z.string().nullish(),
  kind: z.string().nullish(),
  sku: z.looseObject({ name: z.string() }).nullish(),
  tags: z.record(z.string(), z.string()).nullish(),
  properties: z
    .looseObject({
      accessTier: z.enum(['Hot', 'Cool', 'Cold', 'Premium']).nullish(),
      minimumTlsVersion: z.enum(['TLS1_0', 'TLS1_1', 'TLS1_2', 'TLS1_3']).nullish(),
      allowBlobPublicAccess: z.boolean().nullish(),
      allowSharedKeyAccess: z.boolean().nullish(),
      supportsHttpsTrafficOnly: z.boolean().nullish(),
      publicNetworkAccess: z.enum(['Enabled', 'Disabled']).nullish(),
      networkAcls: Rules.nullish(),
    })
    .nullish(),
})
export type AccountBody = z.infer<typeof AccountBody>

const ACCOUNT_NAME = /^[a-z0-9]{3,24}$/
export const isAccountName = (name: string): boolean => ACCOUNT_NAME.test(name)

/** 3 to 63 lower-case letters, digits and single hyphens between them. */
export const isContainerName = (name: string): boolean =>
  /^[a-z0-9](?!.*--)[a-z0-9-]{1,61}[a-z0-9]$/.test(name)

export const storageRegion = (location: string | null | undefined): string => {
  const region = location ? regionOf(location) : undefined
  return (
    region?.name ??
    refuseArm(
      400,
      'LocationNotAvailableForResourceType',
      `The provided location '${location ?? ''}' is not available for resource type 'Microsoft.Storage/storageAccounts'.`,
    )
  )
}

const rulesOf = (rules: z.infer<typeof Rules>): NetworkRules => ({
  bypass: rules.bypass?.includes('AzureServices') === false ? 'None' : 'AzureServices',
  defaultAction: rules.defaultAction ?? 'Allow',
  ipRules: (rules.ipRules ?? []).map(({ value }) => ({ value })),
  virtualNetworkRules: (rules.virtualNetworkRules ?? []).map(({ id }) => ({ id })),
})

type Changeable = Pick<
  StorageAccount,
  | 'sku'
  | 'accessTier'
  | 'minimumTls'
  | 'blobPublicAccess'
  | 'sharedKeyAccess'
  | 'httpsOnly'
  | 'publicAccess'
  | 'network'
>

export const checkedSku = (name: string): string =>
  STORAGE_SKUS.find((sku) => sku.toLowerCase() === name.toLowerCase()) ??
  refuseArm(400, 'InvalidValuesForRequestParameters', `Values for request parameters are invalid: sku.name.`)

export const checkedKind = (name: string): StorageKind =>
  STORAGE_KINDS.find((kind) => kind === name) ??
  badRequest(`The kind '${name}' is not a kind of storage accounts.`)

/** What a body says over what is known. */
export const changedBy = ({ sku, properties }: AccountBody, known: Changeable): Changeable => {
  const said = properties ?? {}
  return {
    sku: sku ? checkedSku(sku.name) : known.sku,
    accessTier: said.accessTier ?? known.accessTier,
    minimumTls: said.minimumTlsVersion ?? known.minimumTls,
    blobPublicAccess: said.allowBlobPublicAccess ?? known.blobPublicAccess,
    sharedKeyAccess: said.allowSharedKeyAccess ?? known.sharedKeyAccess,
    httpsOnly: said.supportsHttpsTrafficOnly ?? known.httpsOnly,
    publicAccess: said.publicNetworkAccess ?? known.publicAccess,
    network: said.networkAcls ? rulesOf(said.networkAcls) : known.network,
  }
}

/** Of a new account. Shared keys work until they are turned off, public access to blobs is off. */
export const NEW_ACCOUNT: Changeable = {
  sku: 'Standard_LRS',
  accessTier: 'Hot',
  minimumTls: 'TLS1_2',
  blobPublicAccess: false,
  sharedKeyAccess: true,
  httpsOnly: true,
  publicAccess: 'Enabled',
  network: null,
}
