import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { localMedia } from '../../../electron/escrow/ceremony-media.ts'
import { openGroupKey } from '../../../electron/escrow/share-group.ts'
import { joinShares } from '../../../electron/formats/slip39/index.ts'
import { SecretBytes } from '../../../electron/platform/secret-bytes.ts'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { CeremonyPlan } from '../../../shared/model/ceremony.ts'
import { asShareGroupId } from '../../../shared/model/ids.ts'
import { ceremonyHouse, codeOf, part, sentences, twoOfThree, whole, wordsOf } from './ceremony-house.ts'

describe('a ceremony of 2 of 3', () => {
  test('goes from holder to holder, and ends active when the last share was read back', async () => {
    const house = await ceremonyHouse()
    const { ceremonies, register, record } = house
    const begun = await ceremonies.begin(twoOfThree)
    const { group } = begun
    expect(begun).toMatchObject({ state: 'open', turn: { number: 1, here: false }, threshold: 2 })
    expect(begun.holders.map(({ state }) => state)).toEqual(['waiting', 'waiting', 'waiting'])
    expect(register.group(group)).toMatchObject({ state: 'in-ceremony', replacedBy: null })
    expect(ceremonies.take(group, 1).turn).toEqual({ number: 1, here: true })
    const written = await ceremonies.write(group, 1, house.place('holder-1'))
    expect(written.holders[0]).toMatchObject({ state: 'written', problem: null })
    expect(register.group(group).members[0]?.state).toBe('handed-out')
    const back = await ceremonies.readBack(group, 1)
    expect(back.holders[0]?.state).toBe('read-back')
    expect(back.turn).toEqual({ number: 2, here: false })
    await part(house, 2)
    await part(house, 3)
    expect(ceremonies.state()).toMatchObject({ state: 'active', turn: null, because: null, toDestroy: [] })
    expect(register.group(group)).toMatchObject({ state: 'active' })
    expect(register.group(group).members.map(({ state }) => state)).toEqual(Array(3).fill('read-back'))
    expect(record.verifyChain().unbroken).toBe(true)
    const [first] = house.filesAt('holder-1')
    expect(first).toBe(`keyturn-share-${group.slice(3)}-1-of-3.txt`)
    // The page that the paper was printed from is gone.
    expect(house.filesAt('holder-3')).toEqual([])
    expect(sentences(house)).toEqual([
      'A share ceremony was begun for the group “Vault keys 2026”: any 2 of 3 holders (Ana Ruiz, Bo Chen, Chidi Obi); witnesses: Wanda Lang',
      `Share 1 (Ana Ruiz) is about to be written to stick holder-1: ${first}`,
      `Share 1 (Ana Ruiz) was written to stick holder-1: ${first}`,
      `Share 1 (Ana Ruiz) was read back from stick holder-1: ${first} and is the same`,
      expect.stringContaining('Share 2 (Bo Chen) is about to be written'),
      expect.stringContaining('Share 2 (Bo Chen) was written'),
      expect.stringContaining('Share 2 (Bo Chen) was read back'),
      expect.stringContaining('Share 3 (Chidi Obi) is about to be written'),
      expect.stringContaining('Share 3 (Chidi Obi) was written'),
      'Share 3 (Chidi Obi) was typed from its sheet and is the same',
      'All 3 shares of the group “Vault keys 2026” were read back; it is active: any 2 of them open its packages',
    ])
  })

  test('gives shares of which any two open the sealed key of the group', async () => {
    const house = await ceremonyHouse()
    const group = await whole(house)
    const texts = [1, 2].map((number) => {
      const [name = ''] = house.filesAt(`holder-${number}`)
      return wordsOf(readFileSync(join(house.folder(`holder-${number}`), name), 'utf8'))
    })
    const [first = '', second = ''] = texts
    const third = house.wordsOnPaper()
    const { spki, sealedPrivateKey } = house.register.groupForPackages(group)
    for (const pair of [
      [first, second],
      [first, third],
      [third, second],
    ]) {
      using joined = joinShares(pair.map((words) => SecretBytes.fromText(words)))
      using opened = openGroupKey(sealedPrivateKey, joined, spki)
      expect(opened.length).toBeGreaterThan(1_000)
    }
    expect(await codeOf(() => joinShares([SecretBytes.fromText(first)]))).toBe('share-too-few')
  })

  test('leaves no word of a share in the record, the register or its own state', async () => {
    const house = await ceremonyHouse()
    await whole(house)
    const [name = ''] = house.filesAt('holder-1')
    const words = wordsOf(readFileSync(join(house.folder('holder-1'), name), 'utf8')).split(' ')
    expect(words).toHaveLength(33)
    const rows = house.record.page({ offset: 0, limit: 100, order: 'oldest-first' }).rows
    const kept = [
      JSON.stringify(rows),
      readFileSync(join(house.folder('profile'), 'escrow.json'), 'utf8'),
      JSON.stringify(house.ceremonies.state()),
    ].join('\n')
    for (let at = 0; at + 1 < words.length; at += 1)
      expect(kept).not.toContain(`${words[at]} ${words[at + 1]}`)
  })
})

describe('what is refused before it begins', () => {
  const begin = async (change: Partial<CeremonyPlan>): Promise<string> => {
    const { ceremonies, register } = await ceremonyHouse()
    const code = await codeOf(() => ceremonies.begin({ ...twoOfThree, ...change }))
    expect(register.groups()).toEqual([])
    return code
  }
  const people = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ name: `Person ${index}`, medium: 'file' as const }))

  test.each([
    ['one share alone', { threshold: 1 }],
    ['more needed than there are', { threshold: 4 }],
    ['half a share', { threshold: 2.5 }],
    ['one holder', { holders: people(1) }],
    ['17 holders', { holders: people(17), threshold: 3 }],
    ['no name', { name: '  ' }],
    ['a name of two lines', { name: 'a\nb' }],
    ['a holder twice', { holders: [...people(2), { name: ' PERSON 1 ', medium: 'file' as const }] }],
    ['a holder without a name', { holders: [...people(2), { name: '', medium: 'file' as const }] }],
    ['nine witnesses', { witnesses: Array<string>(9).fill('W') }],
  ])('%s', async (_, change) => expect(await begin(change)).toBe('ceremony-plan'))

  test('a group to be replaced that is not there, and one that is not active', async () => {
    expect(await begin({ replaces: asShareGroupId('sg-aaaaaaaaaaaa') })).toBe('not-found')
    const house = await ceremonyHouse()
    const { group } = await house.ceremonies.begin(twoOfThree)
    house.ceremonies.breakOff('stopped')
    await house.ceremonies.settled()
    expect(await codeOf(() => house.ceremonies.begin({ ...twoOfThree, replaces: group }))).toBe(
      'ceremony-plan',
    )
  })

  test('a second ceremony at once', async () => {
    const { ceremonies } = await ceremonyHouse()
    const both = await Promise.allSettled([ceremonies.begin(twoOfThree), ceremonies.begin(twoOfThree)])
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    expect(await codeOf(() => ceremonies.begin(twoOfThree))).toBe('ceremony-open')
  })
})

describe('the order', () => {
  test('nothing is done before its time, by another holder, or for another group', async () => {
    const house = await ceremonyHouse()
    const { ceremonies, place } = house
    const other = asShareGroupId('sg-aaaaaaaaaaaa')
    expect(await codeOf(() => ceremonies.take(other, 1))).toBe('ceremony-not-open')
    const { group } = await ceremonies.begin(twoOfThree)
    const words = () => SecretBytes.fromText('x')
    expect(await codeOf(() => ceremonies.take(other, 1))).toBe('ceremony-not-open')
    expect(await codeOf(() => ceremonies.take(group, 2))).toBe('ceremony-order')
    expect(await codeOf(() => ceremonies.take(group, 0))).toBe('ceremony-order')
    expect(await codeOf(() => ceremonies.write(group, 1, place('a')))).toBe('ceremony-order')
    expect(await codeOf(() => ceremonies.readBack(group, 1))).toBe('ceremony-order')
    ceremonies.take(group, 1)
    expect(await codeOf(() => ceremonies.take(group, 1))).toBe('ceremony-order')
    expect(await codeOf(() => ceremonies.readBack(group, 1))).toBe('ceremony-order')
    expect(await codeOf(() => ceremonies.typed(group, 1, words()))).toBe('ceremony-order')
    await ceremonies.write(group, 1, place('a'))
    expect(await codeOf(() => ceremonies.write(group, 1, place('b')))).toBe('ceremony-order')
    await ceremonies.readBack(group, 1)
    expect(await codeOf(() => ceremonies.readBack(group, 1))).toBe('ceremony-order')
    ceremonies.take(group, 2)
    expect(await codeOf(() => ceremonies.write(group, 2, place('a')))).toBe('ceremony-same-folder')
    expect(house.filesAt('b')).toEqual([])
    expect(house.filesAt('a')).toHaveLength(1)
  })

  test('two steps at once: the second is refused', async () => {
    const { ceremonies, place } = await ceremonyHouse()
    const { group } = await ceremonies.begin(twoOfThree)
    ceremonies.take(group, 1)
    const both = await Promise.allSettled([
      ceremonies.write(group, 1, place('a')),
      ceremonies.write(group, 1, place('b')),
    ])
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
  })
})

describe('a share that does not read back', () => {
  test('is failed, can be read again, and can be written anew beside the old sheet, which is to be destroyed', async () => {
    const house = await ceremonyHouse()
    const { ceremonies, place } = house
    const { group } = await ceremonies.begin({ ...twoOfThree, holders: twoOfThree.holders.slice(0, 2) })
    ceremonies.take(group, 1)
    await ceremonies.write(group, 1, place('a'))
    const [name = ''] = house.filesAt('a')
    const path = join(house.folder('a'), name)
    const sheet = readFileSync(path, 'utf8')
    writeFileSync(path, sheet.replace(/ 1\. +\S+/, '     1. academic').replace(/ 2\. +\S+/, '     2. acid'))
    const failed = await ceremonies.readBack(group, 1)
    expect(failed.holders[0]).toMatchObject({ state: 'failed', problem: { code: 'share-checksum' } })
    expect(failed.turn).toEqual({ number: 1, here: true })
    writeFileSync(path, sheet)
    expect((await ceremonies.readBack(group, 1)).holders[0]?.state).toBe('read-back')
    ceremonies.take(group, 2)
    await ceremonies.write(group, 2, place('b'))
    const [second = ''] = house.filesAt('b')
    rmSync(join(house.folder('b'), second))
    const gone = await ceremonies.readBack(group, 2)
    expect(gone.holders[1]).toMatchObject({ state: 'failed', problem: { code: 'share-file-missing' } })
    await ceremonies.write(group, 2, place('b'))
    expect(house.filesAt('b')).toEqual([`keyturn-share-${group.slice(3)}-2-of-2-again-2.txt`])
    const done = await ceremonies.readBack(group, 2)
    expect(done).toMatchObject({
      state: 'active',
      toDestroy: [{ number: 2, holder: 'Bo Chen', medium: 'file', where: `stick b: ${second}` }],
    })
    expect(sentences(house).at(-1)).toContain(`to be destroyed: share 2 (Bo Chen) at stick b: ${second}`)
    expect(sentences(house).join('\n')).toContain('Share 1 (Ana Ruiz) did not read back from stick a')
  })

  test('of another holder is told apart', async () => {
    const house = await ceremonyHouse()
    const { ceremonies, place } = house
    const { group } = await ceremonies.begin(twoOfThree)
    await part(house, 1)
    ceremonies.take(group, 2)
    await ceremonies.write(group, 2, place('b'))
    const [one = ''] = house.filesAt('holder-1')
    const [two = ''] = house.filesAt('b')
    writeFileSync(join(house.folder('b'), two), readFileSync(join(house.folder('holder-1'), one)))
    const failed = await ceremonies.readBack(group, 2)
    expect(failed.holders[1]).toMatchObject({ state: 'failed', problem: { code: 'share-read-other' } })
  })

  test('typed with mistakes: the answer says which words, and nothing has changed', async () => {
    const house = await ceremonyHouse()
    const { ceremonies, place } = house
    const paper: CeremonyPlan = {
      ...twoOfThree,
      holders: twoOfThree.holders.map(({ name }) => ({ name, medium: 'paper' })),
    }
    const { group } = await ceremonies.begin(paper)
    ceremonies.take(group, 1)
    await ceremonies.write(group, 1, place('a'))
    const words = house.wordsOnPaper().split(' ')
    const typed = (changed: readonly string[]) =>
      ceremonies.typed(group, 1, SecretBytes.fromText(changed.join(' ')))
    const wrong = words.map((word, at) => (at === 4 || at === 8 ? 'keyturn' : word))
    await expect(typed(wrong)).rejects.toMatchObject({
      problem: { title: expect.stringContaining('words 5 and 9 are not in the list') },
    })
    expect(await codeOf(() => typed([...words.slice(1), ...words.slice(0, 1)]))).toBe('share-checksum')
    expect(await codeOf(() => typed(words.slice(1)))).toBe('share-word-count')
    expect(ceremonies.state()?.holders[0]?.state).toBe('written')
    expect((await typed(words)).holders[0]?.state).toBe('read-back')
    ceremonies.take(group, 2)
    await ceremonies.write(group, 2, place('b'))
    const other = await ceremonies.typed(group, 2, SecretBytes.fromText(words.join(' ')))
    expect(other.holders[1]).toMatchObject({ state: 'failed', problem: { code: 'share-read-other' } })
  })

  test('a medium that refuses: the share is failed with what the system said, and another folder does', async () => {
    let full = true
    const house = await ceremonyHouse({
      media: {
        ...localMedia,
        write: async (sheet, bytes) => {
          if (full) throw new KeyturnError('local-disk-full', { file: sheet.name })
          await localMedia.write(sheet, bytes)
        },
      },
    })
    const { ceremonies, place } = house
    const { group } = await ceremonies.begin(twoOfThree)
    ceremonies.take(group, 1)
    expect(await codeOf(() => ceremonies.write(group, 1, place('a')))).toBe('local-disk-full')
    expect(ceremonies.state()?.holders[0]).toMatchObject({ state: 'failed' })
    full = false
    expect((await ceremonies.write(group, 1, place('b'))).holders[0]?.state).toBe('written')
  })
})
