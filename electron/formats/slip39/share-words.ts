import { KeyturnError } from '../../../shared/errors/problem.ts'
import { SecretBytes } from '../../platform/secret-bytes.ts'
import { wordlist } from './wordlist.ts'

/**
 * Secrets of 128 and of 256 bits, as the official vectors have them; Keyturn's own have 256. The standard allows other
 * lengths, which nobody needs here: a share that lacks words would pass for one of those until its checksum is looked at.
 */
const counts = [20, 33]
const mostWords = 33

/** 33 words with generous spaces are far shorter: longer text is not read at all. */
const mostBytes = 4_096
const longestWord = 8

/** All words in one buffer: words of shares are compared and copied as bytes, and never become strings. */
const letters = Buffer.from(wordlist.join(''), 'ascii')
const starts = wordlist.reduce<number[]>(
  (places, word) => [...places, (places.at(-1) ?? 0) + word.length],
  [0],
)
const startOf = (number: number): number => starts[number] ?? 0

/**
 * The numbers of the words of a share; the caller wipes them. Upper and lower case, and any spaces, tabs and ends of
 * lines between words are taken. Errors: share-word-unknown with positions, never with a word; share-word-count.
 */
export const numbersOf = (words: SecretBytes): Uint16Array =>
  words.use((text) => {
    if (text.length > mostBytes) throw countRefused('far too many')
    const numbers = new Uint16Array(mostWords)
    const unknown: number[] = []
    let count = 0
    try {
      for (let at = 0; at < text.length; at += 1) {
        if (isSpace(text[at])) continue
        const from = at
        while (at < text.length && !isSpace(text[at])) at += 1
        const number = numberOf(text, from, at)
        if (number < 0) unknown.push(count + 1)
        else if (count < mostWords) numbers[count] = number
        count += 1
      }
      if (unknown.length > 0) throw new KeyturnError('share-word-unknown', { which: positions(unknown) })
      if (!counts.includes(count)) throw countRefused(count)
      return numbers.slice(0, count)
    } finally {
      numbers.fill(0)
    }
  })

const countRefused = (words: number | string): KeyturnError => new KeyturnError('share-word-count', { words })

/** The words in lower case with one space between them. */
export const wordsOf = (numbers: Uint16Array): SecretBytes => {
  const text = Buffer.alloc(numbers.length * (longestWord + 1))
  let at = 0
  for (const number of numbers) {
    if (at > 0) text[at++] = 0x20
    at += letters.copy(text, at, startOf(number), startOf(number + 1))
  }
  const exact = Buffer.from(text.subarray(0, at))
  text.fill(0)
  return SecretBytes.take(exact)
}

const isSpace = (byte: number | undefined): boolean =>
  byte === 0x20 || (byte !== undefined && byte >= 0x09 && byte <= 0x0d)

/** By halves through the alphabet; -1 where the list has no such word. */
const numberOf = (text: Uint8Array, from: number, to: number): number => {
  if (to - from > longestWord) return -1
  let low = 0
  let high = wordlist.length
  while (low < high) {
    const middle = (low + high) >> 1
    const order = compare(text, from, to, middle)
    if (order === 0) return middle
    if (order < 0) high = middle
    else low = middle + 1
  }
  return -1
}

const compare = (text: Uint8Array, from: number, to: number, number: number): number => {
  const start = startOf(number)
  const length = startOf(number + 1) - start
  for (let index = 0; index < Math.min(to - from, length); index += 1) {
    const difference = lower(text[from + index] ?? 0) - (letters[start + index] ?? 0)
    if (difference !== 0) return difference
  }
  return to - from - length
}

const lower = (byte: number): number => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte)

const shownPositions = 6

const positions = (unknown: readonly number[]): string => {
  const shown = unknown.slice(0, shownPositions).map(String)
  if (unknown.length > shownPositions) shown.push(`${unknown.length - shownPositions} more`)
  const last = shown.pop() ?? ''
  return shown.length === 0 ? `word ${last} is` : `words ${shown.join(', ')} and ${last} are`
}
