import type { Problem } from '../../shared/errors/problem.ts'
import type { HandleId, RunId, TargetId } from '../../shared/model/ids.ts'
import type { KeyringUpkeep } from '../../shared/model/keyring.ts'
import type { SecretPurpose } from '../../shared/model/secrets.ts'
import type { SecretBytes } from '../platform/secret-bytes.ts'
import type { OsStoreAvailability } from './os-store.ts'

/** What a secret may be used for and with which system; null: with none in particular. Part of the associated data. */
export interface Binding {
  purpose: SecretPurpose
  target: TargetId | null
}

export type { KeyringUpkeep } from '../../shared/model/keyring.ts'

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
  /** Name of the operating system's store that seals the master key once more; absent: none does. */
  outerWrap?: string
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
   * 300 s; it counts on after a restart), `keyring-absent`, `keyring-damaged`, `keyring-foreign`, `keyring-parameters`,
   * `keyring-os-store-absent`, `keyring-os-store-refused`. Repeating it is harmless. Gives the key derivation a keyring
   * that costs too little to guess; where that can't be written, the keyring is unlocked all the same.
   */
  unlock(passphrase: SecretBytes): Promise<UnlockOutcome>
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
  /** A sheet with what `recoverySheet` says now was printed, saved or shown. */
  sheetMade(): Promise<void>
  /** What is due about a keyring that is there; null: absent, or its file can't be read. */
  upkeep(): KeyringUpkeep | null
  /**
   * A new master key under the new passphrase; every set and every sealed run is encrypted anew. One replacement of one
   * file: after a crash exactly one of the two passphrases opens it. Handles and generations stay valid; what is open
   * stays open. Afterwards nothing of this keyring in its folder opens with the old passphrase; backups elsewhere do.
   * `keyring-wrong-passphrase`, `keyring-wait`, `passphrase-refused`, `passphrase-same`.
   */
  changePassphrase(present: SecretBytes, next: SecretBytes): Promise<PassphraseChange>
  /**
   * Writes the keyring as a new file into `folder`, reads it from there and opens every secret in it; only then it is
   * made. A file that does not open is removed. `keyring-wrong-passphrase`, `keyring-wait`,
   * `keyring-backup-not-opened`, and errors of local files.
   */
  backUp(folder: string, passphrase: SecretBytes): Promise<BackupMade>
  /** Keyring files in `folder`, newest first; nothing is decrypted. `local-file-not-read`. */
  backupsIn(folder: string): Promise<FoundBackup[]>
  /**
   * Opens the whole backup, keeps the present file beside under a dated name, then puts the backup's content in its
   * place and leaves it unlocked. Works while locked, absent or damaged. Errors of `unlock`, about the backup;
   * `keyring-restore-loses-run` where the backup lacks what was sealed for one of `keepRuns`.
   */
  restore(from: RestoreSource, passphrase: SecretBytes): Promise<Restored>
  osStore(): Promise<OsStoreAvailability>
  /**
   * Puts the outer wrap on or takes it off. `keyring-wrong-passphrase`, `keyring-wait`, `keyring-os-store-unusable`,
   * `keyring-os-store-absent`. Repeating it is harmless.
   */
  setOuterWrap(on: boolean, passphrase: SecretBytes): Promise<void>
}

export interface UnlockOutcome {
  /** The key derivation before and after, where it was given more work. */
  strengthened: { from: KdfFacts; to: KdfFacts } | null
}

export interface PassphraseChange {
  secrets: number
  runs: number
  /** Names of older copies in the keyring's folder that opened with the old passphrase. */
  removed: readonly string[]
}

export interface BackupMade {
  name: string
  /** ISO 8601, UTC. */
  at: string
  secrets: number
  /** Names of replaced keyrings that were kept until now. */
  removed: readonly string[]
}

/** A keyring file that was found, as it says of itself without its passphrase. */
export interface FoundBackup {
  name: string
  /** Id of the keyring; empty where `problem` says why the file is none that opens here. */
  keyring: string
  /** When it was saved; for a copy that no backup made: when the file was last changed. */
  at: string
  secrets: number
  /** True for the keyring that is here now, at whatever time. */
  sameKeyring: boolean
  /** Secrets of the present keyring that this file does not have. */
  gone: readonly HandleInfo[]
  problem: Problem | null
}

export interface RestoreSource {
  folder: string
  /** As `backupsIn` gave it. */
  name: string
  /** Runs whose sealed secrets must be in the backup. */
  keepRuns: readonly RunId[]
}

export interface Restored {
  keyring: string
  secrets: number
  gone: readonly HandleInfo[]
  /** Name of the file that holds the keyring that was there before; null: there was none. */
  keptAs: string | null
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
