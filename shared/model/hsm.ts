/** What the window and the profile know of tokens and their modules. Nothing here is secret. */

/** A module as a person chose it. Another file at its path is refused until the connection is changed. */
export interface HsmModulePin {
  /** Absolute. */
  path: string
  /** SHA-256 of the file, 64 lower-case hex digits. */
  sha256: string
  /** Name of the file's owner when it was chosen; null: not known on this system. */
  owner: string | null
  /** Variables that the vendor's module reads its settings from, with their absolute paths. */
  configuration: Readonly<Record<string, string>>
}

/** The serial number says which token it is; maker and model are compared because a serial number is only a text. */
export interface HsmIdentity {
  serial: string
  manufacturer: string
  model: string
}

export type KeyWrapVerdict = 'exact' | 'zero-padded' | 'pkcs7' | 'other' | 'missing'

/** What a probe saw. It holds for this module and firmware, whichever token it was seen on. */
export interface KeptProbe {
  moduleSha256: string
  manufacturer: string
  model: string
  firmware: string
  /** The mechanism that carries keys, and what it does; null: the token has none that can. */
  use: { mechanism: string; verdict: 'exact' | 'zero-padded' } | null
  /** Hashes that RSA-OAEP worked with. */
  oaep: { sha1: boolean; sha256: boolean }
  /** ISO 8601. */
  at: string
}

/** A file that a person may look at before anything is loaded. */
export interface HsmModuleChoice {
  /** Main's own; means nothing after Keyturn ended. */
  id: string
  path: string
  /** `SoftHSM`, `Thales Luna`: whose module is usually there; null: chosen by hand. */
  product: string | null
}

export interface HsmModuleShown extends HsmModuleChoice {
  realPath: string
  sha256: string
  bytes: number
  format: string
  owner: string | null
  configuration: Readonly<Record<string, string>>
}

/**
 * What the token's flags say before any attempt; how many tries `few-tries-left` are, no token says. `not-initialised`: no PIN
 * was ever set.
 */
export type PinState = 'ok' | 'few-tries-left' | 'last-try' | 'locked' | 'not-initialised'

export const pinWords: Readonly<Record<PinState, string>> = {
  ok: 'No wrong try is counted',
  'few-tries-left': 'Wrong tries were made; the token locks after some more',
  'last-try': 'One try is left before the token locks',
  locked: 'Locked: only the security officer can set a new one',
  'not-initialised': 'No PIN was ever set',
}

export interface HsmTokenShown {
  /** Control characters removed; may be that of another token too. */
  label: string
  /** What tells tokens apart. Empty: the token says none and can't be opened. */
  serial: string
  manufacturer: string
  model: string
  hardware: string
  firmware: string
  /** False: an empty token, or a slot for one. */
  initialised: boolean
  pin: PinState
  /** The same for the security officer's PIN. */
  officerPin: PinState
  /** The PIN is typed at the device itself; Keyturn can't log in to such a token (`hsm-pin-pad`). */
  pinPad: boolean
  writeProtected: boolean
}

export interface HsmModuleLoaded {
  manufacturer: string
  description: string
  cryptoki: string
  version: string
  slots: readonly { description: string; token: HsmTokenShown | null }[]
}

export interface HsmTokenReport {
  token: HsmTokenShown
  mechanisms: readonly string[]
  abilities: readonly {
    verdict: 'yes' | 'no' | 'to-be-proven'
    words: string
    mechanisms: readonly string[]
  }[]
}

const verdictWords: Readonly<Record<'exact' | 'zero-padded', string>> = {
  exact: 'its key wrap is that of RFC 5649',
  'zero-padded':
    'its key wrap fills keys up with zero bytes first, against RFC 5649: what it wraps is for tests only',
}

export const probeWords = ({ use, oaep }: Pick<KeptProbe, 'use' | 'oaep'>): string => {
  const hashes = [...(oaep.sha1 ? ['SHA-1'] : []), ...(oaep.sha256 ? ['SHA-256'] : [])]
  const wrap =
    use === null
      ? 'it has no key wrap that can carry a key'
      : `${verdictWords[use.verdict]} (${use.mechanism})`
  return `${wrap}; RSA-OAEP ${hashes.length === 0 ? 'did not work' : `works with ${hashes.join(' and ')}`}`
}

/** A key of a token that can still be wrapped, because the run that made it did not come to its end. */
export interface OpenHsmKey {
  run: string
  label: string
  token: string
  /** True: nobody will go on with the run. */
  decided: boolean
}
