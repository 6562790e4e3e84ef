import type { AzurePrincipal } from '../../shared/model/azure.ts'
import type { TargetRef } from '../../shared/model/target.ts'
import type { SecretBytes } from '../platform/secret-bytes.ts'
import type { AzureCallOptions, AzureWaitOptions } from './azure-control.ts'

/**
 * Storage accounts of one subscription, as Resource Manager knows them. Errors in general are those of `AzureControl`;
 * others are named at the method. Names that Azure could not take are refused before anything is sent (`azure-name`).
 * No job calls `accountName`, `regenerateKey` or `deleteAccount` yet: contract tests alone do.
 */
export interface StorageAccounts {
  readonly ref: TargetRef
  readonly principal: AzurePrincipal
  /** All that the principal sees. `Microsoft.Storage/storageAccounts/read`. */
  accounts(options?: AzureCallOptions): Promise<readonly StorageAccount[]>
  /** Null: not there. */
  account(group: string, name: string, options?: AzureCallOptions): Promise<StorageAccount | null>
  /** Whether a new account can have this name, which is unique in all of Azure. */
  accountName(name: string, options?: AzureCallOptions): Promise<AccountNameAnswer>
  /**
   * TLS 1.2 at least, no public blobs. Waits until it is made. Repeating it with the same answers is harmless, but sent for
   * an account of this group that is there, it would change that: ask `account` first. `storage-account-name-taken`,
   * `azure-region`. `Microsoft.Storage/storageAccounts/write`.
   */
  createAccount(request: NewStorageAccount, options?: AzureWaitOptions): Promise<StorageAccount>
  /**
   * One of the account's two keys: it opens everything in the account. The caller wipes it. `azure-not-found`.
   * `Microsoft.Storage/storageAccounts/listkeys/action`; a ReadOnly lock stops it too (`azure-locked`).
   */
  accountKey(
    group: string,
    name: string,
    which: 'key1' | 'key2',
    options?: AzureCallOptions,
  ): Promise<SecretBytes>
  /**
   * The old key and everything signed with it end at once. Never repeated by itself. The caller wipes the new one.
   * `Microsoft.Storage/storageAccounts/regenerateKey/action`.
   */
  regenerateKey(
    group: string,
    name: string,
    which: 'key1' | 'key2',
    options?: AzureCallOptions,
  ): Promise<SecretBytes>
  /** With everything in it. Deleting what is not there changes nothing. `azure-locked`. `Microsoft.Storage/storageAccounts/delete`. */
  deleteAccount(group: string, name: string, options?: AzureCallOptions): Promise<void>
  /** What the account’s blob service keeps of what is deleted or written over. `blobServices/read`. */
  blobService(group: string, account: string, options?: AzureCallOptions): Promise<BlobServiceFacts>
  /** Containers as the control plane sees them, which needs no right on blobs. */
  containers(group: string, account: string, options?: AzureCallOptions): Promise<readonly ContainerFacts[]>
  /** Null: not there. */
  container(
    group: string,
    account: string,
    name: string,
    options?: AzureCallOptions,
  ): Promise<ContainerFacts | null>
  /** Private. Repeating it is harmless. `Microsoft.Storage/storageAccounts/blobServices/containers/write`. */
  createContainer(
    group: string,
    account: string,
    name: string,
    options?: AzureCallOptions,
  ): Promise<ContainerFacts>
}

/**
 * Blobs of one storage account, as the principal of an Azure target. Every method throws `KeyturnError` only. Each can
 * end in `azure-sign-in-*`, `azure-unreachable`, `azure-timeout`, `azure-certificate-not-trusted`, `azure-cancelled`,
 * `azure-answer`, `azure-throttled` (after its own waits), `azure-failed`, `storage-token-refused`,
 * `storage-no-permission`, `storage-firewall` and `storage-refused`; others are named at the method. Permissions are
 * those of Azure roles below `Microsoft.Storage/storageAccounts/blobServices/`. Names are checked by us first (`azure-name`).
 * No job calls `createContainer` or `containers` here: containers are made and listed through Resource Manager.
 */
export interface BlobStore {
  /** The Azure target whose sign-in it uses. */
  readonly ref: TargetRef
  readonly principal: AzurePrincipal
  readonly account: string
  /** `https://<host>/<container>/<blob>` is the address of a blob. */
  readonly host: string
  /** At most 5,000, else `azure-too-much`. `containers/read`. */
  containers(options?: AzureCallOptions): Promise<readonly string[]>
  /** Private. True: it is new; false: it was there. `storage-container-deleting`. `containers/write`. */
  createContainer(name: string, options?: AzureCallOptions): Promise<boolean>
  /** Names beginning with `prefix` (empty: all); at most 5,000, else `azure-too-much`. `storage-container-unknown`. `containers/blobs/read`. */
  blobs(container: string, prefix: string, options?: AzureCallOptions): Promise<readonly BlobFacts[]>
  /** Null: not there, or its container is not. `containers/blobs/read`. */
  blob(container: string, name: string, options?: AzureCallOptions): Promise<BlobFacts | null>
  /**
   * Bytes of exactly this version of it (`etag` of an earlier answer); fewer than `length` where the blob ends. At most
   * `mostReadBytes` at once. `storage-blob-unknown`, `storage-blob-changed`.
   */
  read(container: string, name: string, part: BlobPart, options?: AzureCallOptions): Promise<Uint8Array>
  /**
   * Never over a blob that is there (`storage-blob-exists`). Not repeated once it may have arrived: after
   * `azure-unreachable` or `azure-failed` ask `blob` for the mark. At most `mostWrittenBytes`. `containers/blobs/write`.
   */
  writeNew(
    container: string,
    name: string,
    bytes: Uint8Array,
    mark: string,
    options?: AzureCallOptions,
  ): Promise<BlobFacts>
  /**
   * Exactly this version of it. Deleting what is not there changes nothing. `storage-blob-changed`, `storage-immutable`,
   * `storage-leased`. `containers/blobs/delete`.
   */
  deleteBlob(container: string, name: string, etag: string, options?: AzureCallOptions): Promise<void>
  /**
   * A shared access signature for one container, without a question mark. The caller wipes it. `by` a key: made here,
   * nothing is asked, and it ends early when that key is regenerated. `by` the sign-in: Azure gives a key to sign with,
   * for 7 days at most (`storage-signature-too-long`), and it can do what the principal may do at the moment;
   * `generateUserDelegationKey/action`.
   */
  signContainer(request: ContainerSignature, options?: AzureCallOptions): Promise<SecretBytes>
}

/** Most bytes of one `read`. */
export const mostReadBytes = 4_194_304
/** Most bytes of one `writeNew`. */
export const mostWrittenBytes = 4_194_304
/** How long Azure lets a signature by a sign-in live. */
export const mostDelegatedDays = 7

export interface StorageAccount {
  id: string
  name: string
  group: string
  region: string
  /** Of its blobs; empty where it has none. */
  host: string
  /** `StorageV2`, `BlobStorage`, … */
  kind: string
  /** `Standard_GRS`, … */
  sku: string
  /** `TLS1_2`, …; null: not said. */
  minimumTls: string | null
  publicBlobs: boolean
  /** False: neither keys nor signatures made with them open anything. */
  keysAllowed: boolean
  httpsOnly: boolean
  network: { publicAccess: boolean; otherwise: 'allow' | 'deny'; addresses: readonly string[] }
  tags: Readonly<Record<string, string>>
  provisioning: string | null
}

export interface NewStorageAccount {
  name: string
  group: string
  region: string
  sku: 'Standard_LRS' | 'Standard_ZRS' | 'Standard_GRS' | 'Standard_RAGRS' | 'Standard_GZRS'
  /** Access keys, and signatures made with them. A page blob and a signature longer than 7 days need them. */
  keysAllowed: boolean
  tags?: Readonly<Record<string, string>>
}

export interface AccountNameAnswer {
  free: boolean
  why: 'taken' | 'rule' | null
}

export interface BlobServiceFacts {
  /** A blob that is deleted or written over stays as an earlier version. */
  versions: boolean
  /** Days for which a deleted blob can be brought back; null: it is gone at once. */
  deletedDays: number | null
}

export interface ContainerFacts {
  name: string
  /** Days for which a blob can be neither changed nor deleted; null: no policy. */
  immutableDays: number | null
  /** A locked policy can only be made longer. */
  locked: boolean
  legalHold: boolean
  publicAccess: boolean
}

export interface BlobFacts {
  name: string
  bytes: number
  type: 'block' | 'page' | 'append' | 'not-read'
  etag: string
  /** ISO 8601, UTC. */
  changed: string | null
  /** Null: not said. `leased`: somebody holds it, for instance a backup that was killed. */
  lease: 'leased' | 'free' | null
  /** The run that wrote it, from its metadata; null: none of ours. Listings do not say it. */
  mark: string | null
}

export interface BlobPart {
  from: number
  length: number
  etag: string
}

export type ContainerRight = 'read' | 'write' | 'create' | 'list' | 'delete'

export interface ContainerSignature {
  container: string
  rights: readonly ContainerRight[]
  /** ISO 8601. */
  starts: string
  expires: string
  by: { kind: 'sign-in' } | { kind: 'key'; key: SecretBytes }
}

/** Opens storage of Azure targets. What was opened ends with the sign-in. */
export interface Storages {
  accounts(azure: TargetRef, options?: AzureCallOptions): Promise<StorageAccounts>
  /** `host`: `<account>.blob.core.windows.net`, or of the target's own cloud. `azure-name` for any other. */
  at(azure: TargetRef, host: string, options?: AzureCallOptions): Promise<BlobStore>
}
