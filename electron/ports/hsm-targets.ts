import type { HsmIdentity, KeptProbe } from '../../shared/model/hsm.ts'
import type { HandleId, TargetId } from '../../shared/model/ids.ts'
import type { TargetRef } from '../../shared/model/target.ts'
import type { SecretBytes } from '../platform/secret-bytes.ts'
import type { HsmCallOptions, HsmLogInOptions, HsmProbe, HsmToken, HsmTokenFacts } from './hsm.ts'

/**
 * Tokens of the person's connections. Errors of `Hsms` come through; `not-found` where the connection is not there.
 */
export interface HsmTargets {
  /**
   * A process and a session of its own, nobody logged in; the caller closes it. The module's file is compared with the
   * pinned one, the token with the one that was opened before (`hsm-identity-changed`); the first opening remembers it.
   */
  open(target: TargetRef, options?: HsmCallOptions): Promise<OpenHsm>
  /** What the connection keeps; null: none, so it is asked for. */
  keptPin(target: TargetId): HandleId | null
}

/** Which kept secret a PIN is: a token that refused it is not asked about the same one again. */
export interface PinSource {
  handle: HandleId
  generation: number
}

export interface OpenHsm {
  /** As the connection is called now. */
  readonly ref: TargetRef
  readonly token: HsmToken
  readonly identity: HsmIdentity
  readonly moduleSha256: string
  /** As read at the opening. */
  readonly facts: HsmTokenFacts
  /** What a probe of this module and firmware saw; null: there was none. */
  readonly probe: KeptProbe | null
  /**
   * One attempt, never repeated, not by another run either: `hsm-pin-refused-before` until another PIN is kept. That holds
   * for an attempt whose end is not known as well. Otherwise as `HsmToken.logIn`.
   */
  logIn(pin: SecretBytes, of: PinSource, options?: HsmLogInOptions): Promise<void>
  /** Probes and keeps the verdict for this module and firmware. Needs the PIN. */
  keepProbe(options?: HsmCallOptions): Promise<HsmProbe>
  close(): Promise<void>
}
