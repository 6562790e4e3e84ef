import type { PinState } from './hsm.ts'
import type { RunId } from './ids.ts'

/** A key of a token as its page shows it; both halves of a pair are one. Public facts only. */
export interface TokenKeyRow {
  /** Tells rows of one token apart. */
  mark: string
  /** Connection of its token, and how that is called. */
  target: string
  token: string
  label: string
  id: string
  kind: 'key pair' | 'private half alone' | 'public half alone' | 'secret key'
  algorithm: string
  /** SHA-256 of the public key, or the check value of a secret key, as `KCV …`; empty: the token gives neither. */
  print: string
  /** Short: yes, no longer, never, not said, not read. */
  leaves: 'yes' | 'no longer' | 'never' | 'not said' | 'public'
  attributes: readonly { label: string; value: string }[]
  /** What has to be looked at: an id twice, a half that is missing. */
  notices: readonly string[]
  /** A run left it so that it can be wrapped; `decided`: nobody will go on with that run. */
  open: { run: RunId; decided: boolean } | null
  /** Why its label can't be changed here and it can't be destroyed here; null: both can. */
  refusal: string | null
  /** Null: not compared since it was read. */
  copies: TokenKeyCopies | null
  readAt: string
}

export interface TokenKeyCopies {
  vaults: readonly { host: string; kid: string; enabled: boolean }[]
  servers: readonly { server: string; key: string; kid: string }[]
  packages: readonly {
    id: string
    item: number
    group: string
    escrowedAt: readonly string[]
    openedAt: string | null
    replacedBy: string | null
  }[]
}

/** What is said of all keys of a token together. */
export interface TokenKeysHead {
  /** Which token answered; null: it was not read since Keyturn started. */
  by: string | null
  /** A run that changed keys of the token since it was read, or may have. */
  changedBy: RunId | null
  compared: { at: string; asked: readonly string[]; notAsked: readonly string[] } | null
}

/** What the token says before any PIN is tried. */
export interface TokenLook {
  pin: PinState
  pinPad: boolean
  pinKept: boolean
}

/** Short words for a column. */
export const copiesWords = (copies: TokenKeyCopies | null): string => {
  if (copies === null) return 'not compared'
  const { vaults, servers, packages } = copies
  const parts = [
    ...(vaults.length > 0 ? [`${vaults.length} in vaults`] : []),
    ...(servers.length > 0 ? [`${servers.length} on servers`] : []),
    ...(packages.length > 0 ? [`${packages.length} in packages`] : []),
  ]
  return parts.length === 0 ? 'none found' : parts.join(', ')
}

/** One line for each copy. */
export const copyLines = ({ vaults, servers, packages }: TokenKeyCopies): string[] => [
  ...vaults.map(({ kid, enabled }) => `Vault key ${kid}${enabled ? '' : ' (disabled)'}`),
  ...servers.map(({ server, key, kid }) => `SQL Server ${server}, key ${key}, by way of ${kid}`),
  ...packages.map(
    ({ id, item, group, escrowedAt, openedAt, replacedBy }) =>
      `Package ${id}, item ${item}, group ${group}: ${
        escrowedAt.length === 0 ? 'written, never read back' : `escrowed at ${escrowedAt.join(', ')}`
      }; ${openedAt === null ? 'never opened in a drill' : `opened in a drill on ${openedAt.slice(0, 10)} (UTC)`}${
        replacedBy === null ? '' : `; replaced by ${replacedBy}`
      }`,
  ),
]
