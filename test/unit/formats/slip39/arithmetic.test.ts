import { expect, test } from 'vitest'
import { inverse, multiply } from '../../../../electron/formats/slip39/gf256.ts'
import { isWord, wordsBeginningWith, wordsNear } from '../../../../electron/formats/slip39/index.ts'
import { wordlist } from '../../../../electron/formats/slip39/wordlist.ts'

/** Logarithms to the base 3, built by schoolbook doubling: another way to the same products. */
const tables = (): { log: number[]; exp: number[] } => {
  const log: number[] = []
  const exp: number[] = []
  for (let power = 0, value = 1; power < 255; power += 1) {
    exp[power] = value
    log[value] = power
    const doubled = value << 1
    value ^= doubled > 0xff ? doubled ^ 0x11b : doubled
  }
  return { log, exp }
}

test('all 65,536 products are those of logarithm tables, and each inverse is one', () => {
  const { log, exp } = tables()
  expect(new Set(exp).size).toBe(255)
  for (let left = 0; left < 256; left += 1) {
    for (let right = 0; right < 256; right += 1) {
      const expected = left === 0 || right === 0 ? 0 : exp[((log[left] ?? 0) + (log[right] ?? 0)) % 255]
      if (multiply(left, right) !== expected) throw new Error(`${left} × ${right}`)
    }
    expect(multiply(left, inverse(left))).toBe(left === 0 ? 0 : 1)
  }
})

test('typing is helped word by word', () => {
  expect(isWord('Academic')).toBe(true)
  expect(isWord('acad')).toBe(false)
  expect(isWord('')).toBe(false)
  for (const word of wordlist) expect(wordsBeginningWith(word.slice(0, 4))).toEqual([word])
  expect(wordsBeginningWith('aca')).toEqual(['academic'])
  expect(wordsBeginningWith('A', 3)).toEqual(wordlist.slice(0, 3))
  expect(wordsBeginningWith('')).toEqual([])
  expect(wordsBeginningWith('qqq')).toEqual([])
})

test('words near a mistake come nearest first, three at most', () => {
  expect(wordsNear('academci')).toEqual(['academic'])
  expect(wordsNear('acidd')[0]).toBe('acid')
  expect(wordsNear('zzzzzzzz')).toEqual([])
  expect(wordsNear('x'.repeat(10_000))).toEqual([])
  for (const typed of ['bea', 'stik', 'clock', 'mater'])
    expect(wordsNear(typed).length).toBeLessThanOrEqual(3)
})
