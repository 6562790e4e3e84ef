import { describe, expect, it } from 'vitest'
import { createOsStore } from '../../../electron/shell/electron/os-store.ts'
import { refusalOf } from '../keyring/support.ts'
import { FakeSafeStorage } from './fake-electron.ts'

const storeOn = (platform: NodeJS.Platform, change: (fake: FakeSafeStorage) => void = () => undefined) => {
  const fake = new FakeSafeStorage()
  change(fake)
  return { fake, store: createOsStore(fake, platform) }
}

describe('the operating system’s store by Electron', () => {
  it.each([
    ['win32', 'Windows DPAPI'],
    ['darwin', 'macOS Keychain'],
    ['linux', 'Secret Service'],
  ] as const)('on %s is %s, and gives back what it sealed', async (platform, name) => {
    const { store } = storeOn(platform)
    expect(await store.availability()).toEqual({ usable: true, name })
    const sealed = await store.seal('wrapped key')
    expect(sealed.includes('wrapped key')).toBe(false)
    expect(await store.unseal(sealed)).toEqual({ text: 'wrapped key', stale: false })
  })

  it.each(['basic_text', 'unknown'] as const)(
    'on Linux with %s is none, also where Electron says that it is available: it neither seals nor opens',
    async (backend) => {
      const { store, fake } = storeOn('linux')
      const sealed = await store.seal('wrapped key')
      fake.backend = backend
      expect(await store.availability()).toMatchObject({ usable: false })
      expect(await refusalOf(store.seal('wrapped key'))).toBe('keyring-os-store-unusable')
      expect(await refusalOf(store.unseal(sealed))).toBe('keyring-os-store-refused')
    },
  )

  it('that does not answer, or refuses, has errors of its own', async () => {
    const silent = storeOn('win32', (fake) => (fake.available = false))
    expect(await silent.store.availability()).toEqual({
      usable: false,
      because: 'Windows DPAPI does not answer',
    })
    const refusing = storeOn('win32', (fake) => (fake.refuses = true))
    expect(await refusalOf(refusing.store.seal('x'))).toBe('keyring-os-store-unusable')
    expect(await refusalOf(refusing.store.unseal(Buffer.from('x')))).toBe('keyring-os-store-refused')
  })

  it('passes on the wish to seal anew', async () => {
    const { store } = storeOn('darwin', (fake) => (fake.shouldReEncrypt = true))
    expect(await store.unseal(await store.seal('x'))).toMatchObject({ stale: true })
  })
})
