import type { Behaviour } from './behaviours.ts'

/** Storage accounts and the blob service. Blobs themselves are Azurite's, unmodified; this is what stands around it. */
export const STORAGE_BEHAVIOURS: readonly Behaviour[] = [
  {
    id: 'storage.azurite',
    certainty: 'seen',
    says: 'Containers, blobs, blocks, pages, ETags, conditions and signatures (shared key, service, account and user delegation) are Azurite’s, asked under the names of the accounts.',
  },
  {
    id: 'storage.signature',
    certainty: 'assumed',
    says: 'A signature that does not verify, is for something else or out of its time is 403; Azurite has other words, which are put right.',
    codes: ['AuthenticationFailed'],
  },
  {
    id: 'storage.no-credentials',
    certainty: 'assumed',
    says: 'A request without credentials is answered 401 with the tenant to ask and the resource.',
    codes: ['NoAuthenticationInformation'],
  },
  {
    id: 'storage.token-refused',
    certainty: 'assumed',
    says: 'The code for a token that is expired, of another audience or revoked.',
    codes: ['InvalidAuthenticationInfo'],
  },
  {
    id: 'storage.roles',
    certainty: 'assumed',
    says: 'Whoever signs in by Entra needs a data role for blobs and `actions` of it for containers; Owner alone reads no blob. A user delegation signature can do what its signer may at the moment.',
    codes: ['AuthorizationPermissionMismatch'],
  },
  {
    id: 'storage.shared-key-off',
    certainty: 'assumed',
    says: 'Where shared keys are not allowed, neither keys nor what is signed with them open anything.',
    codes: ['KeyBasedAuthenticationNotPermitted'],
  },
  {
    id: 'storage.firewall',
    certainty: 'assumed',
    says: 'Addresses that the firewall does not name, and everybody where public access is off, are refused.',
    codes: ['AuthorizationFailure'],
  },
  {
    id: 'storage.busy',
    certainty: 'assumed',
    says: 'Ordered throttling is 503, not 429.',
    codes: ['ServerBusy'],
  },
  {
    id: 'storage.immutable',
    certainty: 'assumed',
    says: 'In a container with an immutability policy blobs that are there are neither overwritten nor deleted. The retention of ours never ends.',
    codes: ['BlobImmutableDueToPolicy'],
  },
  {
    id: 'storage.no-policy',
    certainty: 'assumed',
    says: 'The immutability policy of a container without one is read as a deleted one of no days.',
  },
  {
    id: 'storage.names',
    certainty: 'assumed',
    says: 'Account names have 3 to 24 lower-case letters and digits and are unique in all of Azure; container names 3 to 63, with single hyphens.',
    codes: ['AccountNameInvalid', 'AlreadyExists', 'StorageAccountAlreadyTaken'],
  },
  {
    id: 'storage.container-codes',
    certainty: 'assumed',
    says: 'The control plane’s codes for containers.',
    codes: ['ContainerNotFound', 'ContainerOperationFailure', 'ContainerImmutable'],
  },
  {
    id: 'storage.create',
    certainty: 'assumed',
    says: 'A new account is 202 with an address that answers it; ours is ready at once.',
  },
  {
    id: 'storage.keys',
    certainty: 'assumed',
    says: 'An account has two keys of 64 bytes; a regenerated one counts at once, and what was signed with the old one ends.',
  },
  {
    id: 'storage.keys-locked',
    certainty: 'assumed',
    says: 'A ReadOnly lock also stops listing the keys.',
  },
  {
    id: 'storage.unknown-host',
    certainty: 'assumed',
    says: 'A name without an account is answered 501, where the real name would not resolve.',
    codes: ['NotSimulated'],
  },
  {
    id: 'storage.deleted',
    certainty: 'assumed',
    says: 'A deleted account is gone with its blobs at once: recovering one is not simulated, nor are soft delete and versions of blobs.',
  },
  {
    id: 'storage.uncommitted',
    certainty: 'seen',
    says: 'Blocks that were put and not committed are no blob; Azurite keeps them until they are collected.',
  },
]
