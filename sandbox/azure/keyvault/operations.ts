/** Each operation on keys: what it is called in roles, in access policies and in the vault's log. */
export interface Operation {
  /** Behind `Microsoft.KeyVault/vaults/`. */
  vaultAction: string
  /** Behind `Microsoft.KeyVault/managedHsm/`. */
  hsmAction: string
  policy: string
  audit: string
}

const op = (vaultAction: string, hsmAction: string, policy: string, audit: string): Operation => ({
  vaultAction,
  hsmAction,
  policy,
  audit,
})

export const OPERATIONS = {
  create: op('keys/create/action', 'keys/create/action', 'create', 'KeyCreate'),
  import: op('keys/import/action', 'keys/import/action', 'import', 'KeyImport'),
  get: op('keys/read', 'keys/read/action', 'get', 'KeyGet'),
  list: op('keys/read', 'keys/read/action', 'list', 'KeyList'),
  listVersions: op('keys/read', 'keys/read/action', 'list', 'KeyListVersions'),
  update: op('keys/update/action', 'keys/write/action', 'update', 'KeyUpdate'),
  delete: op('keys/delete', 'keys/delete', 'delete', 'KeyDelete'),
  getDeleted: op('keys/read', 'keys/deletedKeys/read/action', 'get', 'KeyGetDeleted'),
  listDeleted: op('keys/read', 'keys/deletedKeys/read/action', 'list', 'KeyListDeleted'),
  recover: op('keys/recover/action', 'keys/deletedKeys/recover/action', 'recover', 'KeyRecover'),
  purge: op('keys/purge/action', 'keys/deletedKeys/delete', 'purge', 'KeyPurge'),
  backup: op('keys/backup/action', 'keys/backup/action', 'backup', 'KeyBackup'),
  restore: op('keys/restore/action', 'keys/restore/action', 'restore', 'KeyRestore'),
  rotate: op('keys/rotate/action', 'keys/rotate/action', 'rotate', 'KeyRotate'),
  getPolicy: op(
    'keyrotationpolicies/read',
    'keyrotationpolicies/read',
    'getrotationpolicy',
    'KeyGetRotationPolicy',
  ),
  setPolicy: op(
    'keyrotationpolicies/write',
    'keyrotationpolicies/write',
    'setrotationpolicy',
    'KeyUpdateRotationPolicy',
  ),
  encrypt: op('keys/encrypt/action', 'keys/encrypt/action', 'encrypt', 'KeyEncrypt'),
  decrypt: op('keys/decrypt/action', 'keys/decrypt/action', 'decrypt', 'KeyDecrypt'),
  wrapKey: op('keys/wrap/action', 'keys/wrap/action', 'wrapKey', 'KeyWrap'),
  unwrapKey: op('keys/unwrap/action', 'keys/unwrap/action', 'unwrapKey', 'KeyUnwrap'),
  sign: op('keys/sign/action', 'keys/sign/action', 'sign', 'KeySign'),
  verify: op('keys/verify/action', 'keys/verify/action', 'verify', 'KeyVerify'),
  random: op('rng/action', 'rng/action', '', 'RngGetBytes'),
  listRoles: op('', 'roleDefinitions/read/action', '', 'RoleDefinitionList'),
  readRoles: op('', 'roleAssignments/read/action', '', 'RoleAssignmentGet'),
  assignRole: op('', 'roleAssignments/write/action', '', 'RoleAssignmentCreate'),
  removeRole: op('', 'roleAssignments/delete/action', '', 'RoleAssignmentDelete'),
} as const satisfies Record<string, Operation>

export type OperationName = keyof typeof OPERATIONS
