/** What the window may know about the keyring as a whole. Nothing here is a secret. */

/** Why a lock came: asked for, no sign of a person, 20 hours since the passphrase, the system's own lock, or sleep. */
export const lockReasons = ['asked', 'idle', 'long', 'screen-lock', 'suspend'] as const
export type LockReason = (typeof lockReasons)[number]

export interface KeyringUpkeep {
  keyring: string
  secrets: number
  outerWrap: boolean
  /** `changes`: since the last backup that was made and reopened, or since the keyring was made where none was. */
  backup: { due: boolean; changes: number; last: { at: string; name: string; folder: string } | null }
  /** `because` is null when the last sheet still says what is. */
  sheet: { because: 'none' | 'parameters' | 'place' | 'outer-wrap' | null; madeAt: string | null }
  /** Names of keyrings that a restore replaced and that are still beside this one. */
  replaced: readonly string[]
}

/** Minutes without a sign of a person until Keyturn locks. */
export const autoLockLimits = { least: 2, most: 240, usual: 15 } as const

/** Shown for this long before a lock that nobody asked for. */
export const lockWarningSeconds = 60
