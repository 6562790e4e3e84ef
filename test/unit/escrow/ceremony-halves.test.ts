import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { localMedia, type SheetFile } from '../../../electron/escrow/ceremony-media.ts'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import { ceremonyHouse, codeOf, sentences, twoOfThree, wordsOf, type House } from './ceremony-house.ts'

const two = { ...twoOfThree, holders: twoOfThree.holders.slice(0, 2) }
const halfOf = ({ folder, name }: SheetFile): string => join(folder, `.${name}.keyturn-part-0123456789ab`)

/** A stick that is pulled in the middle of its first write: the half-written copy is on it, with the words. */
const pulledHouse = async () => {
  const stick = { away: false, pulled: false, half: '' }
  const house = await ceremonyHouse({
    media: {
      ...localMedia,
      write: async (sheet, bytes) => {
        if (stick.pulled) return localMedia.write(sheet, bytes)
        stick.half = halfOf(sheet)
        bytes.use((lent) => writeFileSync(stick.half, lent))
        Object.assign(stick, { pulled: true, away: true })
        throw new KeyturnError('local-file-not-written', { file: sheet.name })
      },
      sweep: async (sheet) => (stick.away && halfOf(sheet) === stick.half ? false : localMedia.sweep(sheet)),
    },
  })
  const { ceremonies, place } = house
  const { group } = await ceremonies.begin(two)
  ceremonies.take(group, 1)
  expect(await codeOf(() => ceremonies.write(group, 1, place('a')))).toBe('local-file-not-written')
  expect(wordsOf(readFileSync(stick.half, 'utf8')).split(' ')).toHaveLength(33)
  return {
    ...house,
    group,
    stick,
    named: `stick a: .keyturn-share-${group.slice(3)}-1-of-2.txt.keyturn-part-`,
  }
}

const second = async (
  { ceremonies, place }: House,
  group: Awaited<ReturnType<typeof pulledHouse>>['group'],
) => {
  ceremonies.take(group, 2)
  await ceremonies.write(group, 2, place('holder-2'))
  return ceremonies.readBack(group, 2)
}
const places = (view: { toDestroy: readonly { where: string | null }[] } | null) =>
  (view?.toDestroy ?? []).map(({ where }) => where ?? '')

describe('a half-written copy of a share that a pulled medium kept', () => {
  test('is taken away as soon as the share is written again', async () => {
    const house = await pulledHouse()
    const { ceremonies, group, stick, named, place } = house
    stick.away = false
    await ceremonies.write(group, 1, place('a'))
    expect(readdirSync(house.folder('a'))).toEqual([`keyturn-share-${group.slice(3)}-1-of-2-again-2.txt`])
    await ceremonies.readBack(group, 1)
    const done = await second(house, group)
    expect(done.state).toBe('active')
    expect(places(done).filter((where) => where.startsWith(named))).toEqual([])
  })

  test('is taken away at the end, where the medium was back only then', async () => {
    const house = await pulledHouse()
    const { ceremonies, group, stick, named, place } = house
    await ceremonies.write(group, 1, place('b'))
    await ceremonies.readBack(group, 1)
    expect(existsSync(stick.half)).toBe(true)
    stick.away = false
    const done = await second(house, group)
    expect(existsSync(stick.half)).toBe(false)
    expect(places(done).filter((where) => where.startsWith(named))).toEqual([])
  })

  test('is named among what is to be destroyed, where the medium never came back', async () => {
    const house = await pulledHouse()
    const { ceremonies, group, named, place } = house
    await ceremonies.write(group, 1, place('b'))
    await ceremonies.readBack(group, 1)
    const done = await second(house, group)
    expect(done).toMatchObject({ state: 'active' })
    expect(places(done)).toEqual([
      `stick a: keyturn-share-${group.slice(3)}-1-of-2.txt`,
      `${named}… (hidden file)`,
    ])
    expect(sentences(house).at(-1)).toContain(`share 1 (Ana Ruiz) at ${named}`)
  })

  test('is named when the ceremony is void, and taken away where that is possible', async () => {
    const { ceremonies, stick, named } = await pulledHouse()
    stick.away = false
    ceremonies.breakOff('stopped')
    expect(places(ceremonies.state())).toContain(`${named}… (hidden file)`)
    await expect.poll(() => existsSync(stick.half)).toBe(false)
  })

  test('is named by the next start when the program was killed', async () => {
    const house = await pulledHouse()
    const again = await house.reopen()
    await again.ceremonies.settle()
    expect(places(again.ceremonies.state())).toEqual([
      `stick a: keyturn-share-${house.group.slice(3)}-1-of-2.txt`,
      `${house.named}… (hidden file)`,
    ])
  })
})

test('a copy that shows only when the share is read back is taken away then', async () => {
  const house = await ceremonyHouse()
  const { ceremonies, place } = house
  const { group } = await ceremonies.begin(two)
  ceremonies.take(group, 1)
  await ceremonies.write(group, 1, place('a'))
  const [name = ''] = house.filesAt('a')
  writeFileSync(halfOf({ folder: house.folder('a'), name }), 'words')
  await ceremonies.readBack(group, 1)
  expect(house.filesAt('a')).toEqual([name])
})

test('sweeping takes copies of this sheet only, and says so where one stays or the folder is not there', async () => {
  const { folder } = await ceremonyHouse()
  const sheet = { folder: folder('a'), name: 'x-1-of-2.txt' }
  for (const name of ['x-1-of-2.txt', '.x-1-of-2.txt.keyturn-part-00', '.x-2-of-2.txt.keyturn-part-00'])
    writeFileSync(join(sheet.folder, name), 'words')
  expect(await localMedia.sweep(sheet)).toBe(true)
  expect(readdirSync(sheet.folder).sort()).toEqual(['.x-2-of-2.txt.keyturn-part-00', 'x-1-of-2.txt'])
  mkdirSync(join(sheet.folder, '.x-1-of-2.txt.keyturn-part-01'))
  expect(await localMedia.sweep(sheet)).toBe(false)
  expect(await localMedia.sweep({ ...sheet, folder: join(sheet.folder, 'none') })).toBe(false)
})
