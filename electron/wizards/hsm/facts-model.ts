import type { HsmIdentity } from '../../../shared/model/hsm.ts'
import type { HandleId } from '../../../shared/model/ids.ts'
import type { TargetRef } from '../../../shared/model/target.ts'
import type { HsmTokenFacts } from '../../ports/hsm.ts'

/** What every job on a token stands on. No PIN was used for it. */
export interface TokenFacts {
  target: TargetRef
  identity: HsmIdentity
  readAt: string
  token: HsmTokenFacts
  /** What the connection keeps; null: none. */
  keptPin: HandleId | null
}
