import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createFakeOsStore } from './fake-os-store.ts'
import {
  emptyFolder,
  keyringAt,
  login,
  newKeyring,
  passphrase,
  refusalOf,
  secret,
  textOf,
} from './support.ts'

const newText = 'seven owls count one key'

const wrapped = async () => {
  const fake = createFakeOsStore()
  const made = await newKeyring({ osStore: fake.store })
  const kept = await made.keyring.put({ ...login, label: 'x' }, secret('kept'))
  await made.keyring.setOuterWrap(true, passphrase())
  return { ...made, ...fake, kept }
}

describe('the outer wrap', () => {
  test('hides all that a passphrase could be tried against, and still needs the passphrase', async () => {
    const { keyring, folder, path, kept, store } = await wrapped()
    const file = JSON.parse(readFileSync(path, 'utf8')) as { key: object }
    expect(Object.keys(file.key)).toEqual(['store', 'sealed'])
    expect(keyring.status()).toMatchObject({ outerWrap: 'Fake key store' })
    const restarted = keyringAt(folder, { osStore: store })
    expect(await refusalOf(restarted.unlock(passphrase(newText)))).toBe('keyring-wrong-passphrase')
    await restarted.unlock(passphrase())
    expect(textOf(await restarted.open(kept.id, login))).toBe('kept')
    await restarted.put({ ...login, label: 'y' }, secret('more'))
    expect(restarted.upkeep()).toMatchObject({ outerWrap: true })
  })

  test('a file on another computer, or a store that lost its key, has an error of its own and names the backup', async () => {
    const { folder, loseKey, store, path } = await wrapped()
    const stolen = emptyFolder()
    copyFileSync(path, join(stolen, 'keyring.json'))
    const elsewhere = keyringAt(stolen)
    const error = await elsewhere.unlock(passphrase()).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'keyring-os-store-absent' })
    expect(JSON.stringify(error instanceof Error && 'problem' in error ? error.problem : '')).toContain(
      'backup',
    )
    const other = keyringAt(stolen, { osStore: createFakeOsStore().store })
    expect(await refusalOf(other.unlock(passphrase()))).toBe('keyring-os-store-refused')
    expect(other.status().waitSeconds).toBe(0)
    loseKey()
    expect(await refusalOf(keyringAt(folder, { osStore: store }).unlock(passphrase()))).toBe(
      'keyring-os-store-refused',
    )
  })

  test('a backup is without it and is the way out', async () => {
    const { keyring, folder, loseKey, store, kept } = await wrapped()
    const backups = emptyFolder()
    const { name } = await keyring.backUp(backups, passphrase())
    loseKey()
    const restarted = keyringAt(folder, { osStore: store })
    await restarted.restore({ folder: backups, name, keepRuns: [] }, passphrase())
    expect(textOf(await restarted.open(kept.id, login))).toBe('kept')
    expect(restarted.status().outerWrap).toBeUndefined()
    expect(await refusalOf(keyringAt(folder).unlock(passphrase()))).toBe('accepted')
  })

  test('stays through a new passphrase, comes off with it, and makes the sheet an old one', async () => {
    const { keyring, folder, path, store, kept } = await wrapped()
    await keyring.sheetMade()
    expect(JSON.stringify(keyring.recoverySheet())).toContain('Fake key store')
    await keyring.changePassphrase(passphrase(), passphrase(newText))
    expect(keyring.status().outerWrap).toBe('Fake key store')
    await keyring.sheetMade()
    expect(await refusalOf(keyring.setOuterWrap(false, passphrase()))).toBe('keyring-wrong-passphrase')
    await keyring.setOuterWrap(false, passphrase(newText))
    expect(keyring.upkeep()?.sheet.because).toBe('outer-wrap')
    expect(readFileSync(path, 'utf8')).not.toContain('sealed"')
    const restarted = keyringAt(folder)
    await restarted.unlock(passphrase(newText))
    expect(textOf(await restarted.open(kept.id, login))).toBe('kept')
    expect(store).toBeDefined()
  })

  test('never with a store that keeps plain text, and not where there is none', async () => {
    const fake = createFakeOsStore()
    fake.keepPlainText()
    const { keyring, path } = await newKeyring({ osStore: fake.store })
    const before = readFileSync(path)
    expect(await keyring.osStore()).toEqual({ usable: false, because: 'it keeps plain text' })
    expect(await refusalOf(keyring.setOuterWrap(true, passphrase()))).toBe('keyring-os-store-unusable')
    expect(readFileSync(path).equals(before)).toBe(true)
    const without = await newKeyring()
    expect(await without.keyring.osStore()).toMatchObject({ usable: false })
    expect(await refusalOf(without.keyring.setOuterWrap(true, passphrase()))).toBe(
      'keyring-os-store-unusable',
    )
  })

  test('a store that asks for it gets to seal anew at the next unlock', async () => {
    const { folder, path, store, askToSealAnew } = await wrapped()
    const before = readFileSync(path, 'utf8')
    askToSealAnew(true)
    await keyringAt(folder, { osStore: store }).unlock(passphrase())
    askToSealAnew(false)
    expect(readFileSync(path, 'utf8')).not.toBe(before)
    await keyringAt(folder, { osStore: store }).unlock(passphrase())
  })
})
