import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { localMedia } from '../../../electron/escrow/ceremony-media.ts'
import { SecretBytes } from '../../../electron/platform/secret-bytes.ts'
import { asShareGroupId } from '../../../shared/model/ids.ts'
import {
  ceremonyHouse,
  codeOf,
  oneKey,
  part,
  sentences,
  twoOfThree,
  whole,
  type House,
} from './ceremony-house.ts'

describe('a ceremony that breaks off is void', () => {
  const stages: readonly [name: string, steps: number, destroyed: number[]][] = [
    ['right after it began', 0, []],
    ['with the first share written', 1, [1]],
    ['with the first share read back', 2, [1]],
    ['with the second share written', 3, [1, 2]],
    ['with the second read back', 4, [1, 2]],
    ['with the paper printed', 5, [3]],
  ]
  const walk = async (house: House, steps: number): Promise<void> => {
    const { ceremonies, place } = house
    const { group } = await ceremonies.begin(twoOfThree)
    const acts = [
      async () => {
        ceremonies.take(group, 1)
        await ceremonies.write(group, 1, place('holder-1'))
      },
      async () => void (await ceremonies.readBack(group, 1)),
      async () => {
        ceremonies.take(group, 2)
        await ceremonies.write(group, 2, place('holder-2'))
      },
      async () => void (await ceremonies.readBack(group, 2)),
      async () => {
        ceremonies.take(group, 3)
        await ceremonies.write(group, 3, place('holder-3'))
      },
    ]
    for (const act of acts.slice(0, steps)) await act()
  }

  test.each(stages)('%s: stopped', async (_, steps, destroyed) => {
    const house = await ceremonyHouse()
    await walk(house, steps)
    const group = house.ceremonies.state()?.group ?? asShareGroupId('')
    house.ceremonies.breakOff('locked')
    house.ceremonies.breakOff('closed')
    const ended = house.ceremonies.state()
    expect(ended).toMatchObject({ state: 'void', because: 'locked', turn: null })
    expect(ended?.holders.every(({ state }) => state === 'void')).toBe(true)
    for (const number of destroyed)
      expect(ended?.toDestroy.some((sheet) => sheet.number === number)).toBe(true)
    if (steps === 5)
      expect(ended?.toDestroy.filter(({ number }) => number === 3).map(({ where }) => where)).toEqual([
        expect.stringContaining('3-of-3.pdf'),
        null,
      ])
    await house.ceremonies.settled()
    expect(house.register.group(group).state).toBe('void')
    expect(sentences(house).filter((one) => one.includes('is void'))).toEqual([
      expect.stringContaining('is void: the keyring was locked in the middle of it; '),
    ])
    expect(await codeOf(() => house.ceremonies.take(group, 1))).toBe('ceremony-not-open')
    // The way is free for another.
    expect((await house.ceremonies.begin(twoOfThree)).state).toBe('open')
  })

  test.each(stages)('%s: killed, and said at the next start', async (_, steps, destroyed) => {
    const house = await ceremonyHouse()
    await walk(house, steps)
    const group = house.ceremonies.state()?.group ?? asShareGroupId('')
    const again = await house.reopen()
    await again.ceremonies.settle()
    await again.ceremonies.settle()
    expect(again.register.group(group).state).toBe('void')
    const states = again.register.group(group).members.map(({ state }) => state)
    for (const number of destroyed) expect(states[number - 1]).toBe('to-destroy')
    const said = sentences(again).filter((one) => one.includes('is void'))
    expect(said).toHaveLength(1)
    expect(said[0]).toContain('Keyturn ended in the middle of it')
    for (const number of destroyed) expect(said[0]).toMatch(new RegExp(`share ${number} \\(`))
    if (steps === 0) expect(said[0]).toContain('no sheet has to be destroyed')
    const shown = again.ceremonies.state()
    expect(shown).toMatchObject({ group, state: 'void', because: 'interrupted', witnesses: ['Wanda Lang'] })
    for (const number of destroyed)
      expect(shown?.toDestroy.some((sheet) => sheet.number === number)).toBe(true)
  })

  test('while a share is being written: it does not count, and its sheet is to be destroyed', async () => {
    const waiting = Promise.withResolvers<undefined>()
    const house = await ceremonyHouse({
      media: { ...localMedia, write: () => waiting.promise },
    })
    const { ceremonies, place } = house
    const { group } = await ceremonies.begin(twoOfThree)
    ceremonies.take(group, 1)
    const writing = codeOf(() => ceremonies.write(group, 1, place('a')))
    while (ceremonies.state()?.holders[0]?.where === null)
      await new Promise((resolve) => setImmediate(resolve))
    ceremonies.breakOff('stopped', 'the printer burns')
    waiting.resolve(undefined)
    expect(await writing).toBe('ceremony-not-open')
    expect(ceremonies.state()).toMatchObject({
      state: 'void',
      toDestroy: [
        { number: 1, where: expect.stringMatching(/^stick a: \.keyturn-share-.*\.txt\.keyturn-part-/) },
        { number: 1, where: expect.stringMatching(/^stick a: keyturn-share-.*\.txt$/) },
      ],
    })
    expect(sentences(house).at(-1)).toContain('it was stopped (the printer burns)')
  })

  test('while its key is being made: locked before there is a share', async () => {
    const waiting = Promise.withResolvers<undefined>()
    const house = await ceremonyHouse({
      makeKey: async () => {
        await waiting.promise
        return oneKey()
      },
    })
    const { ceremonies, register } = house
    const beginning = codeOf(() => ceremonies.begin(twoOfThree))
    while (register.groups().length === 0) await new Promise((resolve) => setImmediate(resolve))
    ceremonies.breakOff('locked')
    waiting.resolve(undefined)
    expect(await beginning).toBe('ceremony-not-open')
    await ceremonies.settled()
    expect(register.groups().map(({ state }) => state)).toEqual(['void'])
    expect(sentences(house).at(-1)).toContain('the keyring was locked')
  })

  test('with a record that can’t be written: the lock goes on, and the next start says it', async () => {
    const house = await ceremonyHouse()
    const { group } = await house.ceremonies.begin(twoOfThree)
    house.failRecord()
    house.ceremonies.breakOff('locked')
    expect(house.ceremonies.state()).toMatchObject({ state: 'void', because: 'locked' })
    const again = await house.reopen()
    await again.ceremonies.settle()
    expect(again.register.group(group).state).toBe('void')
  })

  test('with a record that refuses its beginning: the group is void at once, and nothing is left open', async () => {
    const house = await ceremonyHouse()
    house.failRecord()
    expect(await codeOf(() => house.ceremonies.begin(twoOfThree))).toBe('record-unavailable')
    await house.ceremonies.settled()
    expect(house.register.groups().map(({ state }) => state)).toEqual(['void'])
    expect(house.ceremonies.state()).toBeNull()
    const again = await house.reopen()
    await again.ceremonies.settle()
    expect(sentences(again)).toEqual([])
    expect((await again.ceremonies.begin(twoOfThree)).state).toBe('open')
  })

  test('a key that can’t be made: nothing is left open', async () => {
    const house = await ceremonyHouse({ makeKey: () => Promise.reject(new Error('no key')) })
    const { ceremonies, register } = house
    await expect(ceremonies.begin(twoOfThree)).rejects.toThrow('no key')
    await ceremonies.settled()
    expect(register.groups().map(({ state }) => state)).toEqual(['void'])
    // Not “another one is open”: the same cause again.
    await expect(ceremonies.begin(twoOfThree)).rejects.toThrow('no key')
  })
})

describe('a group that takes the place of another', () => {
  test('is active and the old one is replaced, in one go', async () => {
    const house = await ceremonyHouse()
    const old = await whole(house)
    const next = await house.ceremonies.begin({ ...twoOfThree, name: 'Vault keys 2027', replaces: old })
    expect(next.replaces).toEqual({ id: old, name: 'Vault keys 2026' })
    expect(house.register.group(old).state).toBe('active')
    for (const number of [1, 2, 3]) {
      house.ceremonies.take(next.group, number)
      await house.ceremonies.write(next.group, number, house.place(`next-${number}`))
      if (number < 3) await house.ceremonies.readBack(next.group, number)
    }
    await house.ceremonies.typed(next.group, 3, SecretBytes.fromText(house.wordsOnPaper()))
    expect(house.register.group(old)).toMatchObject({ state: 'replaced', replacedBy: next.group })
    expect(house.register.group(next.group).state).toBe('active')
  })

  test('killed between record and register: the next start completes what the record says', async () => {
    const house = await ceremonyHouse()
    const { group } = await house.ceremonies.begin(twoOfThree)
    await part(house, 1)
    await part(house, 2)
    const before = readFileSync(join(house.folder('profile'), 'escrow.json'))
    await part(house, 3)
    writeFileSync(join(house.folder('profile'), 'escrow.json'), before)
    const again = await house.reopen()
    expect(again.register.group(group).state).toBe('in-ceremony')
    await again.ceremonies.settle()
    expect(again.register.group(group).state).toBe('active')
    expect(sentences(again).filter((one) => one.includes('is void'))).toEqual([])
  })
})
