import type { TargetRef } from '../../shared/model/target.ts'
import type { Thumbprint } from '../../shared/model/ids.ts'

/** What still needs a key. Unknown is an answer of its own: it refuses like a need does. */
export type RetireVerdict =
  | { state: 'unused'; checked: string[] }
  | { state: 'in-use'; users: string[] }
  | { state: 'unknown'; why: string }

/** Who needs an asymmetric key of a provider, as far as one server tells. */
export interface KeyUse {
  users: readonly KeyUser[]
  /** What was not told, each with its source: it refuses like a user does. */
  notRead: readonly string[]
  /** What may need it, of which no view says whether it does: a person decides, with these in sight. */
  mayNeed: readonly string[]
  checked: readonly string[]
}

export interface KeyUser {
  what: string
  /** The database that would go with it; null: not of one that is there. */
  database: string | null
}

export interface Verdicts {
  certificate(target: TargetRef, thumbprint: Thumbprint): Promise<RetireVerdict>
  /** `thumbprint`: hex, upper case; connectors before 1.0.5.0 gave shorter ones. */
  asymmetricKey(target: TargetRef, thumbprint: string): Promise<KeyUse>
  databaseMasterKey(target: TargetRef, database: string): Promise<RetireVerdict>
  /**
   * Where else keys of a token are: asks every connected vault and server once, and the list of escrow packages. Tries no
   * PIN and begins no sign-in. Never throws for a source: one that did not answer is named.
   */
  copies(): Promise<CopySearch>
}

/** A key of a token, as other places may have it too. */
export interface SoughtKey {
  /** Lower-case hex; null for a secret key. */
  spkiSha256: string | null
  checkValue: string | null
  /** CKA_ID in hex, and the serial number of its token. */
  id: string
  serial: string
}

export interface CopySearch {
  of(key: SoughtKey): KeyCopies
  asked: readonly string[]
  /** Each with the reason: what is there is not known. */
  notAsked: readonly string[]
}

export interface KeyCopies {
  /** Key versions of vaults with the same public key: they are keys of their own and go on without the token. */
  vaults: readonly { host: string; kid: string; enabled: boolean }[]
  /** Keys of SQL Servers that lead to one of these versions, by the registry of the connector. */
  servers: readonly { server: string; key: string; kid: string }[]
  /** Items of escrow packages with the same public key; of a secret key, by token, id and check value. */
  packages: readonly PackageCopy[]
}

export interface PackageCopy {
  id: string
  item: number
  group: string
  /** Places from which it was read back whole; none: it is not escrowed. */
  escrowedAt: readonly string[]
  /** When a drill or a recovery last opened this item; null: none has. */
  openedAt: string | null
  replacedBy: string | null
}

/** A package that was read back from where it is kept, and whose item a drill opened: everything else is hope. */
export const isProven = ({ escrowedAt, openedAt }: PackageCopy): boolean =>
  escrowedAt.length > 0 && openedAt !== null

/** No copy elsewhere that is known to be one: destroying it loses what only this key opens. */
export const isLastKnown = ({ vaults, packages }: Pick<KeyCopies, 'vaults' | 'packages'>): boolean =>
  vaults.length === 0 && !packages.some(isProven)

/** The verdict on a key, with databases left out that are dropped before it. Pure. */
export const verdictOn = (
  { users, notRead, checked }: KeyUse,
  dropped: readonly string[] = [],
): RetireVerdict => {
  const left = users.filter(({ database }) => database === null || !dropped.includes(database))
  if (left.length > 0) return { state: 'in-use', users: left.map(({ what }) => what) }
  return notRead.length > 0
    ? { state: 'unknown', why: notRead.join('; ') }
    : { state: 'unused', checked: [...checked] }
}
