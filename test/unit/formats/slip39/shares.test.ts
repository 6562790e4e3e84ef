import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { KeyturnError } from '../../../../shared/errors/problem.ts'
import { joinWith } from '../../../../electron/formats/slip39/join.ts'
import {
  checkCode,
  readShare,
  shareFingerprint,
  splitSecret,
} from '../../../../electron/formats/slip39/index.ts'
import { decodeShare, encodeShare, type Share } from '../../../../electron/formats/slip39/share-fields.ts'
import { wordlist } from '../../../../electron/formats/slip39/wordlist.ts'
import { SecretBytes } from '../../../../electron/platform/secret-bytes.ts'
import { fixedSet, joinTexts, makeSet, problemFrom, textOf, withWord } from '../../../support/shares.ts'

const words = (text: string): SecretBytes => SecretBytes.fromText(text)
const codeOf = (act: () => unknown): string => problemFrom(act).code
const plans = fc
  .tuple(fc.integer({ min: 2, max: 16 }), fc.integer({ min: 2, max: 16 }))
  .map(([one, other]) => ({ threshold: Math.min(one, other), members: Math.max(one, other) }))

/** The set of docs/formats/shares.md. */
const example = (): ReturnType<typeof makeSet> => {
  let last = 0
  const random = (bytes: number): Uint8Array =>
    Uint8Array.from({ length: bytes }, () => (last = (last + 7) & 0xff))
  return makeSet(3, 5, Buffer.from(Array.from({ length: 32 }, (_, index) => index)), random)
}

/** The same share with something else in it and a checksum that fits: what somebody who knows the format can make. */
const forged = (share: string, change: (share: Share) => void): string => {
  const decoded = decodeShare(words(share))
  change(decoded)
  return textOf(encodeShare(decoded))
}

describe('splitting and joining', () => {
  test('any of the shares that are needed join, in any order', () => {
    fc.assert(
      fc.property(plans, fc.infiniteStream(fc.nat()), ({ threshold, members }, order) => {
        const { secret, shares } = makeSet(threshold, members)
        const some = shares
          .map((share) => ({ share, at: order.next().value ?? 0 }))
          .toSorted((left, right) => left.at - right.at)
          .slice(0, threshold)
          .map(({ share }) => share)
        return joinTexts(some) === secret
      }),
      { numRuns: 40 },
    )
  })

  test('one share fewer does not, and the error says how many were given', () => {
    fc.assert(
      fc.property(plans, ({ threshold, members }) => {
        const { shares } = makeSet(threshold, members)
        const problem = problemFrom(() => joinTexts(shares.slice(members - threshold + 1)))
        expect(problem).toMatchObject({
          code: 'share-too-few',
          title: `The shares were not joined: shares given: ${threshold - 1}, needed: ${threshold}`,
        })
      }),
      { numRuns: 20 },
    )
  })

  test('too few shares give nothing even if they claim to be enough', () => {
    const { shares } = makeSet(4, 5)
    const claiming = shares
      .slice(0, 3)
      .map((share) => forged(share, ({ info }) => (info.memberThreshold = 3)))
    expect(codeOf(() => joinTexts(claiming))).toBe('share-digest')
  })

  test('more shares than are needed join, and each of them has to fit', () => {
    const { secret, shares } = makeSet(3, 5)
    expect(joinTexts(shares)).toBe(secret)
    const false5 = forged(shares[4] ?? '', ({ value }) => value.fill(7, 3, 4))
    expect(codeOf(() => joinTexts([...shares.slice(0, 4), false5]))).toBe('share-digest')
  })

  test('shares have 33 words, their number, one group, the extendable flag and exponent 0', () => {
    const { shares } = makeSet(3, 5)
    const infos = shares.map((share) => readShare(words(share)))
    expect(infos).toEqual(
      shares.map((_, memberIndex) => ({
        identifier: infos[0]?.identifier,
        extendable: true,
        iterationExponent: 0,
        groupIndex: 0,
        groupThreshold: 1,
        groupCount: 1,
        memberIndex,
        memberThreshold: 3,
      })),
    )
    for (const share of shares) expect(share).toMatch(/^([a-z]{4,8} ){32}[a-z]{4,8}$/)
  })

  test('the worked example of the format stays as it is written', () => {
    expect(example().shares[0]).toBe(
      'aspect indicate academic acne activity energy chubby pitch beyond award endless detailed employer step hamster sack island paper march exercise playoff harvest program sugar survive deny space grumpy auction wine wealthy smirk disaster',
    )
    expect(example().shares.map((share) => checkCode(shareFingerprint(words(share))))).toEqual([
      '294a 37e9',
      '11e4 91ae',
      'd257 dd5d',
      'ee9e 913c',
      'd95a 9d81',
    ])
  })

  test('what randomness gave is wiped, the secret stays the caller’s, and so do shares', () => {
    const given: Uint8Array[] = []
    const random = (bytes: number): Uint8Array => {
      const part = Uint8Array.from(randomBytes(bytes))
      given.push(part)
      return part
    }
    const secret = SecretBytes.take(randomBytes(32))
    const shares = splitSecret(secret, { threshold: 3, members: 4 }, random)
    expect(given.map(({ length }) => length)).toEqual([2, 32, 28])
    for (const part of given.slice(1)) expect(part.every((byte) => byte === 0)).toBe(true)
    expect(secret.wiped).toBe(false)
    joinWith(shares, new Uint8Array()).wipe()
    expect(shares.some(({ wiped }) => wiped)).toBe(false)
  })

  test.each([
    [1, 1, 'at least 2 shares'],
    [1, 5, 'at least 2 shares'],
    [0, 5, 'at least 2 shares'],
    [4, 3, '4 shares would be needed and only 3 made'],
    [2, 17, 'at most 16'],
    [2.5, 4, 'whole'],
    [NaN, 4, 'whole'],
  ])('%s of %s is refused', (threshold, members, why) => {
    const problem = problemFrom(() => makeSet(threshold, members))
    expect(problem.code).toBe('share-plan-refused')
    expect(problem.title).toContain(why)
  })

  test.each([0, 16, 31, 33])('a secret of %i bytes is refused', (length) => {
    expect(codeOf(() => makeSet(2, 3, Buffer.alloc(length)))).toBe('share-plan-refused')
  })

  test('randomness that gives too little is a fault of the program, not a weak share', () => {
    expect(() => makeSet(3, 5, randomBytes(32), () => new Uint8Array(4))).toThrow('internal')
  })
})

describe('reading a share', () => {
  const { shares } = example()
  const [share = '', second = ''] = shares

  test('any other word in any place is found', () => {
    fc.assert(
      fc.property(fc.nat(32), fc.constantFrom(...wordlist), (position, word) => {
        const changed = withWord(share, position, word)
        return changed === share || codeOf(() => readShare(words(changed))) === 'share-checksum'
      }),
      { numRuns: 1_500 },
    )
  })

  test('two words that changed places are found', () => {
    const parts = share.split(' ')
    for (let first = 0; first < 33; first += 1) {
      for (let other = first + 1; other < 33; other += 1) {
        if (parts[first] === parts[other]) continue
        const swapped = parts.with(first, parts[other] ?? '').with(other, parts[first] ?? '')
        expect(codeOf(() => readShare(words(swapped.join(' '))))).toBe('share-checksum')
      }
    }
  })

  test('words outside the list are named by their places', () => {
    const one = problemFrom(() => readShare(words(withWord(share, 4, 'activty'))))
    expect(one.code).toBe('share-word-unknown')
    expect(one.title).toBe('The share was not read: word 5 is not in the list of words')
    const three = [0, 9, 32].reduce((text, at) => withWord(text, at, 'acad'), share)
    expect(problemFrom(() => readShare(words(three))).title).toContain('words 1, 10 and 33 are not in')
    const all = problemFrom(() => readShare(words('x '.repeat(33))))
    expect(all.title).toContain('words 1, 2, 3, 4, 5, 6 and 27 more are not in')
  })

  test.each(['acad', 'academi', 'academics', 'äcademic', 'academic.', '1', 'aaaaaaaaaaaaaaaaaaaa', 'zzzz'])(
    'only whole words count: %s',
    (word) => {
      expect(codeOf(() => readShare(words(withWord(share, 2, word))))).toBe('share-word-unknown')
    },
  )

  test.each([0, 1, 19, 21, 27, 31, 32, 34, 60, 500])('%i words are refused, and counted', (count) => {
    const text = Array.from({ length: count }, () => 'academic').join(' ')
    const problem = problemFrom(() => readShare(words(text)))
    expect(problem.code).toBe('share-word-count')
    expect(problem.title).toContain(`it has ${count === 500 ? 'far too many' : count} words`)
  })

  test('upper case, tabs and ends of lines are of no account, for the fingerprint neither', () => {
    const other = `\n\t ${share.toUpperCase().replaceAll(' ', '\r\n   ')}  `
    expect(readShare(words(other))).toEqual(readShare(words(share)))
    expect(shareFingerprint(words(other))).toBe(shareFingerprint(words(share)))
    expect(joinTexts([other, second, shares[2] ?? ''])).toBe(example().secret)
  })

  test('a share that asks for hours of PBKDF2 is refused before any of it', () => {
    const slow = shares.map((one) => forged(one, ({ info }) => (info.iterationExponent = 15)))
    expect(problemFrom(() => joinTexts(slow)).code).toBe('share-damaged')
  })

  test('fields that contradict each other are refused', () => {
    const more = forged(share, ({ info }) => (info.groupThreshold = 2))
    expect(codeOf(() => readShare(words(more)))).toBe('share-damaged')
    const beyond = forged(share, ({ info }) => (info.groupIndex = 1))
    expect(codeOf(() => readShare(words(beyond)))).toBe('share-damaged')
  })
})

describe('shares that do not belong together', () => {
  const ours = makeSet(2, 3)
  const [one = '', two = ''] = ours.shares

  test('of another set', () => {
    expect(codeOf(() => joinTexts([one, example().shares[1] ?? '']))).toBe('share-other-set')
  })

  test('the same share twice, also in other spelling and beside enough others', () => {
    const problem = problemFrom(() => joinTexts([two, two.toUpperCase()]))
    expect(problem.code).toBe('share-twice')
    expect(problem.title).toContain('share 2 was given twice')
    expect(codeOf(() => joinTexts([one, two, one]))).toBe('share-twice')
  })

  test('two shares with one number', () => {
    const other = forged(two, ({ value }) => value.reverse())
    expect(codeOf(() => joinTexts([two, other]))).toBe('share-number-twice')
  })

  test('a false share, and one of a set with the same identifier', () => {
    const other = forged(two, ({ value }) => value.reverse())
    expect(codeOf(() => joinTexts([one, other]))).toBe('share-digest')
    const { identifier } = readShare(words(one))
    const foreign = forged(makeSet(2, 3).shares[1] ?? '', ({ info }) => (info.identifier = identifier))
    expect(codeOf(() => joinTexts([one, foreign]))).toBe('share-digest')
  })

  test('no share at all', () => {
    expect(codeOf(() => joinTexts([]))).toBe('share-too-few')
  })
})

test('no error holds a word of a share, nor what was typed instead of one', () => {
  const { shares } = fixedSet(2, 3, 1)
  const [one = '', two = ''] = shares
  const foreign = fixedSet(2, 3, 2).shares[1] ?? ''
  const typed = 'qwertzui'
  const broken: readonly (readonly string[])[] = [
    [withWord(one, 5, typed), two],
    [one.split(' ').slice(1).join(' '), two],
    [withWord(one, 5, one.split(' ')[5] === 'acid' ? 'acne' : 'acid'), two],
    [forged(one, ({ info }) => (info.groupThreshold = 9)), two],
    [one, foreign],
    [one, one],
    [one],
    [one, forged(two, ({ value }) => value.reverse())],
    [two, forged(two, ({ value }) => value.reverse())],
    [`${one} ${two}`.repeat(20)],
  ]
  const codes = broken.map((given) => {
    let thrown: unknown
    try {
      joinTexts(given)
    } catch (error) {
      thrown = error
    }
    if (!(thrown instanceof KeyturnError)) throw new Error('this was taken, or ended in another error')
    const seen = `${inspect(thrown, { depth: null, showHidden: true })} ${JSON.stringify(thrown.problem)} ${thrown.stack}`
    expect(seen).not.toContain(typed)
    const parts = given.join(' ').split(' ')
    for (const [at, part] of parts.entries()) {
      expect(seen).not.toContain(`${part} ${parts[at + 1]}`)
      expect(seen).not.toContain(`'${part}'`)
    }
    return thrown.code
  })
  expect(new Set(codes).size).toBe(9)
})
