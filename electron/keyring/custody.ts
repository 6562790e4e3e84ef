import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { KeyturnError } from '../../shared/errors/problem.ts'
import type { RunId } from '../../shared/model/ids.ts'
import { writeNewFile } from '../platform/atomic-file.ts'
import type { SecretBytes } from '../platform/secret-bytes.ts'
import type { BackupMade, FoundBackup, PassphraseChange, Restored } from '../ports/keyring.ts'
import type { BackOff } from './back-off.ts'
import {
  backupName,
  backupPath,
  backupsIn,
  goneBetween,
  isOutdated,
  keepReplaced,
  readCopy,
  removeReplaced,
} from './copies.ts'
import { readKeyringText, type KeyringDisk } from './disk.ts'
import { parseFile, type KeyringContent } from './file.ts'
import type { Means } from './means.ts'
import { withOuterWrap } from './outer-wrap.ts'
import { assertGoodPassphrase, normalizedPassphrase } from './passphrase.ts'
import { rekeyed } from './rewrap.ts'
import type { UpkeepFile } from './upkeep-file.ts'
import { isPassphraseOf, openVault, type Vault } from './vault.ts'

/** What the keyring lends for acts on it as a whole. All of them run alone: no other write comes in between. */
export interface Seat extends Means {
  disk: KeyringDisk
  backOff: BackOff
  upkeep: UpkeepFile
  /** Before the names of files in a folder of the person's choice; says REHEARSAL in rehearsals. */
  namePrefix: string
  /** `keyring-locked` where this is not, or no longer, the open one. */
  assertOpen(vault: Vault): void
}

export const assertWait = (backOff: BackOff): void => {
  const seconds = backOff.waitSeconds
  if (seconds > 0) throw new KeyturnError('keyring-wait', { seconds })
}

/** Runs what tries a passphrase, and counts it. */
export const countingTries = async <Result>(
  backOff: BackOff,
  work: () => Promise<Result>,
): Promise<Result> => {
  assertWait(backOff)
  try {
    const result = await work()
    await backOff.right()
    return result
  } catch (error) {
    if (error instanceof KeyturnError && error.code === 'keyring-wrong-passphrase') await backOff.wrong()
    throw error
  }
}

const prove = (seat: Seat, vault: Vault, passphrase: SecretBytes): Promise<void> =>
  countingTries(seat.backOff, async () => {
    if (!(await isPassphraseOf(vault, passphrase, seat.clock)))
      throw new KeyturnError('keyring-wrong-passphrase')
    seat.assertOpen(vault)
  })

/** Gives the vault that takes the place of `vault`, written already. */
export const changePassphrase = async (
  seat: Seat,
  vault: Vault,
  { present, next }: { present: SecretBytes; next: SecretBytes },
): Promise<{ fresh: Vault; change: PassphraseChange }> => {
  const { disk, policy } = seat
  await prove(seat, vault, present)
  assertGoodPassphrase(next)
  if (isSame(present, next)) throw new KeyturnError('passphrase-same')
  const fresh = await rekeyed(vault, next, seat)
  try {
    await disk.replace(fresh.render(fresh.content))
  } catch (error) {
    fresh.wipe()
    throw error
  }
  await disk.tidy()
  // Killed before this, the next unlock does it.
  const removed = await removeOutdated(disk, fresh.content, policy)
  return { fresh, change: { secrets: fresh.content.sets.size, runs: fresh.content.runs.size, removed } }
}

/** Replaced files beside the keyring that open with an earlier passphrase of it. A file that can't be read stays. */
export const removeOutdated = (
  { path }: KeyringDisk,
  { header }: KeyringContent,
  policy: Means['policy'],
): Promise<string[]> =>
  removeReplaced(path, (name) => isOutdated(path, name, header, policy).catch(() => false)).catch(() => [])

const isSame = (one: SecretBytes, other: SecretBytes): boolean => {
  using left = normalizedPassphrase(one)
  using right = normalizedPassphrase(other)
  return left.use((bytes) => right.use((others) => bytes.equals(others)))
}

export const backUp = async (
  seat: Seat,
  vault: Vault,
  folder: string,
  passphrase: SecretBytes,
): Promise<BackupMade> => {
  const { clock, disk, upkeep, namePrefix } = seat
  await prove(seat, vault, passphrase)
  const made = clock.now()
  const at = made.toISOString()
  const name = backupName(vault.keyring, made, namePrefix)
  const text = vault.renderBackup(at)
  const path = join(folder, name)
  await writeNewFile(path, Buffer.from(text, 'utf8'))
  try {
    await assertOpens(path, text, passphrase, seat)
  } catch (cause) {
    await rm(path, { force: true }).catch(() => undefined)
    throw new KeyturnError('keyring-backup-not-opened', { file: name }, { cause })
  }
  const { changes, sets } = vault.content
  const secrets = sets.size
  await upkeep.update({ backup: { keyring: vault.keyring, changes, at, name, folder, secrets } })
  const removed = await removeReplaced(disk.path).catch(() => [])
  return { name, at, secrets, removed }
}

/** Read from where it lies now, and every secret in it opened. */
const assertOpens = async (
  path: string,
  written: string,
  passphrase: SecretBytes,
  { policy, clock }: Seat,
): Promise<void> => {
  const text = await readKeyringText(path)
  if (text !== written)
    throw new KeyturnError('keyring-damaged', { what: 'it reads otherwise than it was written' })
  const { vault } = await openVault(parseFile(text, policy), passphrase, { store: null, clock })
  try {
    vault.openAll()
  } finally {
    vault.wipe()
  }
}

export const findBackups = (
  { policy }: Seat,
  folder: string,
  present: KeyringContent | null,
): Promise<FoundBackup[]> => backupsIn(folder, policy, present)

/** Gives the vault that takes the present one's place, written already. */
export const restore = async (
  seat: Seat,
  present: KeyringContent | null,
  from: { folder: string; name: string; keepRuns: readonly RunId[] },
  passphrase: SecretBytes,
): Promise<{ vault: Vault; restored: Restored }> => {
  const { disk, clock, upkeep, policy } = seat
  const { folder, name } = from
  const file = await readCopy(backupPath(folder, name), policy)
  const { vault } = await countingTries(seat.backOff, () => openVault(file, passphrase, seat))
  try {
    vault.openAll()
    const { savedAt, ...content } = vault.content
    const lost = from.keepRuns.find((run) => !content.runs.has(run))
    if (lost !== undefined) throw new KeyturnError('keyring-restore-loses-run', { run: lost })
    const counters = [content, present, { revision: 0, changes: upkeep.content.backup?.changes ?? 0 }]
    const next = (of: 'revision' | 'changes'): number =>
      Math.max(...counters.map((one) => one?.[of] ?? 0)) + 1
    vault.content = { ...content, key: vault.inner, revision: next('revision'), changes: next('changes') }
    const keptAs = disk.exists ? await keepReplaced(disk.path, clock.now()) : null
    await disk.put(vault.render(vault.content))
    const { changes, sets } = vault.content
    const at = savedAt ?? clock.now().toISOString()
    // Failing to note it leaves a backup due, which is the harmless mistake.
    await upkeep
      .update({ backup: { keyring: vault.keyring, changes, at, name, folder, secrets: sets.size } })
      .catch(() => undefined)
    const gone = goneBetween(present, vault.content)
    return { vault, restored: { keyring: vault.keyring, secrets: sets.size, gone, keptAs } }
  } catch (error) {
    vault.wipe()
    throw error
  }
}

/** The content with or without the outer wrap; null: it is so already. */
export const withOuter = async (
  seat: Seat,
  vault: Vault,
  on: boolean,
  passphrase: SecretBytes,
): Promise<KeyringContent | null> => {
  await prove(seat, vault, passphrase)
  const { content, inner } = vault
  if (on === 'sealed' in content.key) return null
  if (on && seat.store === null)
    throw new KeyturnError('keyring-os-store-unusable', { because: 'this window has no such store' })
  const key = on && seat.store !== null ? await withOuterWrap(inner, seat.store) : inner
  seat.assertOpen(vault)
  return { ...content, key, revision: content.revision + 1 }
}
