import type { AzurePrincipal, VaultIdentity } from '../../shared/model/azure.ts'
import type { TargetRef } from '../../shared/model/target.ts'
import type { SecretBytes } from '../platform/secret-bytes.ts'

/**
 * The keys of one key vault or managed HSM. Every method throws `KeyturnError` only. Each can end in `azure-sign-in-*`,
 * `azure-unreachable`, `azure-timeout`, `azure-certificate-not-trusted`, `azure-cancelled`, `azure-answer`,
 * `vault-token-refused`, `vault-no-permission`, `vault-no-policy`, `vault-firewall`, `vault-private-only`, `vault-throttled` (after its own waits) and
 * `vault-failed`; others are named at the method. Names that Azure could not take are refused before anything is sent
 * (`azure-name`). Permissions are those of Azure RBAC (`Microsoft.KeyVault/vaults/...`); a vault with access policies
 * has a right of the same name.
 */
export interface KeyVault {
  /** The target that it was opened by: a vault's own, or for `at` the Azure one. */
  readonly ref: TargetRef
  /** Read at `open` and compared with what the connection remembers; a difference is `vault-identity-changed`. */
  readonly identity: VaultIdentity
  readonly principal: AzurePrincipal
  /** Null: no key of that name, or no such version of it; a deleted key is not there either. `keys/read`. */
  key(name: string, version?: string, options?: VaultCallOptions): Promise<VaultKey | null>
  /** The present version of each key, without key material; at most 10,000, else `azure-too-much`. `keys/read`. */
  keys(options?: VaultCallOptions): Promise<readonly VaultKeyFacts[]>
  /** All versions of one key, oldest first; empty: no such key. `keys/read`. */
  versions(name: string, options?: VaultCallOptions): Promise<readonly VaultKeyFacts[]>
  /**
   * The version that carries this mark; null: none. For a run that does not know whether its request arrived. Newest
   * first, should there be several. `keys/read`.
   */
  marked(name: string, mark: string, options?: VaultCallOptions): Promise<VaultKeyFacts | null>
  /**
   * A new key, or a new version where the name is taken. Never repeated by itself once it may have arrived: after
   * `azure-unreachable` or `vault-failed` ask `marked`. `keys/create/action`. `vault-key-deleted`: the name is held by
   * a deleted key. `vault-date`: an expiry or a start that can't be written.
   */
  createKey(request: NewVaultKey, options?: VaultCallOptions): Promise<VaultKey>
  /**
   * Private key material or a transfer file of an HSM goes into the vault; a new version where the name is taken. The
   * caller wipes. `keys/import/action`. Errors as for `createKey`; `vault-refused` for material that the vault does not
   * take.
   */
  importKey(request: ImportedVaultKey, options?: VaultCallOptions): Promise<VaultKey>
  /** What is absent stays; null takes a date away. Repeating it is harmless. `keys/update/action`. */
  change(
    name: string,
    version: string,
    change: VaultKeyChange,
    options?: VaultCallOptions,
  ): Promise<VaultKeyFacts>
  /**
   * All versions as one encrypted blob that only this subscription and geography restores; about 7 KB per version.
   * `keys/backup/action`. Repeating it gives another blob of the same key.
   */
  backUpKey(name: string, options?: VaultCallOptions): Promise<Uint8Array>
  /**
   * `keys/restore/action`. `vault-key-exists`, `vault-key-deleted`, `vault-backup-damaged`, `vault-backup-elsewhere`.
   * A blob that was restored already ends in `vault-key-exists`.
   */
  restoreKey(blob: Uint8Array, options?: VaultCallOptions): Promise<VaultKey>
  /** Null: no deleted key of that name can be seen. `keys/read`. */
  deletedKey(name: string, options?: VaultCallOptions): Promise<DeletedVaultKey | null>
  /** Takes the deleted key back with all its versions, and waits until it is there. `keys/recover/action`. */
  recoverKey(name: string, options?: VaultWaitOptions): Promise<VaultKey>
  /** Deletes all versions, and waits until the vault shows them as deleted. `keys/delete`. `vault-key-deleting`. */
  deleteKey(name: string, options?: VaultWaitOptions): Promise<DeletedVaultKey>
  /** Null: the key has none. `keyrotationpolicies/read`. */
  rotationPolicy(name: string, options?: VaultCallOptions): Promise<KeyRotationPolicy | null>
  /**
   * Wraps 32 random bytes in the vault (RSA-OAEP-256, which no client library does by itself), unwraps them there, and
   * compares. Leaves two lines in the vault's log and nothing else. Needs `keys/wrap/action` and `keys/unwrap/action`,
   * so it proves them for `principal` and this key version. `vault-key-disabled`, `vault-key-dates`,
   * `vault-key-unknown`, `vault-probe-differs`.
   */
  probeWrap(name: string, version?: string, options?: VaultCallOptions): Promise<WrapProof>
  close(): Promise<void>
}

export interface VaultCallOptions {
  signal?: AbortSignal
  /** For the whole call with its waits, in milliseconds. Default 60,000. */
  timeoutMs?: number
  /** Called before each wait of the back-off (throttled, or Azure did not do it): what is awaited, so that a person sees it. */
  onWait?: (wait: VaultWait) => void
}

export interface VaultWaitOptions extends VaultCallOptions {
  /** Default 120,000: deleting and recovering take their time. */
  timeoutMs?: number
}

export interface VaultWait {
  why: 'throttled' | 'service' | 'not-there-yet'
  /** Milliseconds until it is asked again. */
  ms: number
  /** From 1. */
  attempt: number
}

export type VaultKeyType = 'RSA' | 'RSA-HSM' | 'EC' | 'EC-HSM' | 'oct' | 'oct-HSM'
export type VaultKeyUse =
  'encrypt' | 'decrypt' | 'sign' | 'verify' | 'wrapKey' | 'unwrapKey' | 'import' | 'deriveKey'

/** What a listing says of a key version. Times are ISO 8601, UTC. */
export interface VaultKeyFacts {
  name: string
  /** 32 hex digits; null in a listing of keys, which names no version. */
  version: string | null
  /** `https://<host>/keys/<name>[/<version>]`, without a port. */
  id: string
  enabled: boolean
  notBefore: string | null
  expires: string | null
  created: string | null
  updated: string | null
  /** At most 15; values of other programs too. */
  tags: Readonly<Record<string, string>>
  /** The run that made it, from its tag; null: none of ours. */
  mark: string | null
  /** Azure's own words: `Recoverable`, `CustomizedRecoverable+Purgeable`, ... */
  recoveryLevel: string | null
  /** Days that a deleted key can be taken back. */
  recoverableDays: number | null
  exportable: boolean
  /** `0` software, `1` older HSM, `2` present HSM; null: not said. */
  hsmPlatform: string | null
  /** True: it belongs to a certificate of the vault and is managed by it. */
  managed: boolean
}

export interface VaultKey extends VaultKeyFacts {
  version: string
  type: VaultKeyType
  /** Of an RSA modulus, measured on the bytes that came; null for other types. */
  bits: number | null
  curve: string | null
  uses: readonly VaultKeyUse[]
  /** Public part of an RSA key, big-endian; null for other types. */
  publicKey: { modulus: Uint8Array; exponent: Uint8Array } | null
}

export interface NewVaultKey {
  /** At most 127 characters; a key for SQL Server's connector at most 26, which its job checks. */
  name: string
  type: 'RSA' | 'RSA-HSM'
  bits: 2048 | 3072 | 4096
  /** Mark of the run; kept as the tag `keyturn-run`, by which a resumed run knows its version again. */
  mark: string
  uses?: readonly VaultKeyUse[]
  /** ISO 8601, not after 2038-01-19T03:14:07Z. */
  notBefore?: string
  expires?: string
  tags?: Readonly<Record<string, string>>
}

export interface ImportedVaultKey extends Omit<NewVaultKey, 'type' | 'bits'> {
  material:
    /** PKCS #8, DER, RSA; `hardware`: kept in the vault's HSM. */
    | { kind: 'pkcs8'; der: SecretBytes; hardware: boolean }
    /** A transfer file that an HSM wrapped for a key of this vault (`.byok`); encrypted, so no secret. */
    | { kind: 'transfer'; file: Uint8Array }
}

export interface VaultKeyChange {
  enabled?: boolean
  notBefore?: string | null
  expires?: string | null
  /** Replaces all tags: pass those that stay, the mark's too. */
  tags?: Readonly<Record<string, string>>
}

export interface DeletedVaultKey extends VaultKeyFacts {
  deletedAt: string | null
  /** When Azure removes it for good; null: not said. */
  purgeAt: string | null
}

export interface KeyRotationPolicy {
  /** ISO 8601 duration that new versions live (`P2Y`); null: they don't expire. */
  expiresIn: string | null
  actions: readonly {
    act: 'rotate' | 'notify'
    /** ISO 8601 durations; exactly one is set. */
    afterCreation: string | null
    beforeExpiry: string | null
  }[]
}

export interface WrapProof {
  name: string
  version: string
  /** The vault's own id of each request, for its log. */
  requestIds: readonly string[]
  at: string
}

/** The tag that carries a run's mark. */
export const markTag = 'keyturn-run'

/** Someone else than the connection's own principal: the service account whose rights are to be proven. */
export interface VaultCaller {
  tenantId: string
  clientId: string
  /** Copied; the caller wipes its own. */
  secret: SecretBytes
}

/** Opens vaults. One per target, closed on lock and at exit; what `at` and `as` gave is closed by whoever asked. */
export interface KeyVaults {
  /** A vault's target; checks its identity each time. */
  open(target: TargetRef, options?: VaultCallOptions): Promise<KeyVault>
  /** A vault that is no target yet, with the sign-in of an Azure target. Its identity is compared with nothing. */
  at(azure: TargetRef, host: string, options?: VaultCallOptions): Promise<KeyVault>
  /**
   * The same vault as another caller, to prove what that one may do. `azure` says which cloud, proxy and network; its
   * credential is not used.
   */
  as(azure: TargetRef, host: string, caller: VaultCaller, options?: VaultCallOptions): Promise<KeyVault>
  /**
   * Azure's time minus this computer's, in whole seconds: the Date of what a vault answers to anybody. No token is sent.
   * `azure` says which cloud, proxy and network.
   */
  clockOf(azure: TargetRef, host: string, options?: VaultCallOptions): Promise<number>
}
