import { dirname, join } from 'node:path'
import { KeyturnError } from '../../shared/errors/problem.ts'
import { asRunId, type HandleId, type RunId, type TargetId } from '../../shared/model/ids.ts'
import type { Clock } from '../ports/clock.ts'
import type {
  BackupMade,
  Binding,
  FoundBackup,
  HandleInfo,
  Keyring,
  KeyringStatus,
  KeyringUpkeep,
  PassphraseChange,
  RecoverySheet,
  Restored,
  RestoreSource,
  SealRequest,
  UnlockOutcome,
} from '../ports/keyring.ts'
import type { OsStore, OsStoreAvailability } from '../ports/os-store.ts'
import { newIdText, systemRandom, type RandomSource } from '../platform/random.ts'
import type { SecretBytes } from '../platform/secret-bytes.ts'
import { BackOff } from './back-off.ts'
import { runData, setData } from './boxes.ts'
import { assertLabel, assertSecretSize, findRun, findSet, infoOf } from './content.ts'
import { replacedBeside } from './copies.ts'
import * as custody from './custody.ts'
import { KeyringDisk } from './disk.ts'
import { Edits, type Edit } from './edits.ts'
import { damaged, type KeyringContent } from './file.ts'
import { HeldSecrets } from './held.ts'
import { kdfFacts, productionPolicy, type KdfPolicy } from './kdf.ts'
import { hasOuterWrap } from './outer-wrap.ts'
import { assertGoodPassphrase } from './passphrase.ts'
import { recoverySheetOf } from './recovery-sheet.ts'
import { strengthened } from './rewrap.ts'
import type { StoredSet } from './schema.ts'
import { upkeepOf } from './upkeep.ts'
import { openUpkeep } from './upkeep-file.ts'
import { bindingOf, createVault, openVault, type Opened, type Vault } from './vault.ts'
import { WriterQueue } from './writer-queue.ts'

export interface KeyringOptions {
  /** Path of `keyring.json`; its folder is there. */
  path: string
  clock: Clock
  random?: RandomSource
  /** Only tests pass one. */
  policy?: KdfPolicy
  /** The operating system's store; null or absent where this Keyturn has none. */
  osStore?: OsStore | null
  /** Before the names of backup files: `REHEARSAL-` in rehearsals. */
  namePrefix?: string
}

/**
 * The keyring in one file. An older copy of the whole file that is put in its place can't be told from the present one
 * by the file alone.
 */
export const createKeyring = (options: KeyringOptions): Keyring => new FileKeyring(options)

class FileKeyring implements Keyring {
  readonly #clock: Clock
  readonly #random: RandomSource
  readonly #disk: KeyringDisk
  readonly #backOff: BackOff
  readonly #seat: custody.Seat
  readonly #queue = new WriterQueue()
  readonly #edits: Edits
  readonly #listeners = new Set<() => void>()
  readonly #opened = new HeldSecrets()
  readonly #openedForRuns = new HeldSecrets()
  #vault: Vault | null = null
  #locks = 0

  constructor(options: KeyringOptions) {
    const { path, clock, random = systemRandom, policy = productionPolicy } = options
    const upkeep = openUpkeep(join(dirname(path), 'keyring-upkeep.json'))
    this.#clock = clock
    this.#random = random
    this.#disk = new KeyringDisk(path, policy)
    this.#backOff = new BackOff(clock, upkeep)
    this.#seat = {
      clock,
      random,
      policy,
      store: options.osStore ?? null,
      namePrefix: options.namePrefix ?? '',
      disk: this.#disk,
      backOff: this.#backOff,
      upkeep,
      assertOpen: (vault) => {
        if (vault !== this.#vault) throw new KeyturnError('keyring-locked')
      },
    }
    this.#edits = new Edits(
      (work) => this.#queue.add(work),
      (content) => this.#write(content),
    )
  }

  status(): KeyringStatus {
    const waitSeconds = this.#backOff.waitSeconds
    if (this.#vault === null && !this.#disk.exists) return { state: 'absent', waitSeconds }
    const content = this.#present()
    const state = this.#vault === null ? 'locked' : 'unlocked'
    if (content === null) return { state, waitSeconds }
    const outerWrap = hasOuterWrap(content.key) ? { outerWrap: content.key.store } : {}
    return { state, kdf: kdfFacts(content.header.kdf), ...outerWrap, waitSeconds }
  }

  async create(passphrase: SecretBytes): Promise<void> {
    await this.#entering(passphrase.copy(), async (own) => {
      if (this.#disk.exists) throw new KeyturnError('keyring-exists')
      assertGoodPassphrase(own)
      const vault = await createVault(own, this.#seat)
      try {
        await this.#disk.create(vault.render(vault.content))
      } catch (error) {
        vault.wipe()
        throw error
      }
      return { vault, result: undefined }
    })
    await this.#backOff.right()
  }

  unlock(passphrase: SecretBytes): Promise<UnlockOutcome> {
    return this.#entering(passphrase.copy(), async (own) => {
      custody.assertWait(this.#backOff)
      const file = await this.#disk.read()
      const opened = await custody.countingTries(this.#backOff, () => openVault(file, own, this.#seat))
      const outcome = await this.#strengthen(opened, own)
      await custody.removeOutdated(this.#disk, opened.vault.content, this.#seat.policy)
      return { vault: opened.vault, result: outcome }
    })
  }

  lock({ keepRuns = false }: { keepRuns?: boolean } = {}): void {
    this.#locks += 1
    this.#vault?.wipe()
    this.#vault = null
    this.#opened.wipe()
    if (!keepRuns) this.#openedForRuns.wipe()
    this.#changed()
  }

  async put(
    { purpose, target, label }: Binding & { label: string },
    bytes: SecretBytes,
  ): Promise<HandleInfo> {
    return this.#editing(bytes.copy(), (draft, vault, own) => {
      assertLabel(label)
      const id = `h-${newIdText(this.#random)}`
      const set = this.#sealedSet(vault, { id, generation: 1, purpose, target, label }, own)
      draft.keep(set)
      return infoOf(set)
    })
  }

  async replace(id: HandleId, bytes: SecretBytes): Promise<HandleInfo> {
    return this.#editing(bytes.copy(), (draft, vault, own) => {
      const old = findSet(draft, id)
      const set = this.#sealedSet(vault, { ...old, generation: old.generation + 1 }, own)
      draft.keep(set)
      return infoOf(set)
    })
  }

  async open(id: HandleId, binding: Binding): Promise<SecretBytes> {
    const vault = this.#unlocked()
    return this.#opened.remember(vault.openFor(vault.content, id, binding))
  }

  list(filter: Partial<Binding> = {}): HandleInfo[] {
    return [...this.#unlocked().content.sets.values()]
      .map(infoOf)
      .filter(({ purpose }) => filter.purpose === undefined || purpose === filter.purpose)
      .filter(({ target }) => filter.target === undefined || target === filter.target)
  }

  async drop(id: HandleId): Promise<void> {
    await this.#editing(null, (draft) => draft.dropWhere((set) => set.id === id))
  }

  dropForTarget(target: TargetId): Promise<number> {
    return this.#editing(null, (draft) => draft.dropWhere((set) => set.target === target))
  }

  async sealRun(run: RunId, secrets: readonly SealRequest[]): Promise<void> {
    const wanted = [...secrets]
    await this.#editing(null, (draft, vault) => {
      const sealed = wanted.map(({ name, id, binding }) => {
        using secret = vault.openFor(draft, id, binding)
        const { purpose, target } = binding
        const associated = runData(vault.keyring, run, name, binding)
        return {
          name,
          purpose,
          target,
          ...secret.use((bytes) => vault.seal(bytes, associated, this.#random)),
        }
      })
      if (new Set(sealed.map((one) => one.name)).size !== sealed.length) throw new KeyturnError('internal')
      draft.sealRun({ run, sealedAt: this.#clock.now().toISOString(), secrets: sealed })
    })
  }

  async openRun(run: RunId): Promise<Map<string, SecretBytes>> {
    const vault = this.#unlocked()
    const opened = new Map<string, SecretBytes>()
    for (const one of findRun(vault.content, run).secrets)
      opened.set(one.name, this.#openedForRuns.remember(vault.openRunSecret(run, one)))
    return opened
  }

  async eraseRun(run: RunId): Promise<void> {
    await this.#editing(null, (draft) => draft.eraseRun(run))
  }

  sealedRuns(): RunId[] {
    return [...this.#unlocked().content.runs.keys()].map(asRunId)
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  recoverySheet(): RecoverySheet {
    return recoverySheetOf(this.#disk.path, this.#presentOrThrow(), this.#clock.now())
  }

  async sheetMade(): Promise<void> {
    const { header, key } = this.#presentOrThrow()
    const at = this.#clock.now().toISOString()
    const { path } = this.#disk
    const sheet = { at, salt: header.kdf.salt, path, outerWrap: hasOuterWrap(key) }
    await this.#seat.upkeep.update({ sheet })
    this.#changed()
  }

  upkeep(): KeyringUpkeep | null {
    const content = this.#present()
    const { path } = this.#disk
    return content && upkeepOf(content, this.#seat.upkeep.content, path, replacedBeside(path))
  }

  changePassphrase(present: SecretBytes, next: SecretBytes): Promise<PassphraseChange> {
    const own = { present: present.copy(), next: next.copy() }
    return this.#alone([own.present, own.next], async (vault) => {
      const { fresh, change } = await custody.changePassphrase(this.#seat, vault, own)
      // A lock that came meanwhile wins; what the file holds is changed all the same.
      if (this.#vault === vault) this.#vault = fresh
      else fresh.wipe()
      vault.wipe()
      return change
    })
  }

  backUp(folder: string, passphrase: SecretBytes): Promise<BackupMade> {
    const own = passphrase.copy()
    return this.#alone([own], (vault) => custody.backUp(this.#seat, vault, folder, own))
  }

  backupsIn(folder: string): Promise<FoundBackup[]> {
    return custody.findBackups(this.#seat, folder, this.#present())
  }

  restore(from: RestoreSource, passphrase: SecretBytes): Promise<Restored> {
    return this.#entering(passphrase.copy(), async (own) => {
      const { vault, restored } = await custody.restore(this.#seat, this.#present(), from, own)
      return { vault, result: restored }
    })
  }

  async osStore(): Promise<OsStoreAvailability> {
    const { store } = this.#seat
    return store === null
      ? { usable: false, because: 'this window has no such store; the installed Keyturn has' }
      : store.availability()
  }

  setOuterWrap(on: boolean, passphrase: SecretBytes): Promise<void> {
    const own = passphrase.copy()
    return this.#alone([own], async (vault) => {
      const content = await custody.withOuter(this.#seat, vault, on, own)
      if (content === null) return
      await this.#disk.replace(vault.render(content))
      await this.#disk.tidy()
      vault.content = content
    })
  }

  #present(): KeyringContent | null {
    return this.#vault?.content ?? this.#disk.peek()
  }

  #presentOrThrow(): KeyringContent {
    const content = this.#present()
    if (content !== null) return content
    throw this.#disk.exists ? damaged('its head') : new KeyturnError('keyring-absent')
  }

  #unlocked(): Vault {
    if (this.#vault !== null) return this.#vault
    throw new KeyturnError(this.#disk.exists ? 'keyring-locked' : 'keyring-absent')
  }

  /** A lock that comes while the passphrase is being tried wins. */
  async #entering<Result>(
    own: SecretBytes,
    work: (own: SecretBytes) => Promise<{ vault: Vault; result: Result }>,
  ): Promise<Result> {
    const locks = this.#locks
    const result = await this.#queue
      .add(async () => {
        const entered = await work(own)
        if (locks !== this.#locks) {
          entered.vault.wipe()
          throw new KeyturnError('keyring-locked')
        }
        this.#vault?.wipe()
        this.#vault = entered.vault
        return entered.result
      })
      .finally(() => own.wipe())
    this.#changed()
    return result
  }

  /** An act on the whole keyring, with no other write in between. */
  async #alone<Result>(
    secrets: readonly SecretBytes[],
    work: (vault: Vault) => Promise<Result>,
  ): Promise<Result> {
    try {
      return await this.#queue.add(() => work(this.#unlocked()))
    } finally {
      for (const secret of secrets) secret.wipe()
      this.#changed()
    }
  }

  #editing<Result, Secret extends SecretBytes | null>(
    secret: Secret,
    edit: Edit<Result, Secret>,
  ): Promise<Result> {
    return this.#edits
      .add(
        (draft) => edit(draft, this.#unlocked(), secret),
        () => this.#unlocked().content,
      )
      .finally(() => secret?.wipe())
  }

  /** Durable first, in memory second. */
  async #write(content: KeyringContent): Promise<void> {
    const vault = this.#unlocked()
    await this.#disk.replace(vault.render(content))
    vault.content = content
    this.#changed()
  }

  /** Not being able to write it is no reason to keep a person out: the next unlock tries again. */
  async #strengthen(opened: Opened, passphrase: SecretBytes): Promise<UnlockOutcome> {
    const { vault } = opened
    const from = kdfFacts(vault.content.header.kdf)
    try {
      const stronger = await strengthened(opened, passphrase, this.#seat)
      if (stronger === null) return { strengthened: null }
      await this.#disk.replace(vault.render(stronger.content))
      vault.content = stronger.content
      vault.inner = stronger.inner
    } catch (error) {
      if (!(error instanceof KeyturnError)) throw error
      return { strengthened: null }
    }
    const to = kdfFacts(vault.content.header.kdf)
    const same = from.N === to.N && from.p === to.p
    return { strengthened: same ? null : { from, to } }
  }

  #sealedSet(
    vault: Vault,
    set: Omit<StoredSet, 'keptAt' | 'iv' | 'data' | 'tag'>,
    secret: SecretBytes,
  ): StoredSet {
    assertSecretSize(secret.length)
    const { id, generation, purpose, target, label } = set
    const associated = setData(vault.keyring, { ...bindingOf(set), id, generation })
    const box = secret.use((bytes) => vault.seal(bytes, associated, this.#random))
    return { id, generation, purpose, target, label, keptAt: this.#clock.now().toISOString(), ...box }
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener()
  }
}
