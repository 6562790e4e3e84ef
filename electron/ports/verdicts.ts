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
}

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
