/**
 * Words for Azure that run anywhere: clouds, their hosts, names. None of Azure's own libraries is known here.
 */

export const azureClouds = ['public', 'us-government', 'china'] as const
/** The German cloud was closed in 2021: its hosts answer no more, so it is none of the choices. */
export type AzureCloud = (typeof azureClouds)[number]

export interface CloudHosts {
  /** Behind the vault's name and a dot. */
  vault: string
  managedHsm: string
  /** Azure Resource Manager. */
  control: string
  /** Where Entra signs in. */
  authority: string
  /** Microsoft Graph. */
  directory: string
  /** Behind the storage account's name and a dot. */
  blob: string
}

export const cloudHosts: Readonly<Record<AzureCloud, CloudHosts>> = {
  public: {
    vault: 'vault.azure.net',
    managedHsm: 'managedhsm.azure.net',
    control: 'management.azure.com',
    authority: 'login.microsoftonline.com',
    directory: 'graph.microsoft.com',
    blob: 'blob.core.windows.net',
  },
  'us-government': {
    vault: 'vault.usgovcloudapi.net',
    managedHsm: 'managedhsm.usgovcloudapi.net',
    control: 'management.usgovcloudapi.net',
    authority: 'login.microsoftonline.us',
    directory: 'graph.microsoft.us',
    blob: 'blob.core.usgovcloudapi.net',
  },
  china: {
    vault: 'vault.azure.cn',
    managedHsm: 'managedhsm.azure.cn',
    control: 'management.chinacloudapi.cn',
    authority: 'login.partner.microsoftonline.cn',
    directory: 'microsoftgraph.chinacloudapi.cn',
    blob: 'blob.core.chinacloudapi.cn',
  },
}

/** Who Azure says is signed in. Read from the token of the sign-in, never typed. */
export interface AzurePrincipal {
  tenantId: string
  /** Object id in the tenant: what role assignments name. */
  objectId: string
  /** Application (client) id of the program or service that signed in; null where the token names none. */
  applicationId: string | null
  kind: 'user' | 'service'
  /** Sign-in name of a person; null for a service. */
  name: string | null
}

/** What makes a subscription this subscription. */
export interface AzureIdentity {
  tenantId: string
  subscriptionId: string
}

/** What makes a vault this vault: names are given again after a purge, resource ids of another subscription differ. */
export interface VaultIdentity {
  host: string
  /** As the vault itself names it when it asks for a sign-in. */
  tenantId: string
  /** Azure's id of the resource, lower case; null where the principal may not read it. */
  resourceId: string | null
}

export interface VaultPlace {
  cloud: AzureCloud
  service: 'vault' | 'managed-hsm'
  name: string
}

/** Null for a host that belongs to no vault of a cloud that is known here. */
export const vaultPlaceOf = (host: string): VaultPlace | null => {
  const [name, ...rest] = host.toLowerCase().split('.')
  const suffix = rest.join('.')
  if (name === undefined || vaultNameProblem(name) !== null) return null
  for (const cloud of azureClouds) {
    if (suffix === cloudHosts[cloud].vault) return { cloud, service: 'vault', name }
    if (suffix === cloudHosts[cloud].managedHsm) return { cloud, service: 'managed-hsm', name }
  }
  return null
}

export const vaultHostOf = ({ cloud, service, name }: VaultPlace): string =>
  `${name.toLowerCase()}.${service === 'vault' ? cloudHosts[cloud].vault : cloudHosts[cloud].managedHsm}`

/** A sentence that says what to change, or null. The rule holds for key vaults and managed HSMs. */
export const vaultNameProblem = (text: string): string | null => {
  if (text === '') return 'The vault name is empty. Enter 3 to 24 characters'
  if (text.length < 3 || text.length > 24) {
    return `The vault name has ${text.length} characters; Azure takes 3 to 24. Change it`
  }
  if (!/^[0-9A-Za-z-]+$/.test(text)) {
    return 'The vault name may have only letters A to Z, digits and hyphens. Take the other characters out'
  }
  if (!/^[A-Za-z]/.test(text))
    return 'The vault name does not begin with a letter. Change its first character'
  if (text.endsWith('-')) return 'The vault name ends with a hyphen. Take it out'
  return text.includes('--') ? 'The vault name has two hyphens in a row. Take one out' : null
}

/** What SQL Server's connector takes; Azure itself takes 127. */
export const longestConnectorKeyName = 26

/** `most`: 26 for a key that SQL Server's connector uses, else 127. */
export const keyNameProblem = (text: string, most: number = longestConnectorKeyName): string | null => {
  if (text === '') return `The key name is empty. Enter 1 to ${most} characters`
  if (text.length > most) {
    const who = most === longestConnectorKeyName ? 'SQL Server’s connector' : 'Azure'
    return `The key name has ${text.length} characters; ${who} takes ${most}. Shorten it`
  }
  return /^[0-9A-Za-z-]+$/.test(text)
    ? null
    : 'The key name may have only letters A to Z, digits and hyphens. Take the other characters out'
}

export const keyVersionProblem = (text: string): string | null => {
  if (text.length !== 32)
    return `The key version has ${text.length} characters; Azure gives 32. Copy it again`
  return /^[0-9a-fA-F]{32}$/.test(text)
    ? null
    : 'The key version may have only the digits 0 to 9 and A to F. Copy it again'
}

/** Tenant, subscription, client and object ids. */
export const azureIdProblem = (text: string, what: string): string | null =>
  isAzureId(text)
    ? null
    : `${what} is not of the form 00000000-0000-0000-0000-000000000000. Copy it again, hyphens included`

export const isAzureId = (text: string): boolean =>
  /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text)

export const resourceGroupNameProblem = (text: string): string | null => {
  if (text === '') return 'The name of the resource group is empty. Enter 1 to 90 characters'
  if (text.length > 90) {
    return `The name of the resource group has ${text.length} characters; Azure takes 90. Shorten it`
  }
  if (!/^[\p{L}\p{N}_().-]+$/u.test(text)) {
    return 'The name of the resource group may have letters, digits, hyphens, underscores, dots and parentheses. Take the other characters out'
  }
  return text.endsWith('.') ? 'The name of the resource group ends with a dot. Take it out' : null
}

/**
 * The last moment that the client library can write: later dates go out as numbers below zero and are read back as 1903.
 */
export const lastKeyDate = '2038-01-19T03:14:07Z'

/** For an expiry or a first day of a key: ISO 8601. */
export const keyDateProblem = (iso: string, what: string): string | null => {
  const time = Date.parse(iso)
  if (Number.isNaN(time)) return `${what} is no date. Enter it again`
  return time > Date.parse(lastKeyDate)
    ? `${what} is after 19 Jan 2038, 03:14:07 UTC, which can't be written for a key. Choose an earlier one`
    : null
}

export interface StoragePlace {
  cloud: AzureCloud
  account: string
}

/** Null for a host that belongs to no storage account of a cloud that is known here. */
export const storagePlaceOf = (host: string): StoragePlace | null => {
  const [account, ...rest] = host.toLowerCase().split('.')
  if (account === undefined || storageAccountNameProblem(account) !== null) return null
  const cloud = azureClouds.find((one) => rest.join('.') === cloudHosts[one].blob)
  return cloud === undefined ? null : { cloud, account }
}

/** A sentence that says what to change, or null. */
export const storageAccountNameProblem = (text: string): string | null => {
  if (text === '') return 'The account name is empty. Enter 3 to 24 characters'
  if (text.length < 3 || text.length > 24)
    return `The account name has ${text.length} characters; Azure takes 3 to 24. Change it`
  return /^[0-9a-z]+$/.test(text)
    ? null
    : 'The account name may have only lower-case letters and digits. Take the other characters out'
}

export const containerNameProblem = (text: string): string | null => {
  if (text === '') return 'The container name is empty. Enter 3 to 63 characters'
  if (text.length < 3 || text.length > 63)
    return `The container name has ${text.length} characters; Azure takes 3 to 63. Change it`
  if (!/^[0-9a-z-]+$/.test(text))
    return 'The container name may have only lower-case letters, digits and hyphens. Take the other characters out'
  if (text.startsWith('-') || text.endsWith('-'))
    return 'The container name begins or ends with a hyphen. Take it out'
  return text.includes('--') ? 'The container name has two hyphens in a row. Take one out' : null
}

/** What Azure takes, and an address carries to the same blob again: no dot segments, no control characters. */
export const blobNameProblem = (text: string): string | null => {
  if (text === '') return 'The blob name is empty. Enter 1 to 1,024 characters'
  if (text.length > 1_024) return `The blob name has ${text.length} characters; Azure takes 1,024. Shorten it`
  if (/[\u0000-\u001f\u007f\\?#%]/.test(text))
    return 'The blob name has a control character or one of \\ ? # %. Take it out'
  if (text.split('/').some((part) => part === '' || part.endsWith('.')))
    return 'A part of the blob name is empty or ends with a dot. Change it'
  return null
}
