import type { TargetId } from '../../shared/model/ids.ts'
import type { TargetRef } from '../../shared/model/target.ts'
import type { HsmKey } from './hsm.ts'

/** One object of a token, without what is good for one session only. */
export type TokenHalf = Omit<HsmKey, 'handle' | 'spki'>

/** A key as people mean it: a pair is one, whichever of its halves are there. */
export interface TokenKeyFact {
  /** Tells it apart from the others of this reading; the next reading of the same key gives the same. */
  mark: string
  /** Hex digits of CKA_ID; empty: none. */
  id: string
  /** Of the private half or the secret key, else of the public half. */
  label: string
  type: HsmKey['type']
  bits: number | null
  curve: HsmKey['curve']
  spkiSha256: string | null
  checkValue: string | null
  /** Private, public, secret; more than one of a class where the token has it twice. */
  halves: readonly TokenHalf[]
  /** How many other keys carry the same id, and the same label. An empty one is no sameness. */
  sameId: number
  sameLabel: number
}

/** What a token showed at one moment. */
export interface TokenReading {
  target: TargetRef
  serial: string
  /** `SoftHSM project SoftHSM v2, firmware 2.6` */
  product: string
  /** ISO 8601. */
  at: string
  /** True: somebody was logged in. False: only public halves were shown. */
  seesAll: boolean
  keys: readonly TokenKeyFact[]
}

/** Readings of tokens, kept in memory. Errors of `HsmTargets` come through. */
export interface TokenReadings {
  /** The last one for which somebody was logged in; null: none since Keyturn started. */
  last(target: TargetId): TokenReading | null
  /** Public halves; tries no PIN. */
  shown(target: TargetRef): Promise<TokenReading>
  /**
   * All of it, and keeps it: one attempt with the kept PIN, after its state was looked at. `hsm-no-pin`, and what
   * `OpenHsm.logIn` refuses; the last try before a lock is never used for this.
   */
  whole(target: TargetRef): Promise<TokenReading>
  /** As `whole`, where nothing at all speaks against the kept PIN, else as `shown`. */
  careful(target: TargetRef): Promise<TokenReading>
  forget(target: TargetId): void
}

/**
 * Why neither its label is changed nor itself destroyed here; null: both can be. Steps find a key by its id, so that one
 * has to be its own.
 */
export const careRefusal = (key: TokenKeyFact): string | null => {
  const twice = (['private', 'public', 'secret'] as const).some(
    (name) => key.halves.filter((half) => half.class === name).length > 1,
  )
  if (key.id === '')
    return 'It has no id, and nothing else finds it again. Give it one with the vendor’s tool'
  if (!/^([0-9a-f]{2}){1,32}$/.test(key.id)) return 'Its id is longer than 32 bytes. Use the vendor’s tool'
  if (key.sameId > 0 || twice)
    return 'More than one key of the token has this id, and they could be mistaken for each other. Give the others another id with the vendor’s tool'
  return null
}
