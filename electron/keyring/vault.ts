import { KeyturnError } from '../../shared/errors/problem.ts'
import type { TargetId } from '../../shared/model/ids.ts'
import type { Clock } from '../ports/clock.ts'
import type { Binding } from '../ports/keyring.ts'
import type { OsStore } from '../ports/os-store.ts'
import { newIdText, type RandomSource } from '../platform/random.ts'
import { SecretBytes } from '../platform/secret-bytes.ts'
import {
  headerData,
  listKey,
  listMac,
  passphraseCheck,
  runData,
  sameHex,
  seal,
  setData,
  unseal,
  wrappingKey,
} from './boxes.ts'
import { assertBinding, findSet } from './content.ts'
import { damaged, macText, renderFile, type KeyringContent, type KeyringFile } from './file.ts'
import {
  deriveCalibrated,
  deriveTimed,
  type Calibrated,
  type KdfPolicy,
  type ScryptParameters,
} from './kdf.ts'
import { withoutOuterWrap } from './outer-wrap.ts'
import { normalizedPassphrase } from './passphrase.ts'
import type { Box, KeyBox, KeyringHeader, StoredRun, StoredSet } from './schema.ts'

/** An unlocked keyring in memory: the master key, what is derived from it, and the content as it is on disk. */
export class Vault {
  content: KeyringContent
  /** Without the outer wrap. */
  inner: KeyBox
  readonly listKey: SecretBytes
  readonly #master: SecretBytes

  constructor(master: SecretBytes, inner: KeyBox, content: KeyringContent) {
    this.#master = master
    this.listKey = master.use(listKey)
    this.inner = inner
    this.content = content
  }

  get keyring(): string {
    return this.content.header.keyring
  }

  /** The file that holds this content, under this keyring's list key. */
  render(content: KeyringContent): string {
    const covered = macText(content)
    return renderFile(content, covered, listMac(this.listKey, covered))
  }

  /** A backup: as the content is, without the outer wrap, dated. */
  renderBackup(savedAt: string): string {
    return this.render({ ...this.content, key: this.inner, savedAt })
  }

  seal(plain: Uint8Array, associated: string, random: RandomSource): Box {
    return this.#master.use((key) => seal(key, plain, associated, random))
  }

  /** `keyring-damaged` naming `what`. */
  unseal(box: Box, associated: string, what: string): SecretBytes {
    return this.#master.use((key) => unseal(key, box, associated, what))
  }

  openSet(set: StoredSet): SecretBytes {
    return this.unseal(
      set,
      setData(this.keyring, { ...bindingOf(set), ...numberOf(set) }),
      `the secret ${set.id}`,
    )
  }

  /** The set's own generation, for this purpose and target only. `handle-unknown`, `handle-not-for-this`. */
  openFor(content: Pick<KeyringContent, 'sets'>, id: string, binding: Binding): SecretBytes {
    const set = findSet(content, id)
    assertBinding(set, binding)
    return this.openSet(set)
  }

  openRunSecret(run: string, one: StoredRun['secrets'][number]): SecretBytes {
    return this.unseal(one, runData(this.keyring, run, one.name, bindingOf(one)), `a secret of run ${run}`)
  }

  /** Really opens every secret; throws `keyring-damaged` at the first that does not open. */
  openAll(): void {
    for (const set of this.content.sets.values()) this.openSet(set).wipe()
    for (const { run, secrets } of this.content.runs.values())
      for (const one of secrets) this.openRunSecret(run, one).wipe()
  }

  /** The same master key under a key that was derived anew. */
  wrapped(header: KeyringHeader, derived: SecretBytes, random: RandomSource): KeyBox {
    return this.#master.use((master) => wrap(master, header, derived, random))
  }

  wipe(): void {
    this.#master.wipe()
    this.listKey.wipe()
  }
}

export const bindingOf = ({ purpose, target }: Pick<StoredSet, 'purpose' | 'target'>): Binding => ({
  purpose,
  target: target as TargetId | null,
})
const numberOf = ({ id, generation }: StoredSet) => ({ id, generation })

export const wrap = (
  master: Uint8Array,
  header: KeyringHeader,
  derived: SecretBytes,
  random: RandomSource,
): KeyBox => {
  const check = derived.use(passphraseCheck)
  return {
    check,
    wrapped: derived.use((key) => seal(wrappingKey(key), master, headerData(header, check), random)),
  }
}

export const deriveNew = async (
  passphrase: SecretBytes,
  { random, policy, clock }: { random: RandomSource; policy: KdfPolicy; clock: Clock },
  least?: ScryptParameters,
): Promise<Calibrated & { kdf: KeyringHeader['kdf'] }> => {
  using normalized = normalizedPassphrase(passphrase)
  const salt = random(32)
  const made = await normalized.useAsync((bytes) => deriveCalibrated(bytes, salt, policy, clock, least))
  const { parameters, measuredMs } = made
  return { ...made, kdf: { name: 'scrypt', ...parameters, salt: salt.toString('hex'), measuredMs } }
}

/** The passphrase rule is the caller's to check. */
export const createVault = async (
  passphrase: SecretBytes,
  means: { random: RandomSource; policy: KdfPolicy; clock: Clock },
): Promise<Vault> => {
  const { random, clock } = means
  const { kdf, derived } = await deriveNew(passphrase, means)
  const at = clock.now().toISOString()
  const header: KeyringHeader = { keyring: newIdText(random), createdAt: at, kdf, passphraseSetAt: at }
  const master = SecretBytes.take(random(32))
  const inner = master.use((bytes) => wrap(bytes, header, derived, random))
  derived.wipe()
  return new Vault(master, inner, {
    header,
    key: inner,
    revision: 1,
    changes: 1,
    sets: new Map(),
    runs: new Map(),
  })
}

export interface Opened {
  vault: Vault
  measuredMs: number
  /** The system's store asks to seal anew. */
  stale: boolean
}

/**
 * `keyring-wrong-passphrase`, `keyring-damaged` naming what does not fit although the passphrase is right, and the
 * errors of the system's store.
 */
export const openVault = async (
  file: KeyringFile,
  passphrase: SecretBytes,
  { store, clock }: { store: OsStore | null; clock: Clock },
): Promise<Opened> => {
  const { content } = file
  const { header } = content
  const { inner, stale } = await withoutOuterWrap(content.key, store)
  const { derived, measuredMs } = await derivedFor(header, passphrase, clock)
  using held = derived
  if (!sameHex(held.use(passphraseCheck), inner.check)) throw new KeyturnError('keyring-wrong-passphrase')
  const master = held.use((key) =>
    unseal(wrappingKey(key), inner.wrapped, headerData(header, inner.check), 'its head was changed'),
  )
  const vault = new Vault(master, inner, content)
  if (!sameHex(listMac(vault.listKey, file.macText), file.mac)) {
    const what = changedEntry(vault)
    vault.wipe()
    throw damaged(what)
  }
  return { vault, measuredMs, stale }
}

/** Whether this is the passphrase of an open vault. */
export const isPassphraseOf = async (
  vault: Vault,
  passphrase: SecretBytes,
  clock: Clock,
): Promise<boolean> => {
  const { derived } = await derivedFor(vault.content.header, passphrase, clock)
  using held = derived
  return sameHex(held.use(passphraseCheck), vault.inner.check)
}

const derivedFor = async ({ kdf }: KeyringHeader, passphrase: SecretBytes, clock: Clock) => {
  using normalized = normalizedPassphrase(passphrase)
  return normalized.useAsync((bytes) => deriveTimed(bytes, Buffer.from(kdf.salt, 'hex'), kdf, clock))
}

/** Names the entry that no longer opens as what it says it is; a removed or older entry leaves no such trace. */
const changedEntry = (vault: Vault): string => {
  for (const set of vault.content.sets.values()) {
    try {
      vault.openSet(set).wipe()
    } catch {
      return `the secret ${set.id} was changed or stands in for another`
    }
  }
  return 'its list of secrets was changed: an entry was added, removed, relabeled or is of an earlier time'
}
