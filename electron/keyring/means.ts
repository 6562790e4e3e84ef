import type { Clock } from '../ports/clock.ts'
import type { OsStore } from '../ports/os-store.ts'
import type { RandomSource } from '../platform/random.ts'
import type { KdfPolicy } from './kdf.ts'

/** What every act on a keyring works with. */
export interface Means {
  clock: Clock
  random: RandomSource
  policy: KdfPolicy
  /** Null where this Keyturn has none. */
  store: OsStore | null
}
