import { checkCode, shareFingerprint } from '../formats/slip39/index.ts'
import { SecretBytes } from '../platform/secret-bytes.ts'
import { recombineName } from './recombine-script.ts'
import { beginWords, endWords } from './share-file.ts'

/** What a sheet says besides the words. Public facts. */
export interface ShareSheetFacts {
  group: {
    id: string
    name: string
    /** SHA-256 of the group's public key, 64 hex digits. */
    spkiSha256: string
    threshold: number
    members: number
  }
  /** From 1. */
  number: number
  holder: string
  /** When the ceremony made it. */
  made: Date
  /**
   * Fingerprint of the key that countersigns the record and signs packages, 64 hex digits. Where it was made anew, the
   * record names each.
   */
  recordKey: string
  /** Rehearsed sheets say so, and open nothing that counts. */
  rehearsal: boolean
}

/**
 * The sheet of one share, as it is printed and as it is written to a file: UTF-8 text, lines up to 100 characters but for
 * long names, holding the words. `readShareFile` reads it back. Errors: share-word-unknown, share-word-count.
 */
export const shareSheet = (facts: ShareSheetFacts, words: SecretBytes): SecretBytes => {
  const code = checkCode(shareFingerprint(words))
  const above = Buffer.from([...head(facts, code), '', beginWords, ''].join('\n'), 'utf8')
  const below = Buffer.from([endWords, '', ...foot(facts), ''].join('\n'), 'utf8')
  const between = words.use(rowsOf)
  const sheet = Buffer.concat([above, between, below])
  between.fill(0)
  return SecretBytes.take(sheet)
}

const head = (
  { group, number, holder, made, recordKey, rehearsal }: ShareSheetFacts,
  code: string,
): string[] => [
  `${rehearsal ? 'REHEARSAL: ' : ''}Keyturn share ${number} of ${group.members}`,
  '',
  ...(rehearsal ? ['Made in a rehearsal: nothing that counts was sealed to this group.', ''] : []),
  ...rowsOfFacts([
    ['Group', plain(group.name)],
    ['Group id', plain(group.id)],
    ['Share', `number ${number} of ${group.members}; ${group.threshold} are needed together`],
    ['Holder', plain(holder)],
    ['Check code', code],
    ['Made', `${made.toISOString().slice(0, 16).replace('T', ' ')} UTC`],
    ['Group public key', `SHA-256 ${inFours(group.spkiSha256, 0, 32)}`],
    ['', `        ${inFours(group.spkiSha256, 32)}`],
    ['Key of the record', `SHA-256 ${inFours(recordKey, 0, 32)}`],
    ['', `        ${inFours(recordKey, 32)}`],
  ]),
]

const foot = ({ group }: ShareSheetFacts): string[] => [
  'What this is',
  `  One of ${group.members} shares of the secret that opens escrow packages of this group. Any ${group.threshold} of them`,
  `  join it; ${group.threshold === 2 ? '1 alone tells' : `${group.threshold - 1} together tell`} nothing about it. The packages are kept elsewhere.`,
  ...(group.threshold === group.members
    ? ['  All shares of this group are needed: with this one lost, its packages stay closed.']
    : []),
  '',
  'What not to do',
  '  - Do not photograph, mail or upload it, and do not type it into a web page or a wallet program.',
  '  - Do not keep it together with another share of this group, or with a package.',
  '  - Do not hand it on. When you leave, say so: a new group is made, and this sheet is destroyed.',
  '  - If it is lost or somebody else has seen it, tell the owner of the group the same day.',
  '',
  'How to check it alone, any day',
  '    keyturn escrow check-share PACKAGE-FOLDER --share SHARE-FILE',
  '  or without --share, to type the words. It compares this share with the list in the package, needs',
  '  no other share and learns nothing about the secret.',
  '',
  'How to read it without Keyturn',
  '  The words follow the published standard SLIP-0039; the passphrase is empty. Read them row by row,',
  '  in the order of their numbers. Every package holds a script that joins shares; with Python 3:',
  `    python3 ${recombineName} SHARE-FILE SHARE-FILE ...`,
  '  or without files, to type the words. Any other program for SLIP-0039 joins them, too. The result,',
  '  64 hex digits, opens the package as its README-RECOVER.txt says.',
]

const rowsOfFacts = (facts: readonly (readonly [string, string])[]): string[] =>
  facts.map(([name, value]) => `${name.padEnd(20)}${value}`)

const inFours = (hex: string, from: number, to?: number): string =>
  hex.slice(from, to).replace(/(.{4})(?=.)/g, '$1 ')

/** A name stays on its line, whatever is in it. */
const plain = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '␀').slice(0, 120)

const columns = 3
const columnWidth = 16

/** Rows of three: `12. academic`. Words are copied byte by byte, and are in no string. */
const rowsOf = (words: Buffer): Buffer => {
  const rows = Buffer.alloc(words.length * 4 + columnWidth, 0x20)
  let at = 0
  let number = 0
  for (let from = 0; from < words.length;) {
    const space = words.indexOf(0x20, from)
    const to = space < 0 ? words.length : space
    const column = number % columns
    if (number > 0 && column === 0) rows[at++] = 0x0a
    const start = at
    number += 1
    at += rows.write(`${number}. `.padStart(6), at, 'ascii')
    at += words.copy(rows, at, from, to)
    from = to + 1
    if (column < columns - 1 && from < words.length) at = start + columnWidth
  }
  rows[at++] = 0x0a
  const exact = Buffer.from(rows.subarray(0, at))
  rows.fill(0)
  return exact
}
