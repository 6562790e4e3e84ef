import type { HsmTokenFacts } from './hsm.ts'

/** What a token can do, as it says and as the probe found. */

export interface HsmMechanism {
  number: number
  /** `CKM_…`, or `0x…` where it has no name that we know. */
  name: string
  /** Sizes as the token says them (mostly bits, bytes for some symmetric mechanisms); null: not said. */
  smallest: number | null
  largest: number | null
}

export type HsmAbility =
  | 'rsa-2048'
  | 'rsa-3072'
  | 'aes-256'
  | 'ec-p256'
  | 'wrap-oaep-sha1'
  | 'wrap-oaep-sha256'
  | 'wrap-kwp'
  | 'sign-rsa-sha256'
  | 'sign-rsa-pss-sha256'
  | 'sign-ecdsa'

export interface HsmCapability {
  ability: HsmAbility
  /** `to-be-proven`: the mechanism is listed, and only the probe shows what it does. */
  verdict: 'yes' | 'no' | 'to-be-proven'
  /** One line for people. */
  words: string
  /** Names of the mechanisms that it rests on, or would. */
  mechanisms: readonly string[]
}

export interface HsmCapabilities {
  token: HsmTokenFacts
  mechanisms: readonly HsmMechanism[]
  abilities: readonly HsmCapability[]
}

/** 0x210B and 0x210A. Which of them is RFC 5649, the probe says. */
export type HsmKeyWrapMechanism = 'CKM_AES_KEY_WRAP_KWP' | 'CKM_AES_KEY_WRAP_PAD'

/**
 * `exact`: RFC 5649. `zero-padded`: the key is filled with zero bytes first, so up to 7 follow it. `pkcs7`: PKCS #7 padding
 * under RFC 3394. `other`: none of these. `missing`: refused.
 */
export type HsmKeyWrapVerdict = 'exact' | 'zero-padded' | 'pkcs7' | 'other' | 'missing'

export interface HsmProbe {
  moduleSha256: string
  /** Manufacturer, model and firmware that it was seen with. */
  manufacturer: string
  model: string
  firmware: string
  keyWrap: Readonly<Record<HsmKeyWrapMechanism, HsmKeyWrapVerdict>>
  /** The mechanism to use, and what it does; null: the token has none that can carry a key. */
  use: { mechanism: HsmKeyWrapMechanism; verdict: 'exact' | 'zero-padded' } | null
  /** Hashes that OAEP wrapping worked with, opened again by the program itself. */
  oaep: { sha1: boolean; sha256: boolean }
  /** ISO 8601. */
  at: string
}
