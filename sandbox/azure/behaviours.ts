import { CONTROL_PLANE_BEHAVIOURS } from './behaviours-control-plane.ts'
import { IDENTITY_BEHAVIOURS } from './behaviours-identity.ts'
import { STORAGE_BEHAVIOURS } from './behaviours-storage.ts'

/**
 * How sure we are of each simulated behaviour. `documented`: public documentation says so; `seen`: in recorded traffic
 * of the real service, in public client code or in a practitioner's report; `assumed`: expert knowledge or a choice of
 * ours.
 */
export type Certainty = 'documented' | 'seen' | 'assumed'

export interface Behaviour {
  id: string
  certainty: Certainty
  /** What the simulator does. */
  says: string
  /** Error codes, inner codes or AADSTS numbers that belong to it. */
  codes?: readonly string[]
}

const KEY_BEHAVIOURS: readonly Behaviour[] = [
  {
    id: 'kv.challenge',
    certainty: 'seen',
    says: 'A request without a token is answered 401 with authorization and resource, separated by comma and space.',
    codes: ['AKV10000', 'Unauthorized'],
  },
  {
    id: 'kv.token-texts',
    certainty: 'assumed',
    says: 'Numbers and texts for a token that is expired, not yet valid, of another audience or issuer, or revoked.',
    codes: ['AKV10001', 'AKV10014', 'AKV10015', 'AKV10022', 'AKV10032', 'AKV10046', 'AKV10117'],
  },
  {
    id: 'kv.cae',
    certainty: 'assumed',
    says: 'A revoked session gets a challenge with insufficient_claims that names no resource; a token issued later is taken. The clients ask for a token with these claims.',
    codes: ['insufficient_claims'],
  },
  {
    id: 'kv.order-of-checks',
    certainty: 'assumed',
    says: 'Token, then firewall, then rights, then the state of the object, then limits.',
  },
  {
    id: 'kv.firewall',
    certainty: 'documented',
    says: 'Rules hold for the data plane; trusted services pass with bypass, also where public access is off.',
    codes: ['ForbiddenByFirewall', 'ForbiddenByConnection'],
  },
  {
    id: 'kv.rbac-text',
    certainty: 'seen',
    says: 'The text of a refusal names caller, action, resource and decision.',
    codes: ['ForbiddenByRbac'],
  },
  {
    id: 'kv.access-policy-text',
    certainty: 'assumed',
    says: 'The inner code is documented; its text is from memory.',
    codes: ['AccessDenied'],
  },
  {
    id: 'kv.policy-all',
    certainty: 'assumed',
    says: 'The right `all` of an access policy holds every operation but purge.',
  },
  {
    id: 'kv.rbac-propagation',
    certainty: 'documented',
    says: 'A role assignment works after a delay, and works on for a delay after its removal. Ours is seconds, not minutes.',
  },
  {
    id: 'kv.names-and-versions',
    certainty: 'documented',
    says: 'Names of 1 to 127 letters, digits and hyphens, compared without case; versions are 32 hexadecimal digits.',
  },
  {
    id: 'kv.bad-parameter',
    certainty: 'assumed',
    says: 'The code for names, sizes, types and bodies that are refused, and for a backup of elsewhere.',
    codes: ['BadParameter'],
  },
  {
    id: 'kv.unversioned-paths',
    certainty: 'seen',
    says: 'An empty segment in place of a version means the current one.',
  },
  {
    id: 'kv.missing-key',
    certainty: 'assumed',
    says: 'The code of a missing key was recorded; the text is from memory.',
    codes: ['KeyNotFound'],
  },
  {
    id: 'kv.disabled-split',
    certainty: 'seen',
    says: 'A disabled key refuses decrypt, sign and unwrapKey, and does encrypt, verify and wrapKey: one report. A setting makes it refuse all.',
    codes: ['KeyDisabled'],
  },
  {
    id: 'kv.validity-split',
    certainty: 'documented',
    says: 'Outside of nbf and exp: encrypt, sign and wrapKey are refused, decrypt, unwrapKey and verify are not.',
  },
  {
    id: 'kv.validity-codes',
    certainty: 'assumed',
    says: 'The inner codes of that refusal.',
    codes: ['KeyExpired', 'KeyNotYetValid'],
  },
  {
    id: 'kv.operation-not-permitted',
    certainty: 'assumed',
    says: 'An operation that key_ops does not name is refused with 403.',
    codes: ['KeyOperationForbidden'],
  },
  {
    id: 'kv.deleted-name',
    certainty: 'seen',
    says: 'Making, importing or restoring under the name of a soft-deleted key is a conflict.',
    codes: ['ObjectIsDeletedButRecoverable'],
  },
  {
    id: 'kv.being-deleted',
    certainty: 'assumed',
    says: 'The same while the deletion or the purge is still under way. The code is in a public list, when it comes is from memory.',
    codes: ['ObjectIsBeingDeleted'],
  },
  {
    id: 'kv.purge-protection',
    certainty: 'seen',
    says: 'Purge is refused where purge protection is on.',
  },
  {
    id: 'kv.recovery-level',
    certainty: 'documented',
    says: 'Recoverable, CustomizedRecoverable and +Purgeable by retention and purge protection. Subscriptions are not protected ones.',
  },
  {
    id: 'kv.backup-form',
    certainty: 'seen',
    says: 'A backup begins with byte 0x26 and a mark, followed by a compact JWE; what is none has a code of its own. What is inside is ours: real blobs cannot be read here.',
    codes: ['Malformed backup blob'],
  },
  {
    id: 'kv.backup-scope',
    certainty: 'documented',
    says: 'A backup is restored within its subscription and geography only, under its name and versions, never over a key.',
  },
  {
    id: 'kv.backup-over-key',
    certainty: 'assumed',
    says: 'The code where a key of that name is there.',
    codes: ['Conflict'],
  },
  {
    id: 'kv.backup-hsm',
    certainty: 'assumed',
    says: 'A backup of a managed HSM is restored in the same HSM only.',
  },
  {
    id: 'kv.byok',
    certainty: 'documented',
    says: 'A .byok file is opened with the exchange key that it names: RSA-HSM, import as its only operation, same vault.',
  },
  {
    id: 'kv.byok-fill',
    certainty: 'assumed',
    says: 'Up to 7 zero bytes behind the PKCS #8 of a .byok file are taken, as an older SoftHSM leaves them; any other byte there is refused. Whether Azure takes them is not known.',
  },
  {
    id: 'kv.byok-refusals',
    certainty: 'assumed',
    says: 'A .byok file that does not open, or holds a key of another type than kty says, is 400. The texts are ours.',
    codes: ['BadParameter'],
  },
  {
    id: 'kv.standard-sku',
    certainty: 'documented',
    says: 'A standard vault makes no HSM keys. The code and text of the refusal are ours.',
  },
  {
    id: 'kv.rotation-policy',
    certainty: 'documented',
    says: 'Rotate at least 7 days (HSM 28) after creation or before expiry; expiryTime counts for the next version.',
  },
  {
    id: 'kv.rotation-default',
    certainty: 'assumed',
    says: 'A key without a policy shows Notify P30D, which is also added where only Rotate was sent.',
  },
  {
    id: 'kv.rotation-due',
    certainty: 'assumed',
    says: 'A due version is made when somebody next asks for the key; a list alone does not make it.',
  },
  {
    id: 'kv.rotation-of-imported',
    certainty: 'documented',
    says: 'The next version of an imported key has numbers that the vault made.',
  },
  {
    id: 'kv.limits',
    certainty: 'documented',
    says: 'Limits per vault in any 10 seconds by size and protection of the key, five times as much per subscription.',
  },
  {
    id: 'kv.throttled-without-retry-after',
    certainty: 'seen',
    says: 'A throttled request carries no Retry-After.',
    codes: ['Throttled', 'VaultRequestTypeLimitReached'],
  },
  {
    id: 'kv.page-size',
    certainty: 'assumed',
    says: 'Lists come in pages of 25 at most.',
  },
  {
    id: 'kv.key-times',
    certainty: 'assumed',
    says: 'An expiry at or before 1970 is refused; null takes an expiry away.',
  },
  {
    id: 'kv.tags',
    certainty: 'documented',
    says: 'At most 15 tags of 256 characters each.',
  },
  {
    id: 'kv.audit',
    certainty: 'documented',
    says: 'Backups and restores are logged under these names.',
    codes: ['KeyBackup', 'KeyRestore'],
  },
  {
    id: 'kv.audit-names',
    certainty: 'assumed',
    says: 'The names of the other operations. Each is logged with caller and status; what is refused before its token was read is not.',
    codes: [
      'KeyCreate',
      'KeyGet',
      'KeyWrap',
      'KeyUnwrap',
      'KeyDelete',
      'KeyRotate',
      'KeyPurge',
      'KeyRecover',
    ],
  },
  {
    id: 'kv.unknown-host',
    certainty: 'assumed',
    says: 'A name without a vault is answered 501, one that is still being registered ends the connection, where the real name would not resolve.',
    codes: ['NotSimulated'],
  },
  {
    id: 'kv.registering-dns',
    certainty: 'seen',
    says: 'A new vault is RegisteringDns at first.',
    codes: ['RegisteringDns'],
  },
  {
    id: 'hsm.not-activated',
    certainty: 'assumed',
    says: 'A managed HSM whose security domain was not downloaded refuses every operation with 403.',
    codes: ['SecurityDomainNotActive'],
  },
  {
    id: 'hsm.local-roles',
    certainty: 'documented',
    says: 'A managed HSM has roles of its own, assigned on its own host; the exact reply shapes are from memory.',
  },
  {
    id: 'hsm.versions',
    certainty: 'documented',
    says: 'A managed HSM holds at most 100 versions of a key, and is not throttled.',
  },
]

export const BEHAVIOURS: readonly Behaviour[] = [
  ...KEY_BEHAVIOURS,
  ...IDENTITY_BEHAVIOURS,
  ...CONTROL_PLANE_BEHAVIOURS,
  ...STORAGE_BEHAVIOURS,
]
