import { KeyturnError } from '../../shared/errors/problem.ts'
import type { TargetId } from '../../shared/model/ids.ts'
import type { Clock } from '../ports/clock.ts'
import { newIdText, type RandomSource } from '../platform/random.ts'
import { SecretBytes } from '../platform/secret-bytes.ts'
import {
  headerData,
  listKey,
  listMac,
  passphraseCheck,
  sameHex,
  seal,
  setData,
  unseal,
  wrappingKey,
} from './boxes.ts'
import {
  damaged,
  renderFile,
  type Box,
  type KeyringContent,
  type KeyringFile,
  type KeyringHeader,
} from './file.ts'
import { derive, deriveCalibrated, type KdfPolicy } from './kdf.ts'
import { assertGoodPassphrase, normalizedPassphrase } from './passphrase.ts'

/** An unlocked keyring in memory: the master key, what is derived from it, and the content as it is on disk. */
export class Vault {
  content: KeyringContent
  readonly listKey: SecretBytes
  readonly #master: SecretBytes

  constructor(master: SecretBytes, content: KeyringContent) {
    this.#master = master
    this.listKey = master.use(listKey)
    this.content = content
  }

  get text(): string {
    return renderFile(this.content, listMac(this.listKey, this.content))
  }

  seal(plain: Uint8Array, associated: string, random: RandomSource): Box {
    return this.#master.use((key) => seal(key, plain, associated, random))
  }

  /** `keyring-damaged` naming `what`. */
  unseal(box: Box, associated: string, what: string): SecretBytes {
    return this.#master.use((key) => unseal(key, box, associated, what))
  }

  wipe(): void {
    this.#master.wipe()
    this.listKey.wipe()
  }
}

export const createVault = async (
  passphrase: SecretBytes,
  random: RandomSource,
  policy: KdfPolicy,
  clock: Clock,
): Promise<Vault> => {
  assertGoodPassphrase(passphrase)
  using normalized = normalizedPassphrase(passphrase)
  const salt = random(32)
  const { parameters, measuredMs, derived } = await normalized.useAsync((bytes) =>
    deriveCalibrated(bytes, salt, policy, clock),
  )
  const header: KeyringHeader = {
    keyring: newIdText(random),
    createdAt: clock.now().toISOString(),
    kdf: { name: 'scrypt', ...parameters, salt: salt.toString('hex'), measuredMs },
    check: derived.use(passphraseCheck),
  }
  const master = SecretBytes.take(random(32))
  const wrapped = derived.use((key) =>
    master.use((bytes) => seal(wrappingKey(key), bytes, headerData(header), random)),
  )
  derived.wipe()
  return new Vault(master, {
    format: 'keyturn-keyring',
    version: 1,
    header,
    wrapped,
    revision: 1,
    sets: [],
    runs: [],
  })
}

/** `keyring-wrong-passphrase`, or `keyring-damaged` naming what does not fit although the passphrase is right. */
export const openVault = async (file: KeyringFile, passphrase: SecretBytes): Promise<Vault> => {
  const { format, version, header, wrapped, revision, sets, runs } = file
  using normalized = normalizedPassphrase(passphrase)
  const salt = Buffer.from(header.kdf.salt, 'hex')
  using derived = await normalized.useAsync((bytes) => derive(bytes, salt, header.kdf))
  if (!sameHex(derived.use(passphraseCheck), header.check)) throw new KeyturnError('keyring-wrong-passphrase')
  const master = derived.use((key) =>
    unseal(wrappingKey(key), wrapped, headerData(header), 'its head was changed'),
  )
  const vault = new Vault(master, { format, version, header, wrapped, revision, sets, runs })
  if (!sameHex(listMac(vault.listKey, vault.content), file.mac)) {
    const what = changedEntry(vault)
    vault.wipe()
    throw damaged(what)
  }
  return vault
}

/** Names the entry that no longer opens as what it says it is; a removed or older entry leaves no such trace. */
const changedEntry = (vault: Vault): string => {
  const { header, sets } = vault.content
  for (const { target, ...set } of sets) {
    const associated = setData(header.keyring, { ...set, target: target as TargetId | null })
    try {
      vault.unseal(set, associated, set.id).wipe()
    } catch {
      return `the secret ${set.id} was changed or stands in for another`
    }
  }
  return 'its list of secrets was changed: an entry was added, removed, relabeled or is of an earlier time'
}
