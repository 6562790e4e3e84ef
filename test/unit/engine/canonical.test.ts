import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalJson } from '../../../electron/engine/canonical.ts'

describe('canonical JSON', () => {
  test('sorts keys at every depth and keeps the order of lists', () => {
    expect(canonicalJson({ b: [2, 1, { z: null, a: true }], a: 'ä' })).toBe(
      '{"a":"ä","b":[2,1,{"a":true,"z":null}]}',
    )
  })

  const shuffled = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(shuffled)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([key, item]) => [key, shuffled(item)]),
    )
  }
  const plain = fc.jsonValue({ stringUnit: 'binary' }).filter(isCanonical)

  test('is the same for every order of keys, and reads back as the same data', () => {
    fc.assert(
      fc.property(plain, (value) => {
        expect(canonicalJson(shuffled(value))).toBe(canonicalJson(value))
        expect(JSON.parse(canonicalJson(value))).toEqual(value)
      }),
    )
  })

  test.each([
    ['undefined', undefined],
    ['an undefined field', { a: undefined }],
    ['a hole in a list', [1, , 3]],
    ['NaN', Number.NaN],
    ['infinity', { a: Number.POSITIVE_INFINITY }],
    ['minus zero', -0],
    ['a date', new Date(0)],
    ['bytes', Buffer.from('x')],
    ['a map', new Map()],
    ['a function', () => 1],
    ['a bigint', 1n],
    ['a symbol', Symbol('s')],
    ['a symbol as key', { [Symbol('s')]: 1 }],
    ['half a character', '\ud800'],
    [
      'an object with toJSON of a class',
      new (class {
        toJSON() {
          return 1
        }
      })(),
    ],
  ])('refuses %s', (_what, value) => {
    expect(() => canonicalJson(value)).toThrow(/^internal/)
  })

  test('refuses a cycle but takes the same object twice', () => {
    const shared = { a: 1 }
    expect(canonicalJson([shared, shared])).toBe('[{"a":1},{"a":1}]')
    const cycle: Record<string, unknown> = {}
    cycle.self = cycle
    expect(() => canonicalJson(cycle)).toThrow(/^internal/)
  })
})

const isCanonical = (value: unknown): boolean => {
  try {
    canonicalJson(value)
    return true
  } catch {
    return false
  }
}
