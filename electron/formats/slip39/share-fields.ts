import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { SecretBytes } from '../../platform/secret-bytes.ts'
import { checksumFits, checksumWords, putChecksum } from './rs1024.ts'
import { numbersOf, wordsOf } from './share-words.ts'

/** What a share says about itself; nothing of the secret follows from it. */
export interface ShareInfo {
  /** 15 random bits: shares that belong together have the same. */
  identifier: number
  extendable: boolean
  iterationExponent: number
  /** Which group of the set, from 0. Keyturn writes one group. */
  groupIndex: number
  /** How many groups join the secret. */
  groupThreshold: number
  groupCount: number
  /** Which share of its group, from 0: share number 1 has index 0. */
  memberIndex: number
  /** How many shares of this group join it. */
  memberThreshold: number
}

export interface Share {
  info: ShareInfo
  /** One point of the polynomials; whoever read the share wipes it. */
  value: Uint8Array
}

const headWords = 4

/** 10,000 iterations of PBKDF2 doubled this often take about a second; a share that asks for more would hold up everything. */
const highestExponent = 8

/** Errors: those of `numbersOf`, share-checksum, share-damaged. */
export const decodeShare = (words: SecretBytes): Share => {
  const numbers = numbersOf(words)
  try {
    const info = infoOf(numbers)
    if (!checksumFits(numbers, info.extendable)) throw new KeyturnError('share-checksum')
    if (Math.max(info.groupThreshold, info.groupIndex + 1) > info.groupCount)
      throw damaged('it speaks of more groups than there are')
    if (info.iterationExponent > highestExponent)
      throw damaged('it asks for more than 2,560,000 iterations of PBKDF2')
    return { info, value: valueOf(numbers) }
  } finally {
    numbers.fill(0)
  }
}

const damaged = (why: string): KeyturnError => new KeyturnError('share-damaged', { why })

/** Fields of 4 bits, and above them those of the set. */
const infoOf = (numbers: Uint16Array): ShareInfo => {
  const [first = 0, second = 0, third = 0, fourth = 0] = numbers
  const set = (first << 10) | second
  const member = (third << 10) | fourth
  return {
    identifier: set >> 5,
    extendable: ((set >> 4) & 1) === 1,
    iterationExponent: set & 15,
    groupIndex: member >> 16,
    groupThreshold: ((member >> 12) & 15) + 1,
    groupCount: ((member >> 8) & 15) + 1,
    memberIndex: (member >> 4) & 15,
    memberThreshold: (member & 15) + 1,
  }
}

/** The value fills its words from the right; what is left over in the first one is zero. */
const valueOf = (numbers: Uint16Array): Uint8Array => {
  const bits = 10 * (numbers.length - headWords - checksumWords)
  const padding = bits % 16
  const value = new Uint8Array((bits - padding) / 8)
  let held = 0
  let kept = 0
  let at = 0
  let left = padding
  for (const number of numbers.subarray(headWords, numbers.length - checksumWords)) {
    held = (held << 10) | number
    kept += 10
    if (left > 0) {
      kept -= left
      if (held >> kept !== 0) throw damaged('its padding is not zero')
      left = 0
    }
    while (kept >= 8) {
      kept -= 8
      value[at++] = held >> kept
      held &= (1 << kept) - 1
    }
  }
  return value
}

export const encodeShare = ({ info, value }: Share): SecretBytes => {
  const valueWords = Math.ceil((value.length * 8) / 10)
  const numbers = new Uint16Array(headWords + valueWords + checksumWords)
  const set = (info.identifier << 5) | (Number(info.extendable) << 4) | info.iterationExponent
  const member =
    (info.groupIndex << 16) |
    ((info.groupThreshold - 1) << 12) |
    ((info.groupCount - 1) << 8) |
    (info.memberIndex << 4) |
    (info.memberThreshold - 1)
  numbers.set([set >> 10, set & 1023, member >> 10, member & 1023])
  let held = 0
  let kept = valueWords * 10 - value.length * 8
  let at = headWords
  for (const byte of value) {
    held = (held << 8) | byte
    kept += 8
    if (kept >= 10) {
      kept -= 10
      numbers[at++] = held >> kept
      held &= (1 << kept) - 1
    }
  }
  putChecksum(numbers, info.extendable)
  const words = wordsOf(numbers)
  numbers.fill(0)
  return words
}
