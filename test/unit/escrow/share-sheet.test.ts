import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { beginWords, endWords, longestShareFile, readShareFile } from '../../../electron/escrow/share-file.ts'
import { shareSheet } from '../../../electron/escrow/share-sheet.ts'
import { checkCode, shareFingerprint } from '../../../electron/formats/slip39/index.ts'
import { SecretBytes } from '../../../electron/platform/secret-bytes.ts'
import { sheetFacts } from '../../support/share-sheets.ts'
import { makeSet, problemFrom, textOf, withWord } from '../../support/shares.ts'

const { shares } = makeSet(3, 5)
const [, share = ''] = shares
const sheetOf = (facts = sheetFacts(), words = share): string =>
  textOf(shareSheet(facts, SecretBytes.fromText(words)))
const read = (text: string | Buffer): string => textOf(readShareFile(Buffer.from(text)))
const problemOf = (text: string | Buffer): ReturnType<typeof problemFrom> => problemFrom(() => read(text))

describe('a sheet', () => {
  const sheet = sheetOf()
  const lines = sheet.split('\n')

  test('says what it is, for whom, of which group, and how to check it', () => {
    expect(lines[0]).toBe('Keyturn share 2 of 5')
    expect(lines).toContain('Group               Production keys')
    expect(lines).toContain('Group id            sg-abcdefghijkm')
    expect(lines).toContain('Share               number 2 of 5; 3 are needed together')
    expect(lines).toContain('Holder              Ana Ruiz')
    expect(lines).toContain(`Check code          ${checkCode(shareFingerprint(SecretBytes.fromText(share)))}`)
    expect(lines).toContain('Made                2026-11-26 08:15 UTC')
    expect(sheet).toContain(
      'Group public key    SHA-256 0123 4567 89ab cdef 0123 4567 89ab cdef\n                            0123 4567 89ab cdef 0123 4567 89ab cdef',
    )
    expect(sheet).toContain('Key of the record   SHA-256 fedc ba98')
    expect(sheet).toContain('keyturn escrow check-share PACKAGE-FOLDER --share SHARE-FILE')
    expect(sheet).toContain('python3 recombine.py')
    expect(sheet).toContain('the passphrase is empty')
    expect(sheet).toContain('2 together tell nothing about it')
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(100)
  })

  test('has the words in rows of three, numbered in reading order', () => {
    const from = lines.indexOf(beginWords)
    const rows = lines.slice(from + 1, lines.indexOf(endWords))
    expect(rows).toHaveLength(11)
    const words = rows.flatMap((row) => row.trim().split(/\s+/))
    expect(words.filter((_, at) => at % 2 === 0)).toEqual(Array.from({ length: 33 }, (_, at) => `${at + 1}.`))
    expect(words.filter((_, at) => at % 2 === 1).join(' ')).toBe(share)
    for (const row of rows)
      expect(row).toMatch(/^ {2}[ \d]\d\. [a-z]{4,8} +\d+\. [a-z]{4,8} +\d+\. [a-z]{4,8}$/)
    for (const other of [4, 6]) {
      const place = (row: string): number => row.search(new RegExp(`\\d+\\. [a-z]+ +\\d+\\. [a-z]+$`))
      expect(new Set(rows.slice(other).map(place)).size).toBe(1)
    }
  })

  test('is read back, in all its forms', () => {
    expect(read(sheet)).toBe(share)
    expect(read(sheet.replaceAll('\n', '\r\n'))).toBe(share)
    expect(read(`\uFEFF${sheet}`)).toBe(share)
    expect(read(sheet.toUpperCase())).toBe(share)
    expect(read(lines.map((line) => `   ${line}  `).join('\n'))).toBe(share)
  })

  test('is read back whatever names are in it, and its words are those of the share', () => {
    const name = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.constantFrom(
        `x\n${beginWords}`,
        `\u2028${endWords}\u2028`,
        `\r${beginWords}\r1. acid`,
        endWords,
        '\u202eevil',
      ),
    )
    fc.assert(
      fc.property(name, name, (group, holder) => {
        const text = sheetOf(sheetFacts({ group: { ...sheetFacts().group, name: group }, holder }))
        expect(text.split(/[\n\v\f\r\u001c-\u001e\u0085\u2028\u2029]/)).toHaveLength(lines.length)
        expect(text).not.toContain('\u202e')
        return read(text) === share
      }),
      { numRuns: 200 },
    )
  })

  test('of a rehearsal says so first, and of a group that needs every share says what a loss means', () => {
    const rehearsed = sheetOf(sheetFacts({ rehearsal: true }))
    expect(rehearsed).toMatch(/^REHEARSAL: Keyturn share 2 of 5\n/)
    expect(read(rehearsed)).toBe(share)
    const all = sheetOf(sheetFacts({ group: { ...sheetFacts().group, threshold: 2, members: 2 } }))
    expect(all).toContain('All shares of this group are needed')
    expect(all).toContain('1 alone tells nothing about it')
    expect(sheet).not.toContain('All shares of this group')
  })

  test('keeps to the words of the house', () => {
    expect(sheet).not.toMatch(
      /\b(safe|secure|successful|backed up|protected|healthy|simply|just|invalid|oops|please|sure)\b|!/i,
    )
  })
})

describe('words alone', () => {
  test.each([
    ['on one line', share],
    ['one a line', share.replaceAll(' ', '\n')],
    [
      'numbered',
      share
        .split(' ')
        .map((word, at) => `${at + 1}. ${word}`)
        .join('\n'),
    ],
    ['in capitals with spaces around them', `\n\n  ${share.toUpperCase().replaceAll(' ', '\t ')}\n\n`],
  ])('are read: %s', (_, text) => {
    expect(read(text)).toBe(share)
  })
})

describe('refused', () => {
  const sheet = sheetOf()

  test.each<[string, string | Buffer, string]>([
    ['an empty file', '', 'it is empty'],
    ['a long file', 'a'.repeat(longestShareFile + 1), 'longer than 16 KiB'],
    ['UTF-16', Buffer.from(share, 'utf16le'), 'not plain text'],
    ['no end of the words', sheet.replace(endWords, ''), 'do not stand between'],
    ['no begin of the words', sheet.replace(beginWords, ''), 'do not stand between'],
    ['two sheets in one file', sheet + sheet, 'do not stand between'],
    ['end before begin', `${endWords}\n${share}\n${beginWords}`, 'do not stand between'],
    ['a number left out', sheet.replace(' 4. ', ' 5. '), 'do not run 1, 2, 3'],
    ['numbers of columns read downward', `1. ${share.replace(' ', ' 12. ')}`, 'do not run 1, 2, 3'],
    ['a word without number', sheet.replace(' 4. ', ' '), 'do not run 1, 2, 3'],
  ])('%s', (_, text, why) => {
    const problem = problemOf(text)
    expect(problem.code).toBe('share-file-refused')
    expect(problem.title).toContain(why)
  })

  test('a word that is not in the list, one too few, and one that was replaced', () => {
    expect(problemOf(sheetOf().replace(/7\. \w+/, '7. wordd')).title).toContain('word 7 is not')
    expect(problemOf(sheetOf().replace(/33\. \w+/, '')).title).toContain('it has 32 words')
    const word = share.split(' ')[9] === 'acid' ? 'acne' : 'acid'
    expect(problemOf(withWord(share, 9, word)).code).toBe('share-checksum')
    expect(problemOf('   \n \n').code).toBe('share-word-count')
    expect(problemOf(sheet.split(beginWords)[0] ?? '').code).toBe('share-word-unknown')
  })
})
