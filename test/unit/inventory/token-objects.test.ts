import { expect, test } from 'vitest'
import { keysOfObjects } from '../../../electron/inventory/token-objects.ts'
import { mainWords, noticesOf } from '../../../electron/inventory/token-words.ts'
import { tokenKeyCells, tokenKeyRows } from '../../../electron/ipc/handlers/token-rows.ts'
import { pageOf } from '../../../electron/ipc/paging.ts'
import { careRefusal } from '../../../electron/ports/token-readings.ts'
import { asTargetId } from '../../../shared/model/ids.ts'
import type { HsmKey } from '../../../electron/ports/hsm.ts'
import { tokenObject } from '../../support/token-objects.ts'

const pair = (change: Partial<HsmKey> = {}) => [tokenObject('public', change), tokenObject('private', change)]
const print = (letter: string): string => letter.repeat(64)

test('both halves of a pair are one key, in whatever order a token lists them', () => {
  const [key, ...others] = keysOfObjects(pair())
  expect(others).toEqual([])
  expect(key?.halves.map((half) => half.class)).toEqual(['private', 'public'])
  expect(JSON.stringify(key)).not.toContain('handle')
  expect(keysOfObjects(pair().toReversed())).toEqual(keysOfObjects(pair()))
})

test('a private half without a public key joins the only public one of its id, and no other', () => {
  const silent = tokenObject('private', { spkiSha256: null })
  expect(keysOfObjects([silent, tokenObject('public')])).toHaveLength(1)
  const two = [silent, tokenObject('public'), tokenObject('public', { spkiSha256: print('b') })]
  expect(keysOfObjects(two)).toHaveLength(3)
})

test('the same id or label twice is said of each, and such a key is not worked on', () => {
  const keys = keysOfObjects([
    ...pair(),
    ...pair({ spkiSha256: print('b'), label: 'L' }),
    ...pair({ id: 'b1' }),
  ])
  expect(keys.map(({ id, sameId, sameLabel }) => [id, sameId, sameLabel])).toEqual([
    ['a1', 1, 1],
    ['a1', 1, 0],
    ['b1', 0, 1],
  ])
  expect(keys.map((key) => careRefusal(key) === null)).toEqual([false, false, true])
  const [first] = keys
  expect(first && noticesOf(first, true)).toEqual([
    '1 other key of this token has the same id',
    '1 other key of this token has the same label',
  ])
})

test('one half twice under one id is one key that can’t be worked on', () => {
  const [key] = keysOfObjects([...pair(), tokenObject('private')])
  expect(key && noticesOf(key, true)).toContain('The private half is there 2 times')
  expect(key && careRefusal(key)).toContain('More than one key')
})

test('keys without an id belong to no other, and say so', () => {
  const keys = keysOfObjects(pair({ id: '' }))
  expect(keys).toHaveLength(2)
  expect(keys.map(({ sameId }) => sameId)).toEqual([0, 0])
  expect(keys.map((key) => careRefusal(key))).toEqual([
    expect.stringContaining('no id'),
    expect.stringContaining('no id'),
  ])
  expect(new Set(keys.map(({ mark }) => mark)).size).toBe(2)
})

test('what is missing is told apart from what was not read', () => {
  const [alone] = keysOfObjects([tokenObject('public')])
  const words = (seesAll: boolean): string =>
    JSON.stringify(alone === undefined ? [] : mainWords(alone, seesAll))
  expect(words(true)).toContain('not on this token')
  expect(words(false)).toContain('not read')
  const [hidden] = keysOfObjects([tokenObject('private')])
  expect(hidden && noticesOf(hidden, true)).toEqual(['Its public half is not on this token'])
})

test('objects of a session are no keys of the token', () => {
  expect(keysOfObjects([tokenObject('secret', { kept: 'session' })])).toEqual([])
})

const readingOf = (objects: readonly HsmKey[]) => ({
  target: { id: asTargetId('t-hsm'), kind: 'hsm', name: 'token-1', environment: 'test' } as const,
  serial: '1',
  product: 'P',
  at: '2026-11-26T00:00:00.000Z',
  seesAll: true,
  keys: keysOfObjects(objects),
})

test('1,000 keys are filtered and paged', () => {
  const objects = Array.from({ length: 1_000 }, (_, index) =>
    tokenObject('secret', { id: (index + 4096).toString(16), label: `K-${index}`, checkValue: null }),
  )
  const rows = tokenKeyRows(readingOf(objects), [], null)
  const page = (search: string) =>
    pageOf(
      rows,
      { sort: { column: 'label', direction: 'asc' }, search, filters: [], offset: 0, limit: 100 },
      tokenKeyCells,
    )
  expect([page('').total, page('').rows.length, page('k-999').total]).toEqual([1_000, 100, 1])
})

test('a key that a run left open is named with its run, and only while it can be wrapped', () => {
  const run = 'abcdefghjkmn'
  const id = Buffer.from(run).toString('hex')
  const open = [{ run, label: 'K', token: 'token-1', decided: false }]
  const rowOf = (extractable: boolean) => {
    const { attributes } = tokenObject('private')
    const objects = pair({ id, attributes: { ...attributes, extractable } })
    return tokenKeyRows(readingOf(objects), open, null)[0]
  }
  expect(rowOf(true)?.open).toEqual({ run, decided: false })
  expect(rowOf(false)?.open).toBeNull()
})
