import type { PackageId, RunId, ShareGroupId } from './ids.ts'

/**
 * What Keyturn knows of escrow: groups of people who together open what is escrowed, and packages that were made for
 * them. Public facts only: nothing here opens anything, so all of it may be shown, recorded and written beside a package.
 */

export const escrowPatterns = {
  group: /^sg-[a-km-np-z2-9]{12}$/,
  package: /^ep-[a-km-np-z2-9]{12}$/,
  /** SHA-256 as lower-case hex. */
  sha256: /^[0-9a-f]{64}$/,
  keyId: /^[0-9a-f]{16}$/,
} as const

export const escrowLimits = {
  leastThreshold: 2,
  mostMembers: 16,
  /** Certificates beside the share group. */
  mostRecipients: 16,
  mostItems: 99,
  mostGroups: 200,
  mostPackages: 20_000,
  mostPlaces: 16,
  longestName: 120,
  longestText: 400,
} as const

/** `in-ceremony` is never left but for `active` or `void`: a ceremony that breaks off is void. */
export const groupStates = ['in-ceremony', 'active', 'replaced', 'void'] as const
export type GroupState = (typeof groupStates)[number]

/** What a holder keeps the share on. */
export const shareMedia = ['paper', 'file'] as const
export type ShareMedium = (typeof shareMedia)[number]

/** `read-back`: the share was read from the holder's medium and compared. `to-destroy`: of a ceremony that is void. */
export const memberStates = ['waiting', 'handed-out', 'read-back', 'to-destroy'] as const
export type MemberState = (typeof memberStates)[number]

export interface GroupMember {
  /** From 1; the share's member index is one less. */
  number: number
  /** As the ceremony wrote it down. */
  name: string
  /** SHA-256 of the share's words: 64 hex digits. Null until the share was made. */
  fingerprint: string | null
  medium: ShareMedium
  state: MemberState
}

/** M of N people, and the public half of what they open together. */
export interface ShareGroup {
  id: ShareGroupId
  name: string
  state: GroupState
  /** M: how many shares join. */
  threshold: number
  members: readonly GroupMember[]
  /** SLIP-39's 15-bit identifier, the same in all shares of a group. Null until the secret was split. */
  identifier: number | null
  /** SHA-256 of the group's public key (SubjectPublicKeyInfo), hex. Null until it was made. */
  spkiSha256: string | null
  /** The first 16 hex digits of `spkiSha256`: names the group inside CMS. Null until the key was made. */
  keyId: string | null
  /** ISO 8601, UTC. */
  created: string
  replacedBy: ShareGroupId | null
}

export const recipientKinds = ['custodian', 'recovery-hsm'] as const
export type RecipientKind = (typeof recipientKinds)[number]

/** A certificate that opens every item of the package by itself, beside the share group. */
export interface PackageRecipient {
  /** From 1. */
  number: number
  kind: RecipientKind
  name: string
  /** Of the DER certificate, hex. */
  certificateSha256: string
  spkiSha256: string
}

export const itemKinds = [
  'hsm-key',
  'certificate',
  'master-key',
  'service-master-key',
  'vault-key-backup',
  'passphrase-record',
] as const
export type ItemKind = (typeof itemKinds)[number]

/** States of NIST SP 800-57. */
export const keyStates = [
  'pre-activation',
  'active',
  'suspended',
  'deactivated',
  'compromised',
  'destroyed',
] as const
export type KeyState = (typeof keyStates)[number]

/** What a probe of the token said of its RFC 5649 key wrap. */
export const wrapVerdicts = ['conformant', 'zero-padded', 'pkcs7-padded', 'unknown'] as const
export type WrapVerdict = (typeof wrapVerdicts)[number]

export interface HsmItemFacts {
  model: string
  serial: string
  firmware: string
  /** CKA_ID as hex. */
  keyId: string
  label: string
  /** CKA_ flags at the time of export, by name without the prefix. */
  attributes: Readonly<Record<string, boolean>>
  wrapVerdict: WrapVerdict
  /** Hash of OAEP that the token could do. */
  oaep: 'sha1' | 'sha256'
}

/** From and to, ISO 8601 UTC; null: not set. */
export interface Cryptoperiod {
  from: string | null
  to: string | null
}

export interface PackageItem {
  /** From 1. */
  number: number
  kind: ItemKind
  name: string
  /** Where it came from: the connection's label, and what that target calls itself. */
  from: { target: string; identity: string }
  purpose: string
  /** `RSA`, `EC`, `AES`; `none` for what is no key by itself. */
  algorithm: string
  bits: number | null
  /** Of the public half; null where there is none. */
  spkiSha256: string | null
  /** Key check value of a symmetric key, hex. */
  kcv: string | null
  /** The item that holds the password of this one; null: opens without one. */
  passwordItem: number | null
  /** Of a passphrase record: each new passphrase is another generation; `backupId` names the backup that was made under it. */
  generation: { number: number; backupId: string } | null
  hsm: HsmItemFacts | null
  /** Full versioned key identifiers. */
  azureKids: readonly string[]
  /** Names that SQL Server knows it by, as `server.database.key`. */
  sqlNames: readonly string[]
  /** While it may protect new data, and while it may still open old data. */
  originatorPeriod: Cryptoperiod
  recipientPeriod: Cryptoperiod
  state: KeyState
}

/** What an item is once it is open. */
export const contentOf = (
  item: Pick<PackageItem, 'kind' | 'algorithm' | 'passwordItem'>,
): { extension: string; words: string } => {
  if (item.kind === 'hsm-key' && item.algorithm === 'AES') return rawKey
  return isPemPair(item) ? pemPair : contents[item.kind]
}

/** A certificate without a password item is plain PEM once the item is open, so that OpenSSL makes any file of it. */
export const isPemPair = ({ kind, passwordItem }: Pick<PackageItem, 'kind' | 'passwordItem'>): boolean =>
  kind === 'certificate' && passwordItem === null

const pemPair = { extension: 'pem', words: 'private key (PKCS #8) and its certificate, PEM' }
const rawKey = { extension: 'bin', words: 'symmetric key, its bytes alone' }
const contents: Readonly<Record<ItemKind, { extension: string; words: string }>> = {
  'hsm-key': { extension: 'p8', words: 'private key, PKCS #8 in DER' },
  certificate: { extension: 'pfx', words: 'certificate with its private key, PKCS #12' },
  'master-key': { extension: 'key', words: 'backup of a database master key, as SQL Server wrote it' },
  'service-master-key': {
    extension: 'key',
    words: 'backup of the service master key, as SQL Server wrote it',
  },
  'vault-key-backup': { extension: 'backup', words: 'backup of a key, as the vault gave it' },
  'passphrase-record': { extension: 'txt', words: 'passphrase, UTF-8 without a line end' },
}

export const placeKinds = ['folder', 'network-share', 'usb', 'blob-container'] as const
export type PlaceKind = (typeof placeKinds)[number]

/** `escrowed` only after the package was read back from there as a whole and compared. */
export interface PackagePlace {
  kind: PlaceKind
  label: string
  state: 'written' | 'escrowed'
  /** When it was last read back and compared. */
  readBackAt: string | null
}

export interface EscrowPackage {
  id: PackageId
  made: { at: string; run: RunId }
  group: ShareGroupId
  recipients: readonly PackageRecipient[]
  items: readonly PackageItem[]
  storedAt: readonly PackagePlace[]
  /** SHA-256 of MANIFEST.json, hex: which package exactly this is. */
  manifestSha256: string
  /** The package that was wrapped anew from this one, for another group. */
  replacedBy: PackageId | null
}

/** The last time that a package was opened to the end, for practice or for real. */
export interface PackageDrill {
  package: PackageId
  at: string
  run: RunId
  purpose: 'drill' | 'recovery'
  /** Holders by name, or the recipient. */
  openedBy: string
  items: readonly { number: number; level: 'opened' | 'restored' }[]
}

export const packageFolderName = (id: PackageId): string => `keyturn-escrow-${id}`
