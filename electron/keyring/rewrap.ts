import { SecretBytes } from '../platform/secret-bytes.ts'
import { setData, runData } from './boxes.ts'
import type { KeyringContent } from './file.ts'
import { isTooWeak } from './kdf.ts'
import type { Means } from './means.ts'
import { hasOuterWrap, withOuterWrap } from './outer-wrap.ts'
import type { Box, KeyBox, KeyringHeader, StoredKey, StoredRun, StoredSet } from './schema.ts'
import { bindingOf, deriveNew, Vault, wrap, type Opened } from './vault.ts'

/** New content for an open vault, nothing written yet. */
export interface Rewrapped {
  inner: KeyBox
  content: KeyringContent
}

/** The key as it is to be stored: with the outer wrap where there was one. */
const storedAs = (before: StoredKey, inner: KeyBox, { store }: Means): Promise<StoredKey> | StoredKey =>
  hasOuterWrap(before) && store !== null ? withOuterWrap(inner, store) : inner

/** Null: what is stored costs enough on this machine, and the system's store is content. */
export const strengthened = async (
  { vault, measuredMs, stale }: Opened,
  passphrase: SecretBytes,
  means: Means,
): Promise<Rewrapped | null> => {
  const { content } = vault
  const { header, key, revision, changes } = content
  if (!isTooWeak(header.kdf, measuredMs, means.policy)) {
    if (!stale) return null
    const resealed = await storedAs(key, vault.inner, means)
    return { inner: vault.inner, content: { ...content, key: resealed, revision: revision + 1 } }
  }
  const { kdf, derived } = await deriveNew(passphrase, means, header.kdf)
  using held = derived
  const stronger: KeyringHeader = { ...header, kdf }
  const inner = vault.wrapped(stronger, held, means.random)
  return {
    inner,
    content: {
      ...content,
      header: stronger,
      key: await storedAs(key, inner, means),
      revision: revision + 1,
      changes: changes + 1,
    },
  }
}

/** The same secrets under a new master key and a new passphrase. `keyring-damaged` where one of them does not open. */
export const rekeyed = async (vault: Vault, next: SecretBytes, means: Means): Promise<Vault> => {
  const { random, clock } = means
  const { kdf, derived } = await deriveNew(next, means, vault.content.header.kdf)
  using held = derived
  const { content } = vault
  const header: KeyringHeader = { ...content.header, kdf, passphraseSetAt: clock.now().toISOString() }
  const master = SecretBytes.take(random(32))
  const inner = master.use((bytes) => wrap(bytes, header, held, random))
  const fresh = new Vault(master, inner, {
    ...content,
    header,
    key: inner,
    revision: content.revision + 1,
    changes: content.changes + 1,
  })
  try {
    const key = await storedAs(content.key, inner, means)
    const sets = mapped(content.sets, (set) => resealedSet(vault, fresh, set, means))
    const runs = mapped(content.runs, (run) => resealedRun(vault, fresh, run, means))
    fresh.content = { ...fresh.content, key, sets, runs }
    return fresh
  } catch (error) {
    fresh.wipe()
    throw error
  }
}

const mapped = <Entry>(
  entries: ReadonlyMap<string, Entry>,
  change: (entry: Entry) => Entry,
): ReadonlyMap<string, Entry> => new Map([...entries].map(([id, entry]) => [id, change(entry)]))

const resealedSet = (from: Vault, to: Vault, set: StoredSet, means: Means): StoredSet => {
  using secret = from.openSet(set)
  const { id, generation } = set
  return { ...set, ...sealed(to, secret, setData(to.keyring, { ...bindingOf(set), id, generation }), means) }
}

const resealedRun = (from: Vault, to: Vault, run: StoredRun, means: Means): StoredRun => ({
  ...run,
  secrets: run.secrets.map((one) => {
    using secret = from.openRunSecret(run.run, one)
    return { ...one, ...sealed(to, secret, runData(to.keyring, run.run, one.name, bindingOf(one)), means) }
  }),
})

const sealed = (vault: Vault, secret: SecretBytes, associated: string, { random }: Means): Box =>
  secret.use((bytes) => vault.seal(bytes, associated, random))
