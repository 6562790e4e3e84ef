/** What the simulated tenant holds. Times are milliseconds since 1970 unless a field says otherwise. */

export interface PasswordCredential {
  keyId: string
  displayName: string | null
  /** First three characters, as Graph shows them. */
  hint: string
  start: number
  end: number
  /** Until then the token endpoint does not know it. */
  usableFrom: number
  salt: string
  /** SHA-256 over salt and value, hexadecimal: the value is shown once and not kept. */
  hash: string
}

export interface CertificateCredential {
  keyId: string
  displayName: string | null
  /** DER, base64. */
  certificate: string
  start: number
  end: number
}

/** id: object id. */
export interface Application {
  id: string
  appId: string
  displayName: string
  created: number
  notes: string | null
  tags: readonly string[]
  passwords: readonly PasswordCredential[]
  certificates: readonly CertificateCredential[]
}

/** id: object id, which role assignments name. */
export interface Principal {
  id: string
  kind: 'application' | 'managed-identity' | 'user'
  displayName: string
  /** Of applications and managed identities. */
  appId: string | null
  /** Of users. */
  userPrincipalName: string | null
  enabled: boolean
  /** Permissions at Microsoft Graph. */
  graphRoles: readonly string[]
  /** Tokens that were issued earlier are no longer taken. */
  sessionsValidFrom: number
  created: number
}

/** id: subscription id, lower case. */
export interface Subscription {
  id: string
  displayName: string
  state: 'Enabled' | 'Disabled' | 'Warned'
  providers: readonly string[]
}

/** id: ARM id, lower case. */
export interface ResourceGroup {
  id: string
  subscription: string
  name: string
  location: string
  tags: Readonly<Record<string, string>>
  created: number
}

export interface AccessPolicy {
  tenantId: string
  objectId: string
  applicationId?: string | undefined
  permissions: { keys?: string[]; secrets?: string[]; certificates?: string[]; storage?: string[] }
}

export interface NetworkRules {
  bypass: 'AzureServices' | 'None'
  defaultAction: 'Allow' | 'Deny'
  ipRules: { value: string }[]
  virtualNetworkRules: { id: string; ignoreMissingVnetServiceEndpoint?: boolean | undefined }[]
}

export interface PrivateEndpointConnection {
  name: string
  privateEndpointId: string
  status: 'Approved' | 'Pending' | 'Rejected' | 'Disconnected'
}

/** id: vault name, lower case: names are unique in all of Azure. */
export interface Vault {
  id: string
  name: string
  subscription: string
  group: string
  location: string
  tags: Readonly<Record<string, string>>
  sku: 'standard' | 'premium'
  rbac: boolean
  retentionDays: number
  purgeProtection: boolean
  publicAccess: 'Enabled' | 'Disabled'
  network: NetworkRules | null
  accessPolicies: readonly AccessPolicy[]
  privateEndpoints: readonly PrivateEndpointConnection[]
  created: number
  createdBy: string
  /** Until then the host name does not resolve. */
  resolvesAt: number
  deleted: { at: number; purgeAt: number } | null
}

/** id: name, lower case. */
export interface ManagedHsm {
  id: string
  name: string
  subscription: string
  group: string
  location: string
  tags: Readonly<Record<string, string>>
  activated: boolean
  retentionDays: number
  purgeProtection: boolean
  publicAccess: 'Enabled' | 'Disabled'
  network: NetworkRules | null
  initialAdmins: readonly string[]
  created: number
}

/** id: name of the assignment (a GUID) behind its scope. */
export interface RoleAssignment {
  id: string
  name: string
  /** ARM id, lower case; of a managed HSM's own roles: `hsm:NAME/`, `hsm:NAME/keys` or `hsm:NAME/keys/KEY`. */
  scope: string
  /** As the caller wrote it. */
  scopeShown: string
  /** GUID of the role. */
  role: string
  principalId: string
  principalType: string
  created: number
  createdBy: string
  /** Rights begin here, and after removal end at `until`. */
  from: number
  until: number | null
}

/** id: ARM id of the lock, lower case. */
export interface Lock {
  id: string
  scope: string
  name: string
  level: 'CanNotDelete' | 'ReadOnly'
  notes: string | null
}

/** id: ARM id of the setting, lower case. */
export interface DiagnosticSetting {
  id: string
  scope: string
  name: string
  properties: Readonly<Record<string, unknown>>
}

export type KeyType = 'RSA' | 'RSA-HSM' | 'EC' | 'EC-HSM'
export type Curve = 'P-256' | 'P-384' | 'P-521'

/** Where a key's numbers are. `later` and `pool` are made at the first use; a pool's keys share theirs (scale runs). */
export type Material = { kind: 'here'; pkcs8: string } | { kind: 'later' } | { kind: 'pool'; index: number }

export interface KeyVersion {
  version: string
  kty: KeyType
  /** Of RSA, in bits. */
  size: number | null
  curve: Curve | null
  keyOps: readonly string[]
  enabled: boolean
  /** Seconds since 1970, as on the wire. */
  nbf: number | null
  exp: number | null
  created: number
  updated: number
  tags: Readonly<Record<string, string>> | null
  imported: boolean
  material: Material
}

export interface LifetimeAction {
  type: 'Rotate' | 'Notify'
  timeAfterCreate: string | null
  timeBeforeExpiry: string | null
}

export interface RotationPolicy {
  actions: readonly LifetimeAction[]
  expiryTime: string | null
  created: number
  updated: number
}

/** id: `HOLDER/NAME`, lower case; the holder is a vault, or `hsm:NAME`. The last version is the current one. */
export interface Key {
  id: string
  holder: string
  name: string
  versions: readonly KeyVersion[]
  policy: RotationPolicy | null
  /** After recovery or restore: until then it is not found. */
  visibleAt: number
  deleted: { at: number; purgeAt: number; visibleAt: number; purging: boolean } | null
}

export interface AuditEntry {
  id: string
  time: number
  /** As in the vault's own log: KeyGet, KeyWrap, … */
  operation: string
  holder: string
  key: string | null
  callerObjectId: string | null
  callerAppId: string | null
  callerAddress: string
  status: number
  requestId: string
}

/** Key pairs of the simulator itself. id: what it is for. */
export interface OwnKey {
  id: string
  pkcs8: string
}

/** id: name of the account, lower case: names are unique in all of Azure. */
export interface StorageAccount {
  id: string
  name: string
  subscription: string
  group: string
  location: string
  tags: Readonly<Record<string, string>>
  kind: StorageKind
  sku: string
  accessTier: 'Hot' | 'Cool' | 'Cold' | 'Premium'
  minimumTls: 'TLS1_0' | 'TLS1_1' | 'TLS1_2' | 'TLS1_3'
  blobPublicAccess: boolean
  sharedKeyAccess: boolean
  httpsOnly: boolean
  publicAccess: 'Enabled' | 'Disabled'
  network: NetworkRules | null
  versioning: boolean
  /** Days that deleted blobs are kept; null: not at all. Shown only: Azurite keeps none. */
  softDeleteDays: number | null
  /** Base64, 64 bytes each. */
  keys: readonly { name: 'key1' | 'key2'; value: string; created: number }[]
  created: number
  createdBy: string
}

export type StorageKind = 'StorageV2' | 'Storage' | 'BlobStorage' | 'BlockBlobStorage' | 'FileStorage'

/** What Azurite does not keep of a container. id: `ACCOUNT/NAME`. */
export interface StorageContainer {
  id: string
  account: string
  name: string
  /** Of the estate: whether it exists in Azurite yet. */
  made: boolean
  immutability: { days: number; locked: boolean } | null
}

export const storageArmId = ({
  subscription,
  group,
  name,
}: Pick<StorageAccount, 'subscription' | 'group' | 'name'>): string =>
  `/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.Storage/storageAccounts/${name}`
