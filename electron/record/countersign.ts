import { KeyturnError, problemOf } from '../../shared/errors/problem.ts'
import { SecretBytes } from '../platform/secret-bytes.ts'
import type { Keyring } from '../ports/keyring.ts'
import type { Record } from './record.ts'
import {
  countersignedBytes,
  newSigningKey,
  readSigningKey,
  signBytes,
  type SigningKey,
} from './signing/signature.ts'

const binding = { purpose: 'record.countersign', target: null } as const

/**
 * Countersigns the record with a key that only an open keyring gives. A keyring that has none gets one. Where the record
 * knew another (an older keyring, or one made anew), or none although the keyring has one (the record was made anew), an
 * entry says so. Throws what the keyring throws.
 */
export const countersign = async (record: Record, keyring: Keyring): Promise<void> => {
  const before = record.latest('countersigner-began')?.body.fingerprint ?? null
  const kept = await keptKey(keyring, before)
  const key = kept ?? (await madeKey(keyring))
  const { publicKey, fingerprint, privateKey } = key
  if (fingerprint !== before) {
    const because = before !== null ? 'not-in-keyring' : kept === null ? 'first' : 'not-in-record'
    record.append({
      kind: 'countersigner-began',
      outcome: 'done',
      body: { publicKey, fingerprint, because, before },
    })
  }
  const since = (record.latest('countersigned')?.body.count ?? 0) + 1
  record.commit({
    entries: ({ count, head }) => {
      const signature = signBytes(privateKey, countersignedBytes(fingerprint, count, head))
      const body = { count, head, since, fingerprint, signature }
      return [{ kind: 'countersigned', outcome: 'done', body }]
    },
  })
}

/**
 * The key of the open keyring that countersigns, for files that leave the profile in its name: it stays the same for
 * years, while keys of the record change by the hour. Throws `record-unavailable` where the record names none yet (the
 * first unlock makes it), and what the keyring throws.
 */
export const countersigningKey = async (record: Record, keyring: Keyring): Promise<SigningKey> => {
  const wanted = record.latest('countersigner-began')?.body.fingerprint ?? null
  const key = wanted === null ? null : await keptKey(keyring, wanted)
  if (key?.fingerprint !== wanted || key === null) throw new KeyturnError('record-unavailable')
  return key
}

/** The key that the record names, if the keyring has it, else the newest that it has. */
const keptKey = async (keyring: Keyring, wanted: string | null): Promise<SigningKey | null> => {
  const kept = keyring.list({ purpose: binding.purpose }).toSorted((a, b) => b.keptAt.localeCompare(a.keptAt))
  const keys: SigningKey[] = []
  for (const { id } of kept) {
    using secret = await keyring.open(id, binding)
    const key = secret.use(readSigningKey)
    if (key !== null) keys.push(key)
  }
  return keys.find(({ fingerprint }) => fingerprint === wanted) ?? keys[0] ?? null
}

const madeKey = async (keyring: Keyring): Promise<SigningKey> => {
  const key = newSigningKey()
  using secret = SecretBytes.take(key.privateKey.export({ format: 'der', type: 'pkcs8' }))
  await keyring.put({ ...binding, label: 'Countersigning key of the record' }, secret)
  return key
}

/** What the record does by itself when the keyring opens and closes. */
export interface KeyringWatch {
  /** Resolves when no countersignature is under way. */
  settled(): Promise<void>
  stop(): void
}

/**
 * At each unlock the record is countersigned; at each lock its epoch ends, so that who comes to the machine while it is
 * locked finds no key that could re-sign what was done before. Neither keeps the keyring from opening or closing.
 */
export const followKeyring = (record: Record, keyring: Keyring): KeyringWatch => {
  const isOpen = (): boolean => keyring.status().state === 'unlocked'
  let open = isOpen()
  let work: Promise<void> = Promise.resolve()
  const stop = keyring.onChange(() => {
    const before = open
    open = isOpen()
    if (open && !before) work = work.then(() => tryToCountersign(record, keyring))
    if (!open && before) record.endEpoch('lock')
  })
  return { settled: () => work, stop }
}

const tryToCountersign = async (record: Record, keyring: Keyring): Promise<void> => {
  try {
    await countersign(record, keyring)
  } catch (thrown) {
    // Locked again in the middle: the next unlock covers this time too.
    if (keyring.status().state === 'unlocked') sayFailed(record, thrown)
  }
}

/** Where not even that can be written, the next write of the record says it. */
const sayFailed = (record: Record, thrown: unknown): void => {
  try {
    record.append({ kind: 'countersign-failed', outcome: 'failed', body: { problem: problemOf(thrown) } })
  } catch {
    return
  }
}
