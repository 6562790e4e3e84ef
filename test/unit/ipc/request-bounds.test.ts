import { describe, expect, it } from 'vitest'
import { isBounded, zeroBytes } from '../../../electron/ipc/request-bounds.ts'

const nested = (depth: number): unknown => (depth === 0 ? 1 : { inner: nested(depth - 1) })

describe('the size of a request', () => {
  it.each([
    ['nothing', undefined],
    [
      'a draft with thousands of databases',
      { answers: { databases: Array.from({ length: 5000 }, (_v, i) => `db-${i}`) } },
    ],
    ['a certificate of 200,000 characters', { corporateCa: 'x'.repeat(200_000) }],
    ['bytes', { passphrase: new Uint8Array(4096) }],
    ['sixteen levels', nested(16)],
  ])('%s fits', (_name, request) => {
    expect(isBounded(request)).toBe(true)
  })

  it.each([
    ['a long text', { text: 'x'.repeat(1_048_577) }],
    ['long names', { ['x'.repeat(1_048_577)]: 1 }],
    ['many bytes', { bytes: new Uint8Array(1_048_577) }],
    ['many small values', Array.from({ length: 50_001 }, () => 0)],
    ['seventeen levels', nested(17)],
    ['a map', new Map([['a', 1]])],
    ['a date', { at: new Date(0) }],
    ['a bare buffer', { bytes: new ArrayBuffer(8) }],
    ['wide words', { words: new Uint32Array(2) }],
  ])('%s does not', (_name, request) => {
    expect(isBounded(request)).toBe(false)
  })

  it('a cycle does not, and measuring it ends', () => {
    const cycle: Record<string, unknown> = {}
    cycle['self'] = cycle
    expect(isBounded(cycle)).toBe(false)
    const wide: unknown[] = []
    for (let count = 0; count < 100; count++) wide.push(wide)
    expect(isBounded(wide)).toBe(false)
  })
})

describe('wiping', () => {
  it('finds bytes wherever structured clone can carry them', () => {
    const all = Array.from({ length: 6 }, () => new Uint8Array([7, 7]))
    const [plain, inMap, inSet, inArray, bare, wide] = all as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ]
    zeroBytes({
      plain,
      map: new Map([['a', inMap]]),
      set: new Set([inSet]),
      array: [[inArray]],
      bare: bare.buffer,
      wide: new Uint16Array(wide.buffer),
    })
    expect(all.map((bytes) => [...bytes])).toEqual(all.map(() => [0, 0]))
  })

  it('leaves the neighbours in a shared buffer alone, and ends on a cycle', () => {
    const whole = new Uint8Array([1, 2, 3, 4])
    const cycle: Record<string, unknown> = { part: whole.subarray(1, 3) }
    cycle['self'] = cycle
    zeroBytes(cycle)
    expect([...whole]).toEqual([1, 0, 0, 4])
  })
})
