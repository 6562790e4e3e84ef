import type { z } from 'zod'
import { KeyturnError } from '../../shared/errors/problem.ts'
import type { OsStore } from '../ports/os-store.ts'
import { damaged } from './file.ts'
import { keyBoxSchema, type KeyBox, type StoredKey } from './schema.ts'

/**
 * The outer wrap: the operating system seals the passphrase-wrapped master key and the passphrase check together, so
 * that a stolen file gives nothing to try passphrases against. It never stands alone: inside is what the passphrase
 * encrypts.
 */

export const hasOuterWrap = (key: StoredKey): key is Extract<StoredKey, { sealed: string }> => 'sealed' in key

/** Sealed, and opened once before anybody relies on it. `keyring-os-store-unusable`. */
export const withOuterWrap = async (inner: KeyBox, store: OsStore): Promise<StoredKey> => {
  const found = await store.availability()
  if (!found.usable) throw new KeyturnError('keyring-os-store-unusable', { because: found.because })
  const text = JSON.stringify(inner)
  const sealed = await store.seal(text)
  if ((await store.unseal(sealed)).text !== text)
    throw new KeyturnError('keyring-os-store-unusable', { because: 'it gave back something else' })
  return { store: found.name, sealed: sealed.toString('base64') }
}

/** `keyring-os-store-absent` where this Keyturn has no such store, `keyring-os-store-refused` where it can't open it. */
export const withoutOuterWrap = async (
  key: StoredKey,
  store: OsStore | null,
): Promise<{ inner: KeyBox; stale: boolean }> => {
  if (!hasOuterWrap(key)) return { inner: key, stale: false }
  if (store === null) throw new KeyturnError('keyring-os-store-absent', { store: key.store })
  const { text, stale } = await store.unseal(Buffer.from(key.sealed, 'base64'))
  return { inner: parseInner(text), stale }
}

const parseInner = (text: string): KeyBox => {
  let raw: unknown
  try {
    raw = JSON.parse(text)
  } catch (cause) {
    if (cause instanceof SyntaxError) throw damaged('what the system’s store gave back is no key')
    throw cause
  }
  const parsed: z.ZodSafeParseResult<KeyBox> = keyBoxSchema.safeParse(raw)
  if (!parsed.success) throw damaged('what the system’s store gave back is no key')
  return parsed.data
}
