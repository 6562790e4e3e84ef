import { copyFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { keyringHandlers } from '../../../electron/ipc/handlers/keyring.ts'
import { keyringCustodyHandlers } from '../../../electron/ipc/handlers/keyring-custody.ts'
import { createRecord } from '../../../electron/record/record.ts'
import type { Rehearsal } from '../../../electron/rehearsal/rehearsal.ts'
import { asPlaceId, asRunId } from '../../../shared/model/ids.ts'
import { sentenceOf } from '../../../shared/model/record-sentences.ts'
import { FixedClock } from '../platform/fixed-clock.ts'
import { createFakeOsStore } from '../keyring/fake-os-store.ts'
import { emptyFolder, keyringAt, login, passphraseText, refusalOf, secret } from '../keyring/support.ts'

const next = 'seven owls count one key'
const place = asPlaceId('p-one')
const typed = (text = passphraseText) => new TextEncoder().encode(text)

const house = (undecided: string[] = []) => {
  const folder = emptyFolder()
  const picked = join(folder, 'picked')
  mkdirSync(picked)
  const clock = new FixedClock()
  const fake = createFakeOsStore()
  const keyring = keyringAt(folder, { clock, osStore: fake.store })
  const record = createRecord({
    file: join(folder, 'record.db'),
    clock,
    operator: { account: 'kt', name: 'Ada' },
  })
  onTestFinished(() => record.close())
  const places = { folderOf: () => picked, label: () => 'D:\\Backups' }
  const remembered: string[] = []
  const rehearsal = {
    expectPassphrase: async (one) => void remembered.push(`maybe ${one.use((bytes) => bytes.toString())}`),
    rememberPassphrase: async (one) => void remembered.push(one.use((bytes) => bytes.toString())),
  } as Partial<Rehearsal> as Rehearsal
  const handlers = {
    ...keyringHandlers({ keyring, record, places, clock, rehearsal, lock: async () => keyring.lock() }),
    ...keyringCustodyHandlers({
      keyring,
      record,
      places,
      rehearsal,
      undecidedRuns: () => undecided.map(asRunId),
    }),
  }
  const entries = () =>
    record
      .page({ offset: 0, limit: 100, order: 'oldest-first' })
      .rows.filter(({ kind }) => !signing.includes(kind))
      .map((row) => `${row.kind}: ${sentenceOf(row)}`)
  return { handlers, keyring, record, picked, folder, clock, remembered, entries }
}

/** The record's own entries about the keys that it is signed with. */
const signing: readonly string[] = ['signing-began', 'signing-key-changed']

describe('acts on the keyring by way of the window', () => {
  test('each is an entry of the record that names what was done, and no passphrase stays in the request', async () => {
    const { handlers, keyring, entries, remembered, clock, picked } = house()
    await handlers['keyring.create']({ passphrase: typed() })
    await keyring.put({ ...login, label: 'a' }, secret('first'))
    await handlers['keyring.recoverySheet']()
    const asked = { present: typed(), next: typed(next) }
    expect(await handlers['keyring.changePassphrase'](asked)).toEqual({ secrets: 1, runs: 0, removed: [] })
    expect([...asked.present, ...asked.next].every((byte) => byte === 0)).toBe(true)
    const made = await handlers['keyring.backUp']({ place, passphrase: typed(next) })
    expect(made).toMatchObject({ folder: 'D:\\Backups', secrets: 1 })
    await keyring.put({ ...login, label: 'later' }, secret('second'))
    clock.advance(1_000)
    const { found } = await handlers['keyring.findBackups']({ place })
    expect(found).toMatchObject([{ name: made.name, gone: 1, goneLabels: ['later'] }])
    const restored = await handlers['keyring.restore']({ place, name: made.name, passphrase: typed(next) })
    expect(restored).toEqual({
      secrets: 1,
      gone: ['later'],
      keptAs: 'keyring-replaced-2026-11-22T080001000Z.json',
    })
    await handlers['keyring.setOuterWrap']({ on: true, passphrase: typed(next) })
    expect(await handlers['keyring.osStore']()).toEqual({
      on: 'Fake key store',
      usable: 'Fake key store',
      because: null,
    })
    await handlers['keyring.setOuterWrap']({ on: false, passphrase: typed(next) })
    expect(entries()).toEqual([
      'keyring-created: The keyring was created',
      'recovery-sheet-made: A recovery sheet of the keyring was made',
      'keyring-passphrase-changed: The passphrase of the keyring was changed: new master key, 1 secret and 0 sealed runs encrypted anew',
      `keyring-backed-up: The keyring was saved as ${made.name} to D:\\Backups and reopened from there: 1 secret`,
      `keyring-restored: The keyring was restored from ${made.name} in D:\\Backups: 1 secret; no longer there: later; the one before is kept as ${restored.keptAs}`,
      'keyring-outer-wrap: The keyring was sealed by Fake key store as well',
      'keyring-outer-wrap: The seal of the operating system’s store was taken off the keyring',
    ])
    expect(remembered).toEqual([`maybe ${next}`, next, next])
    await handlers['keyring.saveRecoverySheet']({ place })
    clock.advance(1)
    await handlers['keyring.saveRecoverySheet']({ place })
    expect(
      readdirSync(picked).filter((name) => name.startsWith('REHEARSAL-keyturn-recovery-sheet-')),
    ).toHaveLength(2)
  })

  test('what is refused is no entry that says it was done', async () => {
    const { handlers, entries, folder } = house()
    await handlers['keyring.create']({ passphrase: typed() })
    const before = readFileSync(join(folder, 'keyring.json'))
    const wrong = 'another long passphrase'
    const refusals = [
      await refusalOf(handlers['keyring.changePassphrase']({ present: typed(wrong), next: typed(next) })),
      await refusalOf(handlers['keyring.backUp']({ place, passphrase: typed(wrong) })),
      await refusalOf(handlers['keyring.setOuterWrap']({ on: true, passphrase: typed() })),
      await refusalOf(handlers['keyring.restore']({ place, name: 'none.json', passphrase: typed() })),
    ]
    expect(refusals).toEqual([
      'keyring-wrong-passphrase',
      'keyring-wrong-passphrase',
      'accepted',
      'local-file-not-read',
    ])
    expect(entries()).toHaveLength(2)
    expect(readFileSync(join(folder, 'keyring.json')).equals(before)).toBe(false)
  })

  test('while locked: counts of a backup are shown, labels of the present keyring are not, and it can be restored', async () => {
    const { handlers, keyring, clock } = house()
    await handlers['keyring.create']({ passphrase: typed() })
    const { name } = await handlers['keyring.backUp']({ place, passphrase: typed() })
    await keyring.put({ ...login, label: 'a label' }, secret('first'))
    keyring.lock()
    clock.advance(1_000)
    const { found } = await handlers['keyring.findBackups']({ place })
    expect(found).toMatchObject([{ gone: 1, goneLabels: [] }])
    const { gone } = await handlers['keyring.restore']({ place, name, passphrase: typed() })
    expect([gone, keyring.status().state]).toEqual([['a label'], 'unlocked'])
  })

  test('a restore that would lose what an undecided run has sealed is refused', async () => {
    const { handlers, keyring } = house(['r-dddddddddddd'])
    await handlers['keyring.create']({ passphrase: typed() })
    const { name } = await handlers['keyring.backUp']({ place, passphrase: typed() })
    const { id } = await keyring.put({ ...login, label: 'a' }, secret('first'))
    await keyring.sealRun(asRunId('r-dddddddddddd'), [{ name: 'login', id, binding: login }])
    expect(await refusalOf(handlers['keyring.restore']({ place, name, passphrase: typed() }))).toBe(
      'keyring-restore-loses-run',
    )
  })

  test('an unlock that raises the key derivation says so', async () => {
    const { folder, entries, handlers } = house()
    copyFileSync(
      new URL('../../vectors/keyring/version-1.json', import.meta.url),
      join(folder, 'keyring.json'),
    )
    await handlers['keyring.unlock']({ passphrase: typed() })
    expect(entries()).toEqual(['keyring-unlocked: The keyring was unlocked'])
  })
})
