import { KeyturnError } from '../../shared/errors/problem.ts'
import { canonicalShare, readShare } from '../formats/slip39/index.ts'
import { SecretBytes } from '../platform/secret-bytes.ts'

/** The lines of a sheet between which its words stand. */
export const beginWords = 'BEGIN SHARE WORDS'
export const endWords = 'END SHARE WORDS'

/** A sheet has about 3 kB; names in it may be long in UTF-8. */
export const longestShareFile = 16 * 1024

/**
 * The words of a share file, in lower case with single spaces: of a sheet as `shareSheet` writes it, or of a text that
 * holds the words alone (numbered 1. 2. 3. or not). The words, their number and the checksum are checked. `file` stays
 * the caller's, who wipes it. Errors: share-file-refused, and those of `readShare`.
 */
export const readShareFile = (file: Uint8Array): SecretBytes => {
  if (file.length > longestShareFile) throw refused(`it is longer than ${longestShareFile / 1024} KiB`)
  if (file.length === 0) throw refused('it is empty')
  const words = wordsAlone(file.subarray(hasMark(file) ? 3 : 0))
  try {
    readShare(words)
    return canonicalShare(words)
  } finally {
    words.wipe()
  }
}

const refused = (why: string): KeyturnError => new KeyturnError('share-file-refused', { why })

/** What some editors put in front of UTF-8 text. */
const hasMark = (file: Uint8Array): boolean => file[0] === 0xef && file[1] === 0xbb && file[2] === 0xbf

/** Without the numbers, if there are any. */
const wordsAlone = (file: Uint8Array): SecretBytes => {
  if (file.includes(0)) throw refused('it is not plain text in UTF-8')
  const text = Buffer.from(file)
  const kept = Buffer.alloc(file.length, 0x20)
  try {
    const [from, to] = partWithWords(text)
    const parts = [...partsOf(text, from, to, isSpace)]
    const numbered = parts.some((part) => numberOf(text, part) !== null)
    let at = 0
    for (const [index, part] of parts.entries()) {
      if (numbered && index % 2 === 0) {
        if (numberOf(text, part) !== index / 2 + 1)
          throw refused('the numbers before its words do not run 1, 2, 3 without a gap')
      } else at += text.copy(kept, at, ...part) + 1
    }
    return SecretBytes.take(Buffer.from(kept.subarray(0, at)))
  } finally {
    text.fill(0)
    kept.fill(0)
  }
}

/** From a place up to, not including, another. */
type Part = readonly [from: number, to: number]

const isSpace = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d)
const isLineEnd = (byte: number): boolean => byte === 0x0a || byte === 0x0d

/** What is between the two lines of a sheet; everything where neither of them is there. */
const partWithWords = (text: Buffer): Part => {
  const begins: Part[] = []
  const ends: Part[] = []
  for (const line of partsOf(text, 0, text.length, isLineEnd)) {
    if (isLine(text, line, beginWords)) begins.push(line)
    if (isLine(text, line, endWords)) ends.push(line)
  }
  if (begins.length === 0 && ends.length === 0) return [0, text.length]
  const [begin] = begins
  const [end] = ends
  if (begins.length !== 1 || ends.length !== 1 || !begin || !end || begin[1] > end[0])
    throw refused(`its words do not stand between one line “${beginWords}” and one line “${endWords}”`)
  return [begin[1], end[0]]
}

function* partsOf(
  text: Buffer,
  from: number,
  to: number,
  splits: (byte: number) => boolean,
): Generator<Part> {
  let start = from
  for (let at = from; at <= to; at += 1) {
    if (at < to && !splits(text[at] ?? 0)) continue
    if (at > start) yield [start, at]
    start = at + 1
  }
}

/** Spaces around it are of no account. */
const isLine = (text: Buffer, [from, to]: Part, line: string): boolean => {
  let first = from
  let last = to
  while (first < last && isSpace(text[first] ?? 0)) first += 1
  while (last > first && isSpace(text[last - 1] ?? 0)) last -= 1
  return (
    last - first === line.length &&
    text.compare(Buffer.from(line, 'ascii'), 0, line.length, first, last) === 0
  )
}

/** `12.` as 12; null for anything else. */
const numberOf = (text: Buffer, [from, to]: Part): number | null => {
  if (to - from < 2 || to - from > 4 || text[to - 1] !== 0x2e) return null
  let number = 0
  for (let at = from; at < to - 1; at += 1) {
    const digit = (text[at] ?? 0) - 0x30
    if (digit < 0 || digit > 9) return null
    number = number * 10 + digit
  }
  return number
}
