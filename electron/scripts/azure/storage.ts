import { cloudHosts } from '../../../shared/model/azure.ts'
import type { Script } from '../../../shared/model/script.ts'
import type { Place } from './control.ts'
import { address, rest, segment, type AddressPart } from './rest.ts'

/** Calls of Azure Resource Manager on storage accounts. The version is that of the client library in package.json. */

const accountAt = ({ cloud, subscription }: Place, group: string, account: string): AddressPart => {
  const host: AddressPart = { address: [cloudHosts[cloud].control] }
  return address`${host}/subscriptions/${segment(subscription)}/resourceGroups/${segment(group, 'accountGroup')}/providers/Microsoft.Storage/storageAccounts/${segment(account, 'accountName')}`
}

export interface AccountCall {
  region: string
  sku: string
  keysAllowed: boolean
  tags: Readonly<Record<string, string>>
}

export const putAccount = (place: Place, group: string, account: string, call: AccountCall): Script =>
  rest('put', address`${accountAt(place, group, account)}?api-version=2026-09-01`, {
    location: call.region,
    kind: 'StorageV2',
    sku: { name: call.sku },
    tags: call.tags,
    properties: {
      minimumTlsVersion: 'TLS1_2',
      allowBlobPublicAccess: false,
      allowSharedKeyAccess: call.keysAllowed,
      supportsHttpsTrafficOnly: true,
    },
  })

export const putContainer = (place: Place, group: string, account: string, container: string): Script =>
  rest(
    'put',
    address`${accountAt(place, group, account)}/blobServices/default/containers/${segment(container, 'containerName')}?api-version=2026-09-01`,
    { properties: { publicAccess: 'None' } },
  )
