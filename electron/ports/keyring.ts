import type { HandleId, RunId, TargetId } from '../../shared/model/ids.ts'
import type { SecretPurpose } from '../../shared/model/secrets.ts'
import type { SecretBytes } from '../platform/secret-bytes.ts'

/** What a secret may be used for and with which system; null: with none in particular. Part of the associated data. */
export interface Binding {
  purpose: SecretPurpose
  target: TargetId | null
}

/** What may be known about a kept secret without opening it. Everything here crosses IPC. */
export interface HandleInfo extends Binding {
  id: HandleId
  /** 1 at first, one more at each `replace`. Part of a plan's digest. */
  generation: number
  /** At most 200 characters, no control characters. */
  label: string
  /** ISO 8601, UTC: when these bytes were kept. */
  keptAt: string
}

export interface KdfFacts {
  name: 'scrypt'
  N: number
  r: number
  p: number
  /** How long the derivation took when the keyring was created, in milliseconds. */
  measuredMs: number
}

export interface KeyringStatus {
  state: 'absent' | 'locked' | 'unlocked'
  kdf?: KdfFacts
  /** Seconds, rounded up, until another passphrase is accepted; 0: now. */
  waitSeconds: number
}

export interface SealRequest {
  /** The hole's name in the run's scripts. */
  name: string
  id: HandleId
  binding: Binding
}

/**
 * Keyturn's own secret store. Every method that needs the master key throws `keyring-locked` while it is locked;
 * every method that writes can throw the errors of `writeFileAtomic`, and then nothing has changed.
 */
export interface Keyring {
  status(): KeyringStatus
  /** Makes a new keyring and leaves it unlocked. `keyring-exists`, `passphrase-refused`. */
  create(passphrase: SecretBytes): Promise<void>
  /**
   * `keyring-wrong-passphrase`, `keyring-wait` (back-off: from the third wrong passphrase on 5 s, then double, at most
   * 300 s), `keyring-absent`, `keyring-damaged`, `keyring-foreign`, `keyring-parameters`. Repeating it is harmless.
   */
  unlock(passphrase: SecretBytes): Promise<void>
  /**
   * Wipes the master key and all that was opened. With `keepRuns`, what `openRun` gave stays readable until its holder
   * wipes it: for a run that the person lets go on.
   */
  lock(options?: { keepRuns?: boolean }): void
  /** Always a new handle, also for the same purpose, target and label. The caller still wipes `bytes`. */
  put(spec: Binding & { label: string }, bytes: SecretBytes): Promise<HandleInfo>
  /** Same handle, next generation. `handle-unknown`. */
  replace(id: HandleId, bytes: SecretBytes): Promise<HandleInfo>
  /** The caller wipes the result. `handle-unknown`, `handle-not-for-this` for another purpose or target. */
  open(id: HandleId, binding: Binding): Promise<SecretBytes>
  list(filter?: Partial<Binding>): HandleInfo[]
  /** Dropping what is not there changes nothing. */
  drop(id: HandleId): Promise<void>
  /** How many were dropped. Copies that are sealed for a run stay until the run's end. */
  dropForTarget(target: TargetId): Promise<number>
  /**
   * Copies secrets under the run's id, so that dropping or replacing a handle does not change the run. Sealing the
   * same run again replaces what was sealed. All or nothing. `handle-unknown`, `handle-not-for-this`.
   */
  sealRun(run: RunId, secrets: readonly SealRequest[]): Promise<void>
  /** By hole name; the caller wipes each. `run-secrets-unknown` if nothing was sealed for this run. */
  openRun(run: RunId): Promise<Map<string, SecretBytes>>
  /** Erasing what is not there changes nothing. */
  eraseRun(run: RunId): Promise<void>
  sealedRuns(): RunId[]
  /** Called after state or content changed. The result stops it. */
  onChange(listener: () => void): () => void
  recoverySheet(): RecoverySheet
}

/** What to print and put away. Holds no secret; the passphrase is never part of it. */
export interface RecoverySheet {
  title: string
  madeAt: string
  /** Label and value, in the order to print. */
  facts: readonly (readonly [string, string])[]
  paragraphs: readonly string[]
  /** Commands that open one set without Keyturn. */
  commands: readonly string[]
}
