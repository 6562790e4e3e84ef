import { wordlist } from './wordlist.ts'

/** Help for a person who types a share: these see single words, never a share, and keep nothing. */
export const isWord = (text: string): boolean => wordlist.includes(text.toLowerCase())

/** At most `limit` words, in the order of the alphabet. After 4 letters there is one at most. */
export const wordsBeginningWith = (text: string, limit = 8): string[] =>
  text === '' ? [] : wordlist.filter((word) => word.startsWith(text.toLowerCase())).slice(0, limit)

/** Up to 3 words that `text` may have been meant to be: two letters wrong, missing, too many or swapped at most, the nearest first. */
export const wordsNear = (text: string): string[] => {
  const typed = text.toLowerCase().slice(0, 12)
  return wordlist
    .map((word) => ({ word, far: distance(typed, word) }))
    .filter(({ far }) => far > 0 && far <= 2)
    .toSorted((left, right) => left.far - right.far)
    .slice(0, 3)
    .map(({ word }) => word)
}

/** How many letters have to be put in, taken out, replaced or swapped with their neighbor. */
const distance = (from: string, to: string): number => {
  let before: number[] = []
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= to.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + Number(from[i - 1] !== to[j - 1])
      const swapped =
        i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]
          ? (before[j - 2] ?? 0) + 1
          : Infinity
      next[j] = Math.min(replaced, swapped, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1)
    }
    ;[before, row] = [row, next]
  }
  return row[to.length] ?? 0
}
