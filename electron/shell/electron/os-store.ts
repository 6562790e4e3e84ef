import type { SafeStorage } from 'electron'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { OsStore, OsStoreAvailability } from '../../ports/os-store.ts'

type Store = Pick<
  SafeStorage,
  'isAsyncEncryptionAvailable' | 'encryptStringAsync' | 'decryptStringAsync' | 'getSelectedStorageBackend'
>

const names: Readonly<Partial<Record<NodeJS.Platform, string>>> = {
  win32: 'Windows DPAPI',
  darwin: 'macOS Keychain',
}

const linuxNames: Readonly<Record<string, string>> = {
  gnome_libsecret: 'Secret Service',
  kwallet: 'KWallet',
  kwallet5: 'KWallet',
  kwallet6: 'KWallet',
}

/**
 * The operating system's store by Electron. On Linux it falls back to a key that stands in the program's own text and
 * still says that it is available: only a named backend counts there. Call it after `ready`.
 */
export const createOsStore = (store: Store, platform: NodeJS.Platform): OsStore => {
  const availability = async (): Promise<OsStoreAvailability> => {
    const name = platform === 'linux' ? linuxNames[store.getSelectedStorageBackend()] : names[platform]
    if (name === undefined)
      return { usable: false, because: 'this session has no key store, only one that would keep plain text' }
    const available = await store.isAsyncEncryptionAvailable().catch(() => false)
    return available ? { usable: true, name } : { usable: false, because: `${name} does not answer` }
  }
  return {
    availability,
    seal: async (text) => {
      const found = await availability()
      if (!found.usable) throw new KeyturnError('keyring-os-store-unusable', { because: found.because })
      return store.encryptStringAsync(text).catch((cause: unknown) => {
        throw new KeyturnError('keyring-os-store-unusable', { because: `${found.name} refused` }, { cause })
      })
    },
    unseal: async (sealed) => {
      // Asked first: what the fall-back would open was never sealed by us.
      if (!(await availability()).usable) throw new KeyturnError('keyring-os-store-refused')
      try {
        const { result, shouldReEncrypt } = await store.decryptStringAsync(Buffer.from(sealed))
        return { text: result, stale: shouldReEncrypt }
      } catch (cause) {
        throw new KeyturnError('keyring-os-store-refused', {}, { cause })
      }
    },
  }
}
