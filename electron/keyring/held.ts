import type { SecretBytes } from '../platform/secret-bytes.ts'

/** Opened secrets that a lock has to wipe. */
export class HeldSecrets {
  readonly #held = new Set<SecretBytes>()

  /** Gives the same secret back. */
  remember(secret: SecretBytes): SecretBytes {
    for (const one of this.#held) if (one.wiped) this.#held.delete(one)
    this.#held.add(secret)
    return secret
  }

  wipe(): void {
    for (const one of this.#held) one.wipe()
    this.#held.clear()
  }
}
