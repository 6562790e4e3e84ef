import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { SecretBytes } from '../../../../electron/platform/secret-bytes.ts'
import { joinWith } from '../../../../electron/formats/slip39/join.ts'
import { wordlist } from '../../../../electron/formats/slip39/wordlist.ts'
import { problemFrom } from '../../../support/shares.ts'
import { vectorPassphrase, vectors } from './vectors.ts'

const join = (shares: readonly string[]): string =>
  joinWith(
    shares.map((words) => SecretBytes.fromText(words)),
    Buffer.from(vectorPassphrase),
  ).use((bytes) => bytes.toString('hex'))

test('the list of words is the one of the standard', () => {
  const text = wordlist.map((word) => `${word}\n`).join('')
  expect(createHash('sha256').update(text).digest('hex')).toBe(
    'bcc4555340332d169718aed8bf31dd9d5248cb7da6e5d355140ef4f1e601eec3',
  )
  expect(new Set(wordlist.map((word) => word.slice(0, 4))).size).toBe(1024)
})

test('there are 45 official vectors', () => {
  expect(vectors).toHaveLength(45)
})

test.each(vectors.filter(({ secret }) => secret !== null))('$what: joins', ({ shares, secret }) => {
  expect(join(shares)).toBe(secret)
})

/** Why each of the others is refused, by its number. */
const refusals: Record<string, string> = {
  2: 'share-checksum',
  3: 'share-damaged',
  5: 'share-too-few',
  6: 'share-other-set',
  7: 'share-other-set',
  8: 'share-other-set',
  9: 'share-other-set',
  10: 'share-damaged',
  11: 'share-number-twice',
  12: 'share-other-set',
  13: 'share-digest',
  14: 'share-groups-too-few',
  15: 'share-groups-too-few',
  16: 'share-too-few',
  21: 'share-checksum',
  22: 'share-damaged',
  24: 'share-too-few',
  25: 'share-other-set',
  26: 'share-other-set',
  27: 'share-other-set',
  28: 'share-other-set',
  29: 'share-damaged',
  30: 'share-number-twice',
  31: 'share-other-set',
  32: 'share-digest',
  33: 'share-groups-too-few',
  34: 'share-groups-too-few',
  35: 'share-too-few',
  39: 'share-word-count',
  40: 'share-word-count',
}

test.each(vectors.filter(({ secret }) => secret === null))('$what: is refused', ({ what, shares }) => {
  expect(problemFrom(() => join(shares)).code).toBe(refusals[what.split('.')[0] ?? ''])
})
