import { KeyturnError } from '../../shared/errors/problem.ts'
import { asHandleId, asRunId, type HandleId, type RunId, type TargetId } from '../../shared/model/ids.ts'
import type { Clock } from '../ports/clock.ts'
import type {
  Binding,
  HandleInfo,
  Keyring,
  KeyringStatus,
  RecoverySheet,
  SealRequest,
} from '../ports/keyring.ts'
import { newIdText, systemRandom, type RandomSource } from '../platform/random.ts'
import type { SecretBytes } from '../platform/secret-bytes.ts'
import { BackOff } from './back-off.ts'
import { listMac, runData, setData } from './boxes.ts'
import {
  assertBinding,
  assertLabel,
  assertSecretSize,
  findRun,
  findSet,
  infoOf,
  withRun,
  withSet,
} from './content.ts'
import { KeyringDisk } from './disk.ts'
import { damaged, renderFile, type KeyringContent, type StoredSet } from './file.ts'
import { productionPolicy, type KdfPolicy } from './kdf.ts'
import { recoverySheetOf } from './recovery-sheet.ts'
import { createVault, openVault, type Vault } from './vault.ts'
import { WriterQueue } from './writer-queue.ts'

export interface KeyringOptions {
  /** Path of `keyring.json`; its folder is there. */
  path: string
  clock: Clock
  random?: RandomSource
  /** Only tests pass one. */
  policy?: KdfPolicy
}

/**
 * The keyring in one file. An older copy of the whole file that is put in its place can't be told from the present one
 * by the file alone.
 */
export const createKeyring = (options: KeyringOptions): Keyring => new FileKeyring(options)

class FileKeyring implements Keyring {
  readonly #clock: Clock
  readonly #random: RandomSource
  readonly #policy: KdfPolicy
  readonly #disk: KeyringDisk
  readonly #backOff: BackOff
  readonly #queue = new WriterQueue()
  readonly #listeners = new Set<() => void>()
  readonly #opened = new Set<SecretBytes>()
  readonly #openedForRuns = new Set<SecretBytes>()
  #vault: Vault | null = null
  #locks = 0

  constructor({ path, clock, random = systemRandom, policy = productionPolicy }: KeyringOptions) {
    this.#clock = clock
    this.#random = random
    this.#policy = policy
    this.#disk = new KeyringDisk(path, policy)
    this.#backOff = new BackOff(clock)
  }

  status(): KeyringStatus {
    const waitSeconds = this.#backOff.waitSeconds
    if (this.#vault === null && !this.#disk.exists) return { state: 'absent', waitSeconds }
    const header = (this.#vault?.content ?? this.#disk.peek())?.header
    const state = this.#vault === null ? 'locked' : 'unlocked'
    if (header === undefined) return { state, waitSeconds }
    const { name, N, r, p, measuredMs } = header.kdf
    return { state, kdf: { name, N, r, p, measuredMs }, waitSeconds }
  }

  async create(passphrase: SecretBytes): Promise<void> {
    const own = passphrase.copy()
    return this.#entering(own, async () => {
      if (this.#disk.exists) throw new KeyturnError('keyring-exists')
      const vault = await createVault(own, this.#random, this.#policy, this.#clock)
      try {
        await this.#disk.create(vault.text)
      } catch (error) {
        vault.wipe()
        throw error instanceof KeyturnError && error.code === 'local-file-exists'
          ? new KeyturnError('keyring-exists')
          : error
      }
      return vault
    })
  }

  async unlock(passphrase: SecretBytes): Promise<void> {
    const own = passphrase.copy()
    return this.#entering(own, async () => {
      const seconds = this.#backOff.waitSeconds
      if (seconds > 0) throw new KeyturnError('keyring-wait', { seconds })
      const file = await this.#disk.read()
      try {
        return await openVault(file, own)
      } catch (error) {
        if (error instanceof KeyturnError && error.code === 'keyring-wrong-passphrase') this.#backOff.wrong()
        throw error
      }
    })
  }

  lock({ keepRuns = false }: { keepRuns?: boolean } = {}): void {
    this.#locks += 1
    this.#vault?.wipe()
    this.#vault = null
    wipeAll(this.#opened)
    if (!keepRuns) wipeAll(this.#openedForRuns)
    this.#changed()
  }

  async put(
    { purpose, target, label }: Binding & { label: string },
    bytes: SecretBytes,
  ): Promise<HandleInfo> {
    const own = bytes.copy()
    return this.#editing(own, (vault) => {
      assertLabel(label)
      const id = `h-${newIdText(this.#random)}`
      const set = this.#sealedSet(vault, { id, generation: 1, purpose, target, label }, own)
      return [withSet(vault.content, set), infoOf(set)]
    })
  }

  async replace(id: HandleId, bytes: SecretBytes): Promise<HandleInfo> {
    const own = bytes.copy()
    return this.#editing(own, (vault) => {
      const old = findSet(vault.content, id)
      const set = this.#sealedSet(vault, { ...old, generation: old.generation + 1 }, own)
      return [withSet(vault.content, set), infoOf(set)]
    })
  }

  async open(id: HandleId, binding: Binding): Promise<SecretBytes> {
    const secret = this.#unsealSet(this.#unlocked(), id, binding)
    return remember(this.#opened, secret)
  }

  list(filter: Partial<Binding> = {}): HandleInfo[] {
    return this.#unlocked()
      .content.sets.map(infoOf)
      .filter(({ purpose }) => filter.purpose === undefined || purpose === filter.purpose)
      .filter(({ target }) => filter.target === undefined || target === filter.target)
  }

  async drop(id: HandleId): Promise<void> {
    await this.#dropWhere((set) => set.id === id)
  }

  dropForTarget(target: TargetId): Promise<number> {
    return this.#dropWhere((set) => set.target === target)
  }

  sealRun(run: RunId, secrets: readonly SealRequest[]): Promise<void> {
    const wanted = [...secrets]
    return this.#editing(null, (vault) => {
      const { keyring } = vault.content.header
      const sealed = wanted.map(({ name, id, binding }) => {
        using secret = this.#unsealSet(vault, id, binding)
        const { purpose, target } = binding
        const associated = runData(keyring, run, name, binding)
        return {
          name,
          purpose,
          target,
          ...secret.use((bytes) => vault.seal(bytes, associated, this.#random)),
        }
      })
      if (new Set(sealed.map((one) => one.name)).size !== sealed.length) throw new KeyturnError('internal')
      return [
        withRun(vault.content, { run, sealedAt: this.#clock.now().toISOString(), secrets: sealed }),
        undefined,
      ]
    })
  }

  async openRun(run: RunId): Promise<Map<string, SecretBytes>> {
    const vault = this.#unlocked()
    const { keyring } = vault.content.header
    const opened = new Map<string, SecretBytes>()
    for (const one of findRun(vault.content, run).secrets) {
      const associated = runData(keyring, run, one.name, bindingOf(one))
      const secret = vault.unseal(one, associated, `a secret of run ${run}`)
      opened.set(one.name, remember(this.#openedForRuns, secret))
    }
    return opened
  }

  async eraseRun(run: RunId): Promise<void> {
    await this.#editing(null, ({ content }) => {
      const runs = content.runs.filter((one) => one.run !== run)
      return [runs.length === content.runs.length ? null : { ...content, runs }, undefined]
    })
  }

  sealedRuns(): RunId[] {
    return this.#unlocked().content.runs.map((one) => asRunId(one.run))
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  recoverySheet(): RecoverySheet {
    const content = this.#vault?.content ?? this.#disk.peek()
    if (content === null) throw this.#disk.exists ? damaged('its head') : new KeyturnError('keyring-absent')
    return recoverySheetOf(this.#disk.path, content.header, this.#clock.now())
  }

  #unlocked(): Vault {
    if (this.#vault !== null) return this.#vault
    throw new KeyturnError(this.#disk.exists ? 'keyring-locked' : 'keyring-absent')
  }

  /** A lock that comes while the passphrase is being tried wins. */
  #entering(passphrase: SecretBytes, work: () => Promise<Vault>): Promise<void> {
    const locks = this.#locks
    return this.#queue
      .add(async () => {
        const vault = await work()
        if (locks !== this.#locks) {
          vault.wipe()
          throw new KeyturnError('keyring-locked')
        }
        this.#vault?.wipe()
        this.#vault = vault
        this.#backOff.right()
      })
      .finally(() => passphrase.wipe())
      .then(() => this.#changed())
  }

  /** Durable first, in memory second. A null content means that nothing is to be written. */
  #editing<Result>(
    secret: SecretBytes | null,
    edit: (vault: Vault) => readonly [KeyringContent | null, Result],
  ): Promise<Result> {
    return this.#queue
      .add(async () => {
        const vault = this.#unlocked()
        const [edited, result] = edit(vault)
        if (edited === null) return result
        const content = { ...edited, revision: edited.revision + 1 }
        await this.#disk.replace(renderFile(content, listMac(vault.listKey, content)))
        vault.content = content
        this.#changed()
        return result
      })
      .finally(() => secret?.wipe())
  }

  #dropWhere(unwanted: (set: StoredSet) => boolean): Promise<number> {
    return this.#editing(null, ({ content }) => {
      const sets = content.sets.filter((set) => !unwanted(set))
      const dropped = content.sets.length - sets.length
      return [dropped === 0 ? null : { ...content, sets }, dropped]
    })
  }

  #sealedSet(
    vault: Vault,
    set: Omit<StoredSet, 'keptAt' | 'iv' | 'data' | 'tag'>,
    secret: SecretBytes,
  ): StoredSet {
    assertSecretSize(secret.length)
    const { id, generation, purpose, target, label } = set
    const associated = setData(vault.content.header.keyring, { ...bindingOf(set), id, generation })
    const box = secret.use((bytes) => vault.seal(bytes, associated, this.#random))
    return { id, generation, purpose, target, label, keptAt: this.#clock.now().toISOString(), ...box }
  }

  #unsealSet(vault: Vault, id: HandleId, binding: Binding): SecretBytes {
    const set = findSet(vault.content, asHandleId(id))
    assertBinding(set, binding)
    const { generation } = set
    return vault.unseal(
      set,
      setData(vault.content.header.keyring, { ...binding, id, generation }),
      `the secret ${id}`,
    )
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener()
  }
}

const bindingOf = ({ purpose, target }: Pick<StoredSet, 'purpose' | 'target'>): Binding => ({
  purpose,
  target: target as TargetId | null,
})

const remember = (held: Set<SecretBytes>, secret: SecretBytes): SecretBytes => {
  for (const one of held) if (one.wiped) held.delete(one)
  held.add(secret)
  return secret
}

const wipeAll = (held: Set<SecretBytes>): void => {
  for (const one of held) one.wipe()
  held.clear()
}
