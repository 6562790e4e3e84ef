import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { OsStore } from '../../../electron/ports/os-store.ts'

/** As an account's key store: it really encrypts, and can lose its key. */
export const createFakeOsStore = (name = 'Fake key store') => {
  let key = randomBytes(32)
  let state: 'usable' | 'basic_text' = 'usable'
  let stale = false
  const store: OsStore = {
    availability: async () =>
      state === 'usable' ? { usable: true, name } : { usable: false, because: 'it keeps plain text' },
    seal: async (text) => {
      const iv = randomBytes(12)
      const sealing = createCipheriv('aes-256-gcm', key, iv)
      return Buffer.concat([iv, sealing.update(text, 'utf8'), sealing.final(), sealing.getAuthTag()])
    },
    unseal: async (sealed) => {
      const bytes = Buffer.from(sealed)
      const opening = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12))
      opening.setAuthTag(bytes.subarray(-16))
      try {
        const text = Buffer.concat([opening.update(bytes.subarray(12, -16)), opening.final()])
        return { text: text.toString('utf8'), stale }
      } catch {
        throw new KeyturnError('keyring-os-store-refused')
      }
    },
  }
  return {
    store,
    loseKey: () => void (key = randomBytes(32)),
    keepPlainText: () => void (state = 'basic_text'),
    askToSealAnew: (asked: boolean) => void (stale = asked),
  }
}
