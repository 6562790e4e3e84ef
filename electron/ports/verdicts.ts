import type { TargetRef } from '../../shared/model/target.ts'
import type { Thumbprint } from '../../shared/model/ids.ts'

/** What still needs a key. Unknown is an answer of its own: it refuses like a need does. */
export type RetireVerdict =
  | { state: 'unused'; checked: string[] }
  | { state: 'in-use'; users: string[] }
  | { state: 'unknown'; why: string }

export interface Verdicts {
  certificate(target: TargetRef, thumbprint: Thumbprint): Promise<RetireVerdict>
  databaseMasterKey(target: TargetRef, database: string): Promise<RetireVerdict>
}
