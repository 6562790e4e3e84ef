import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asHandleId, asPlaceId, asTargetId, type HandleId } from '../../../shared/model/ids.ts'
import { watchShares } from '../../../electron/escrow/given-shares.ts'
import { escrowDrillHandlers } from '../../../electron/ipc/handlers/escrow-drill.ts'
import type { Keyring } from '../../../electron/ports/keyring.ts'
import {
  packageWith,
  passphraseItem,
  writeTo,
  type DrillPackage,
} from '../../support/escrow-drill-package.ts'
import { makeTestGroup, testSigner, type TestGroup } from '../../support/escrow-package.ts'
import { newKeyring, passphrase, refusalOf } from '../keyring/support.ts'

const [medium, holders] = [asPlaceId('p-medium'), asPlaceId('p-holders')]
const fileName = 'keyturn-share-abcdefghijkm-2-of-3.txt'

let folder: string
let group: TestGroup
let other: TestGroup
let made: DrillPackage
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kt-given-shares-'))
  group = await makeTestGroup(2, 3)
  other = await makeTestGroup(2, 3)
  made = packageWith([passphraseItem('A-Passphrase-1')], { group, signer: testSigner() })
  writeTo(folder, made)
  writeFileSync(join(folder, fileName), `${group.shares[1] ?? ''}\n`)
})
afterAll(() => rmSync(folder, { recursive: true }))

const handlersFor = (keyring: Keyring) => {
  const places = { folderOf: () => folder, label: () => folder }
  const { 'escrowDrill.takeShare': take } = escrowDrillHandlers({
    keyring,
    places,
    register: { group: () => group.group.facts },
  })
  return {
    forGroup: (words: string, others: HandleId[] = []) =>
      take({
        group: group.group.facts.id,
        share: { kind: 'typed', words: new TextEncoder().encode(words) },
        others,
      }),
    typed: (words: string, others: HandleId[] = []) =>
      take({
        package: medium,
        packageName: '',
        share: { kind: 'typed', words: new TextEncoder().encode(words) },
        others,
      }),
    file: (name: string, others: HandleId[] = []) =>
      take({ package: medium, packageName: '', share: { kind: 'file', place: holders, name }, others }),
  }
}

describe('a share that a holder gives for a package', () => {
  it('is kept for that package alone, under the name of its holder and its check code', async () => {
    const { keyring } = await newKeyring()
    const { handle, label } = await handlersFor(keyring).typed(group.shares[0] ?? '')
    expect(label).toMatch(/^Share 1, Holder 1; check code [0-9a-f]{4} [0-9a-f]{4}$/)
    expect(keyring.list()).toMatchObject([{ id: handle, purpose: 'escrow.share', target: made.id }])
    const elsewhere = { purpose: 'escrow.share', target: asTargetId('ep-aaaaaaaaaaaa') } as const
    expect(await refusalOf(keyring.open(asHandleId(handle), elsewhere))).toBe('handle-not-for-this')
  })

  it('comes from a file, too, whatever case and numbers its words have', async () => {
    const { keyring } = await newKeyring()
    const handlers = handlersFor(keyring)
    expect((await handlers.file(fileName)).label).toContain('Share 2, Holder 2')
    const numbered = (group.shares[2] ?? '')
      .toUpperCase()
      .split(' ')
      .map((word, index) => `${index + 1}. ${word}`)
      .join('\n')
    expect((await handlers.typed(numbered)).label).toContain('Share 3, Holder 3')
  })

  it.each([
    ['of another group', () => other.shares[0] ?? '', 'package-share-other'],
    ['with a word too few', () => (group.shares[0] ?? '').split(' ').slice(1).join(' '), 'share-word-count'],
    ['with a word that is none', () => (group.shares[0] ?? '').replace(/\w+$/, 'zzzz'), 'share-word-unknown'],
    [
      'with two words that changed places',
      () => (group.shares[0] ?? '').replace(/(\w+) (\w+)$/, '$2 $1'),
      'share-checksum',
    ],
    ['that is no text at all', () => '\u0000', 'share-file-refused'],
  ])('is refused %s, and nothing is kept', async (_, words, code) => {
    const { keyring } = await newKeyring()
    expect(await refusalOf(handlersFor(keyring).typed(words()))).toBe(code)
    expect(keyring.list()).toEqual([])
  })

  it('is refused when it was given already, by whichever way', async () => {
    const { keyring } = await newKeyring()
    const handlers = handlersFor(keyring)
    const { handle } = await handlers.typed(group.shares[1] ?? '')
    expect(await refusalOf(handlers.file(fileName, [asHandleId(handle)]))).toBe('share-twice')
    // A handle that is not known any more, or of another use, is no reason to refuse and tells nothing.
    const stranger = await keyring.put(
      { purpose: 'sql.login-password', target: asTargetId('t-x'), label: 'x' },
      passphrase(),
    )
    await handlers.typed(group.shares[0] ?? '', [asHandleId('h-gone'), stranger.id])
    expect(keyring.list({ purpose: 'escrow.share' })).toHaveLength(2)
  })

  it('is not looked at where the package does not hold together', async () => {
    const { keyring } = await newKeyring()
    writeFileSync(join(folder, `keyturn-escrow-${made.id}`, 'more.txt'), 'x')
    expect(await refusalOf(handlersFor(keyring).typed(group.shares[0] ?? ''))).toBe('package-files')
    rmSync(join(folder, `keyturn-escrow-${made.id}`, 'more.txt'))
    expect(keyring.list()).toEqual([])
  })
})

describe('what becomes of given shares', () => {
  const settled = async (keyring: Keyring, left: number): Promise<void> =>
    expect.poll(() => keyring.list({ purpose: 'escrow.share' }).length).toBe(left)

  it('goes when a run has its own copies; other secrets of the run stay', async () => {
    const { keyring } = await newKeyring()
    const faults: unknown[] = []
    const watch = watchShares(keyring, (thrown) => faults.push(thrown))
    const { handle } = await handlersFor(keyring).typed(group.shares[0] ?? '')
    await handlersFor(keyring).typed(group.shares[1] ?? '')
    const password = await keyring.put(
      { purpose: 'sql.dmk-password', target: asTargetId('t-x'), label: 'x' },
      passphrase(),
    )
    watch.runHas([
      { handle: asHandleId(handle), purpose: 'escrow.share' },
      { handle: password.id, purpose: 'sql.dmk-password' },
    ])
    await settled(keyring, 1)
    expect(keyring.list({ purpose: 'sql.dmk-password' })).toHaveLength(1)
    expect(faults).toEqual([])
  })

  it('goes at the next unlock', async () => {
    const { keyring } = await newKeyring()
    const watch = watchShares(keyring, () => undefined)
    await handlersFor(keyring).typed(group.shares[0] ?? '')
    watch.keyringChanged()
    expect(keyring.list()).toHaveLength(1)
    keyring.lock()
    watch.keyringChanged()
    await keyring.unlock(passphrase())
    watch.keyringChanged()
    await settled(keyring, 0)
  })
})

describe('a share that a holder gives for the packages of a group', () => {
  it('is kept for that group alone, once, and needs no package', async () => {
    const { keyring } = await newKeyring()
    const { forGroup } = handlersFor(keyring)
    const { handle, label } = await forGroup(group.shares[1] ?? '')
    expect(label).toMatch(/^Share 2, Holder 2; check code/)
    expect(keyring.list()).toMatchObject([{ id: handle, target: group.group.facts.id }])
    expect(await refusalOf(forGroup(group.shares[1] ?? '', [asHandleId(handle)]))).toBe('share-twice')
    expect(await refusalOf(forGroup(other.shares[0] ?? ''))).toBe('package-share-other')
    const asPackage = { purpose: 'escrow.share', target: asTargetId(made.id) } as const
    expect(await refusalOf(keyring.open(asHandleId(handle), asPackage))).toBe('handle-not-for-this')
  })
})
