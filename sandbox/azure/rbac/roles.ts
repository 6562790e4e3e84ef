/** Built-in roles, as far as the simulator knows them: their documented ids and actions. */

export interface Role {
  id: string
  name: string
  description: string
  actions: readonly string[]
  notActions: readonly string[]
  dataActions: readonly string[]
  notDataActions: readonly string[]
}

const KEYS = 'Microsoft.KeyVault/vaults/keys'
const VAULT_READ = [
  'Microsoft.Authorization/*/read',
  'Microsoft.Insights/alertRules/*',
  'Microsoft.Resources/deployments/*',
  'Microsoft.Resources/subscriptions/resourceGroups/read',
  'Microsoft.Support/*',
  'Microsoft.KeyVault/checkNameAvailability/read',
  'Microsoft.KeyVault/deletedVaults/read',
  'Microsoft.KeyVault/locations/*/read',
  'Microsoft.KeyVault/vaults/*/read',
  'Microsoft.KeyVault/operations/read',
]

const role = (
  id: string,
  name: string,
  description: string,
  granted: { actions?: string[]; notActions?: string[]; dataActions?: string[] },
): Role => ({
  id,
  name,
  description,
  actions: granted.actions ?? [],
  notActions: granted.notActions ?? [],
  dataActions: granted.dataActions ?? [],
  notDataActions: [],
})

const GENERAL_AND_VAULT_ROLES: readonly Role[] = [
  role('8e3af657-a8ff-443c-a75c-2fe8c4bcb635', 'Owner', 'Everything, including assigning roles.', {
    actions: ['*'],
  }),
  role('b24988ac-6180-42a0-ab88-20f7382dd24c', 'Contributor', 'Everything but assigning roles.', {
    actions: ['*'],
    notActions: [
      'Microsoft.Authorization/*/Delete',
      'Microsoft.Authorization/*/Write',
      'Microsoft.Authorization/elevateAccess/Action',
      'Microsoft.Blueprint/blueprintAssignments/write',
      'Microsoft.Blueprint/blueprintAssignments/delete',
    ],
  }),
  role('acdd72a7-3385-48ef-bd42-f606fba81ae7', 'Reader', 'Sees all resources, changes nothing.', {
    actions: ['*/read'],
  }),
  role('18d7d88d-d35e-4fb5-a5c3-7773c20a72d9', 'User Access Administrator', 'Manages access.', {
    actions: ['*/read', 'Microsoft.Authorization/*', 'Microsoft.Support/*'],
  }),
  role(
    'f58310d9-a9f6-439a-9e8d-f62e7b41a168',
    'Role Based Access Control Administrator',
    'Manages access by assigning roles.',
    {
      actions: [
        'Microsoft.Authorization/roleAssignments/write',
        'Microsoft.Authorization/roleAssignments/delete',
        '*/read',
        'Microsoft.Support/*',
      ],
    },
  ),
  role(
    'f25e0fa2-a7c8-4377-a976-54943a77a395',
    'Key Vault Contributor',
    'Manages vaults, not what is in them.',
    {
      actions: [...VAULT_READ, 'Microsoft.KeyVault/*'],
      notActions: [
        'Microsoft.KeyVault/locations/deletedVaults/purge/action',
        'Microsoft.KeyVault/hsmPools/*',
      ],
    },
  ),
  role('749f88d5-cbae-40b8-bcfc-e573ddc772fa', 'Monitoring Contributor', 'Reads and sets up monitoring.', {
    actions: ['*/read', 'Microsoft.Insights/*', 'Microsoft.OperationalInsights/workspaces/*'],
  }),
  role('00482a5a-887f-4fb3-b363-3b7fe8e74483', 'Key Vault Administrator', 'All data plane operations.', {
    actions: VAULT_READ,
    dataActions: ['Microsoft.KeyVault/vaults/*'],
  }),
  role('14b46e9e-c2b7-41b4-b07b-48a6ebf60603', 'Key Vault Crypto Officer', 'Any action on keys.', {
    actions: VAULT_READ,
    dataActions: [`${KEYS}/*`, 'Microsoft.KeyVault/vaults/keyrotationpolicies/*'],
  }),
  role(
    'e147488a-f6f5-4113-8e2d-b22465e65bf6',
    'Key Vault Crypto Service Encryption User',
    'Reads metadata of keys, wraps and unwraps.',
    {
      actions: [
        'Microsoft.EventGrid/eventSubscriptions/write',
        'Microsoft.EventGrid/eventSubscriptions/read',
        'Microsoft.EventGrid/eventSubscriptions/delete',
      ],
      dataActions: [`${KEYS}/read`, `${KEYS}/wrap/action`, `${KEYS}/unwrap/action`],
    },
  ),
  role(
    '12338af0-0e69-4776-bea7-57ae8d297424',
    'Key Vault Crypto User',
    'Cryptographic operations with keys.',
    {
      dataActions: [
        `${KEYS}/read`,
        `${KEYS}/update/action`,
        `${KEYS}/backup/action`,
        `${KEYS}/encrypt/action`,
        `${KEYS}/decrypt/action`,
        `${KEYS}/wrap/action`,
        `${KEYS}/unwrap/action`,
        `${KEYS}/sign/action`,
        `${KEYS}/verify/action`,
      ],
    },
  ),
  role('21090545-7ca7-4776-b22c-e363652d74d2', 'Key Vault Reader', 'Reads metadata of vaults and keys.', {
    actions: VAULT_READ,
    dataActions: [
      'Microsoft.KeyVault/vaults/*/read',
      'Microsoft.KeyVault/vaults/secrets/readMetadata/action',
    ],
  }),
  role('a68e7c17-0ab2-4c09-9a58-125dae29748c', 'Key Vault Purge Operator', 'Purges soft-deleted vaults.', {
    actions: [
      'Microsoft.KeyVault/locations/deletedVaults/read',
      'Microsoft.KeyVault/locations/deletedVaults/purge/action',
      'Microsoft.KeyVault/locations/operationResults/read',
      'Microsoft.KeyVault/deletedVaults/read',
      'Microsoft.Resources/subscriptions/read',
      'Microsoft.Resources/subscriptions/resourceGroups/read',
    ],
  }),
  role(
    '8b54135c-b56d-4d72-a534-26097cfdc8d8',
    'Key Vault Data Access Administrator',
    'Assigns and removes the data plane roles of Key Vault.',
    {
      actions: [
        'Microsoft.Authorization/roleAssignments/write',
        'Microsoft.Authorization/roleAssignments/delete',
        'Microsoft.Authorization/*/read',
        'Microsoft.Resources/deployments/*',
        'Microsoft.Resources/subscriptions/read',
        'Microsoft.Resources/subscriptions/resourceGroups/read',
        'Microsoft.Management/managementGroups/read',
        'Microsoft.KeyVault/vaults/*/read',
        'Microsoft.Support/*',
      ],
    },
  ),
]

const BLOB_SERVICE = 'Microsoft.Storage/storageAccounts/blobServices'
const BLOBS = `${BLOB_SERVICE}/containers/blobs`
const DELEGATE = `${BLOB_SERVICE}/generateUserDelegationKey/action`

/** Storage accounts, and what is in them. */
const STORAGE_ROLES: readonly Role[] = [
  role(
    '17d1049b-9a84-46fb-8f53-869881c3d3ab',
    'Storage Account Contributor',
    'Manages storage accounts, keys included.',
    {
      actions: [
        'Microsoft.Authorization/*/read',
        'Microsoft.Insights/alertRules/*',
        'Microsoft.Insights/diagnosticSettings/*',
        'Microsoft.Network/virtualNetworks/subnets/joinViaServiceEndpoint/action',
        'Microsoft.ResourceHealth/availabilityStatuses/read',
        'Microsoft.Resources/deployments/*',
        'Microsoft.Resources/subscriptions/resourceGroups/read',
        'Microsoft.Storage/storageAccounts/*',
        'Microsoft.Support/*',
      ],
    },
  ),
  role(
    '81a9662b-bebf-436f-a333-f67b29880f12',
    'Storage Account Key Operator Service Role',
    'Lists and regenerates keys of storage accounts.',
    {
      actions: [
        'Microsoft.Storage/storageAccounts/listkeys/action',
        'Microsoft.Storage/storageAccounts/regeneratekey/action',
      ],
    },
  ),
  role('b7e6dc6d-f1e8-4753-8033-0f276bb0955b', 'Storage Blob Data Owner', 'All of containers and blobs.', {
    actions: [`${BLOB_SERVICE}/containers/*`, DELEGATE],
    dataActions: [`${BLOBS}/*`],
  }),
  role(
    'ba92f5b4-2d11-453d-a403-e96b0029c9fe',
    'Storage Blob Data Contributor',
    'Reads, writes and deletes containers and blobs.',
    {
      actions: [...['delete', 'read', 'write'].map((verb) => `${BLOB_SERVICE}/containers/${verb}`), DELEGATE],
      dataActions: ['delete', 'read', 'write', 'move/action', 'add/action'].map((verb) => `${BLOBS}/${verb}`),
    },
  ),
  role(
    '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1',
    'Storage Blob Data Reader',
    'Reads and lists containers and blobs.',
    { actions: [`${BLOB_SERVICE}/containers/read`, DELEGATE], dataActions: [`${BLOBS}/read`] },
  ),
  role(
    'db58b8e5-c6ad-4a2a-8342-4190687cbf4a',
    'Storage Blob Delegator',
    'Gets a key to sign shared access signatures with.',
    { actions: [DELEGATE] },
  ),
]

export const ROLES: readonly Role[] = [...GENERAL_AND_VAULT_ROLES, ...STORAGE_ROLES]

export const DATA_ACCESS_ADMINISTRATOR = '8b54135c-b56d-4d72-a534-26097cfdc8d8'

const hsm = (operation: string): string => `Microsoft.KeyVault/managedHsm/keys/${operation}`

/** A managed HSM's own roles; they are no part of Resource Manager. */
export const HSM_ROLES: readonly Role[] = [
  role(
    'a290e904-7015-4bba-90c8-60543313cdb4',
    'Managed HSM Administrator',
    'Security domain, backup, roles.',
    {
      dataActions: [
        'Microsoft.KeyVault/managedHsm/securitydomain/*',
        'Microsoft.KeyVault/managedHsm/roleDefinitions/*',
        'Microsoft.KeyVault/managedHsm/roleAssignments/*',
        'Microsoft.KeyVault/managedHsm/backup/*',
        'Microsoft.KeyVault/managedHsm/restore/*',
      ],
    },
  ),
  role('515eb02d-2335-4d2d-92f2-b1cbdf9c3778', 'Managed HSM Crypto Officer', 'Roles; purge and recover.', {
    dataActions: [
      hsm('deletedKeys/read/action'),
      hsm('deletedKeys/recover/action'),
      hsm('deletedKeys/delete'),
      hsm('export/action'),
      'Microsoft.KeyVault/managedHsm/roleDefinitions/*',
      'Microsoft.KeyVault/managedHsm/roleAssignments/*',
    ],
  }),
  role(
    '21dbd100-6940-42c2-9190-5d6cb909625b',
    'Managed HSM Crypto User',
    'All key operations but purge and recover.',
    {
      dataActions: [
        ...['read', 'write', 'rotate', 'backup', 'restore', 'import', 'create', 'release'].map((each) =>
          hsm(`${each}/action`),
        ),
        ...['encrypt', 'decrypt', 'wrap', 'unwrap', 'sign', 'verify'].map((each) => hsm(`${each}/action`)),
        hsm('delete'),
        hsm('deletedKeys/read/action'),
        'Microsoft.KeyVault/managedHsm/rng/action',
        'Microsoft.KeyVault/managedHsm/keyrotationpolicies/*',
      ],
    },
  ),
  role(
    '33413926-3206-4cdd-b39a-83574fe37a17',
    'Managed HSM Crypto Service Encryption User',
    'Reads keys, wraps and unwraps.',
    { dataActions: [hsm('read/action'), hsm('wrap/action'), hsm('unwrap/action')] },
  ),
  role('2c18b078-7c48-4d3a-af88-5a3a1b3f82b3', 'Managed HSM Crypto Auditor', 'Reads keys, not uses them.', {
    dataActions: [hsm('read/action'), 'Microsoft.KeyVault/managedHsm/keyrotationpolicies/read'],
  }),
  role('4bd23610-cdcf-4971-bdee-bdc562cc28e4', 'Managed HSM Policy Administrator', 'Assigns roles.', {
    dataActions: [
      'Microsoft.KeyVault/managedHsm/roleDefinitions/read/action',
      'Microsoft.KeyVault/managedHsm/roleAssignments/*',
    ],
  }),
  role('7b127d3c-77bd-4e3e-bbe0-dbb8971fa7f8', 'Managed HSM Backup User', 'Full backups.', {
    dataActions: ['Microsoft.KeyVault/managedHsm/backup/*'],
  }),
  role('6efe6056-5259-49d2-8b3d-d3d73544b20b', 'Managed HSM Restore User', 'Full restores.', {
    dataActions: ['Microsoft.KeyVault/managedHsm/restore/*'],
  }),
]

/** Id of a role by name, or the id itself; throws an Error for one that is not here. */
export const roleNamed = (name: string): string => {
  const found = [...ROLES, ...HSM_ROLES].find((each) => each.id === name || each.name === name)
  if (found === undefined) throw new Error(`there is no role ${name}`)
  return found.id
}

export const roleById = (id: string): Role | undefined =>
  [...ROLES, ...HSM_ROLES].find((each) => each.id === id.toLowerCase())
