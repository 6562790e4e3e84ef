import type { OwnPermissions, PermissionGroup } from '../../ports/azure-control.ts'

/** Azure's own roles by what jobs need of them; the ids are the same in every tenant. */
export const roles = {
  cryptoServiceEncryptionUser: {
    id: 'e147488a-f6f5-4113-8e2d-b22465e65bf6',
    name: 'Key Vault Crypto Service Encryption User',
  },
  cryptoOfficer: { id: '14b46e9e-c2b7-41b4-b07b-48a6ebf60603', name: 'Key Vault Crypto Officer' },
} as const

/** Of a managed HSM: it gives them itself, not Azure Resource Manager. */
export const hsmRoles = {
  cryptoServiceEncryptionUser: {
    id: '33413926-3206-4cdd-b39a-83574fe37a17',
    name: 'Managed HSM Crypto Service Encryption User',
  },
  cryptoUser: { id: '21dbd100-6940-42c2-9190-5d6cb909625b', name: 'Managed HSM Crypto User' },
} as const

/** Roles that hold at least what the connector needs. Any of them makes another assignment unnecessary. */
export const rolesThatUseKeys: readonly string[] = [
  roles.cryptoServiceEncryptionUser.id,
  roles.cryptoOfficer.id,
  '00482a5a-887f-4fb3-b363-3b7fe8e74483',
  '12338af0-0e69-4776-bea7-57ae8d297424',
]

export interface NeededRight {
  /** `data`: on what is in a vault. */
  plane: 'control' | 'data'
  action: string
  /** What a person is told to ask for. */
  helps: string
}

export const rightsFor = {
  makeGroup: {
    plane: 'control',
    action: 'Microsoft.Resources/subscriptions/resourceGroups/write',
    helps: 'Contributor on the subscription',
  },
  writeVault: {
    plane: 'control',
    action: 'Microsoft.KeyVault/vaults/write',
    helps: 'Key Vault Contributor or Contributor on the resource group',
  },
  giveRoles: {
    plane: 'control',
    action: 'Microsoft.Authorization/roleAssignments/write',
    helps: 'User Access Administrator, Owner, or Key Vault Data Access Administrator',
  },
  lock: {
    plane: 'control',
    action: 'Microsoft.Authorization/locks/write',
    helps: 'Owner or User Access Administrator',
  },
  sendLog: {
    plane: 'control',
    action: 'Microsoft.Insights/diagnosticSettings/write',
    helps: 'Monitoring Contributor',
  },
  readKeys: { plane: 'data', action: 'Microsoft.KeyVault/vaults/keys/read', helps: roles.cryptoOfficer.name },
  makeKeys: {
    plane: 'data',
    action: 'Microsoft.KeyVault/vaults/keys/create/action',
    helps: roles.cryptoOfficer.name,
  },
  importKeys: {
    plane: 'data',
    action: 'Microsoft.KeyVault/vaults/keys/import/action',
    helps: roles.cryptoOfficer.name,
  },
  backUpKeys: {
    plane: 'data',
    action: 'Microsoft.KeyVault/vaults/keys/backup/action',
    helps: roles.cryptoOfficer.name,
  },
  readBlobs: {
    plane: 'data',
    action: 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read',
    helps: 'Storage Blob Data Contributor',
  },
  writeBlobs: {
    plane: 'data',
    action: 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write',
    helps: 'Storage Blob Data Contributor',
  },
  deleteBlobs: {
    plane: 'data',
    action: 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/delete',
    helps: 'Storage Blob Data Contributor',
  },
} as const satisfies Record<string, NeededRight>

/** What access policies call the same. Lower case, as vaults answer. */
export const policyRights = {
  use: ['get', 'list', 'wrapkey', 'unwrapkey'],
  make: ['get', 'list', 'create', 'backup', 'delete'],
} as const

/**
 * Whether one of the groups gives the action. A group's own `not` takes away only from that group: it is no denial.
 * Case does not count, and `*` stands for anything, slashes too.
 */
export const permits = (permissions: OwnPermissions, { plane, action }: NeededRight): boolean =>
  permissions.some((group) => {
    const [given, taken] = listsOf(group, plane)
    return given.some((pattern) => fits(pattern, action)) && !taken.some((pattern) => fits(pattern, action))
  })

const listsOf = (
  { actions, notActions, dataActions, notDataActions }: PermissionGroup,
  plane: NeededRight['plane'],
): [readonly string[], readonly string[]] =>
  plane === 'control' ? [actions, notActions] : [dataActions, notDataActions]

const fits = (pattern: string, action: string): boolean => {
  const parts = pattern.toLowerCase().split('*')
  const text = action.toLowerCase()
  const [first = '', ...rest] = parts
  if (rest.length === 0) return text === first
  if (!text.startsWith(first)) return false
  let at = first.length
  for (const part of rest.slice(0, -1)) {
    const found = text.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  const last = rest.at(-1) ?? ''
  return text.length - last.length >= at && text.endsWith(last)
}
