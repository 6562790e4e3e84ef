import type { Behaviour } from './behaviours.ts'

/** Azure Resource Manager. */
export const CONTROL_PLANE_BEHAVIOURS: readonly Behaviour[] = [
  {
    id: 'arm.paths',
    certainty: 'seen',
    says: 'Doubled slashes, %2F in scopes and other case are taken.',
  },
  {
    id: 'arm.token-refused',
    certainty: 'assumed',
    says: 'Codes for a missing, expired or foreign token.',
    codes: ['AuthenticationFailed', 'ExpiredAuthenticationToken', 'InvalidAuthenticationToken'],
  },
  {
    id: 'arm.not-authorized',
    certainty: 'assumed',
    says: 'The refusal names client, action and scope.',
    codes: ['AuthorizationFailed'],
  },
  {
    id: 'vault.names',
    certainty: 'documented',
    says: 'Vault names have 3 to 24 letters, digits and single hyphens and are unique.',
  },
  {
    id: 'vault.name-codes',
    certainty: 'assumed',
    says: 'The codes of a name that is not valid or taken, by a soft-deleted vault too.',
    codes: ['VaultAlreadyExists', 'VaultNameNotValid'],
  },
  {
    id: 'vault.one-way',
    certainty: 'documented',
    says: 'Soft delete and purge protection cannot be turned off, the retention cannot be changed.',
  },
  {
    id: 'vault.one-way-texts',
    certainty: 'assumed',
    says: 'The code of those refusals.',
    codes: ['BadRequest'],
  },
  {
    id: 'vault.rbac-default',
    certainty: 'documented',
    says: 'From API version 2026-02-01 a new vault has RBAC unless it is told otherwise; before, access policies.',
  },
  {
    id: 'vault.model-change',
    certainty: 'assumed',
    says: 'Changing between RBAC and access policies needs the right to write role assignments.',
  },
  {
    id: 'vault.policies-lost',
    certainty: 'documented',
    says: 'A PUT without access policies deletes those that were there.',
  },
  {
    id: 'vault.recover',
    certainty: 'documented',
    says: 'A soft-deleted vault comes back without its role assignments.',
  },
  {
    id: 'vault.recover-codes',
    certainty: 'assumed',
    says: 'It comes back with its keys. What a recovery or purge of a vault gets that is not there.',
    codes: ['DeletedVaultNotFound'],
  },
  {
    id: 'vault.purge-protected',
    certainty: 'documented',
    says: 'A purge-protected vault is not purged.',
  },
  {
    id: 'vault.purge-code',
    certainty: 'assumed',
    says: 'The code of that refusal.',
    codes: ['MethodNotAllowed'],
  },
  {
    id: 'vault.regions',
    certainty: 'assumed',
    says: 'A vault takes a region and a SKU that exist, in a registered subscription. Only ten regions are known here.',
    codes: ['RegionNotSupported', 'SkuNotSupported', 'MissingSubscriptionRegistration'],
  },
  {
    id: 'arm.not-found',
    certainty: 'assumed',
    says: 'Subscriptions, groups and resources that are not there.',
    codes: ['SubscriptionNotFound', 'ResourceGroupNotFound', 'ResourceNotFound'],
  },
  {
    id: 'role.repeat',
    certainty: 'documented',
    says: 'A second assignment of the same role to the same principal at the same scope is refused.',
    codes: ['RoleAssignmentExists'],
  },
  {
    id: 'role.unknown',
    certainty: 'assumed',
    says: 'The status for a role or an assignment that is not there.',
    codes: ['RoleDefinitionDoesNotExist', 'RoleAssignmentNotFound'],
  },
  {
    id: 'role.data-access-administrator',
    certainty: 'documented',
    says: 'Key Vault Data Access Administrator assigns and removes the data plane roles of Key Vault only.',
  },
  {
    id: 'lock.scope',
    certainty: 'documented',
    says: 'Locks are inherited, stop deletes (ReadOnly: changes too) of vaults and groups, and never hold keys.',
  },
  {
    id: 'lock.assignments',
    certainty: 'assumed',
    says: 'Role assignments and diagnostic settings are removed below a lock; of the real service it is reported that a lock holds role assignments too.',
  },
  {
    id: 'lock.code',
    certainty: 'assumed',
    says: 'The code of a refusal by a lock.',
    codes: ['ScopeLocked'],
  },
  {
    id: 'diagnostics.sink',
    certainty: 'assumed',
    says: 'A diagnostic setting needs a destination; whether that exists is not checked.',
  },
  {
    id: 'hsm.status',
    certainty: 'documented',
    says: 'A managed HSM shows whether its security domain is active.',
  },
]
