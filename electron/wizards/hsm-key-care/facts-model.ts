import type { OpenHsmKey } from '../../../shared/model/hsm.ts'
import type { TokenKeyFact, TokenReading, TokenReadings } from '../../ports/token-readings.ts'
import type { KeyCopies } from '../../ports/verdicts.ts'
import type { SecretFacts } from '../sqlserver/facts-model.ts'
import type { TokenFacts } from '../hsm/facts-model.ts'

/** What the job needs of the profile that it runs in. */
export interface CareMeans {
  readings: Pick<TokenReadings, 'last'>
  /** Keys that a run left so that they can be wrapped. */
  openKeys(): readonly OpenHsmKey[]
}

/** What the job stands on. Planning tries no PIN: private halves are those of the last reading with it. */
export interface Facts extends TokenFacts {
  /** Null: the keys were not read with the PIN since Keyturn started. */
  reading: TokenReading | null
  /** Public halves that the token shows now to everybody. */
  shown: readonly { id: string; label: string; spkiSha256: string | null }[]
  /** The chosen key, of the reading; null: none is chosen, or it is not in it. */
  key: TokenKeyFact | null
  /** Other keys of the reading with the same public key or check value: the same key under another id. */
  twins: readonly TokenKeyFact[]
  /** Null: no key is chosen. */
  copies: (KeyCopies & { asked: readonly string[]; notAsked: readonly string[]; at: string }) | null
  /** The run that is not finished and made the key; null: none. */
  madeBy: OpenHsmKey | null
  secrets: SecretFacts
}
