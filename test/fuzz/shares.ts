import fc from 'fast-check'
import { KeyturnError } from '../../shared/errors/problem.ts'
import { readShareFile } from '../../electron/escrow/share-file.ts'
import { shareSheet } from '../../electron/escrow/share-sheet.ts'
import { joinShares } from '../../electron/formats/slip39/index.ts'
import { decodeShare, encodeShare, type Share } from '../../electron/formats/slip39/share-fields.ts'
import { wordlist } from '../../electron/formats/slip39/wordlist.ts'
import { SecretBytes } from '../../electron/platform/secret-bytes.ts'
import { sheetFacts } from '../support/share-sheets.ts'
import { joinTexts, makeSet, textOf } from '../support/shares.ts'
import { change, changed } from '../unit/formats/mutated.ts'

const { secret, shares } = makeSet(3, 5)
const words = fc.constantFrom(...shares)
const sheets = shares.map((share, index) => {
  const sheet = shareSheet(sheetFacts({ number: index + 1 }), SecretBytes.fromText(share))
  return { share, bytes: sheet.use((bytes) => Buffer.from(bytes)) }
})

/**
 * Runs a property whose cases have to be refused by the catalogue, or to give what would have come without the change.
 * Says how many were refused; a change that changes nothing looks at nothing, so these may not be many.
 */
const mostlyRefused = <Case>(
  runs: number,
  cases: fc.Arbitrary<Case>,
  act: (given: Case) => string,
  unchanged: (result: string, given: Case) => boolean,
): string => {
  let refused = 0
  fc.assert(
    fc.property(cases, (given) => {
      try {
        return unchanged(act(given), given)
      } catch (error) {
        refused += 1
        return error instanceof KeyturnError && error.code !== 'internal'
      }
    }),
    { numRuns: runs },
  )
  if (refused < runs / 2) throw new Error(`only ${refused} of ${runs} changes changed anything`)
  return `${refused} refused, the others left the words as they are`
}

/** Any bytes of a sheet, or of a file with the words alone. */
const changedFile = fc
  .tuple(fc.nat(4), fc.boolean(), fc.array(change, { minLength: 1, maxLength: 4 }))
  .map(([index, alone, changes]) => {
    const { share, bytes } = sheets[index] ?? { share: '', bytes: Buffer.alloc(0) }
    return { share, file: changes.reduce(changed, alone ? Buffer.from(share) : bytes) }
  })

/** Words of the list in wrong places: what people do. */
const changedWords = fc
  .tuple(
    words,
    fc.array(
      fc.tuple(fc.constantFrom('replace', 'swap', 'drop', 'repeat', 'other'), fc.nat(32), fc.nat(1023)),
      {
        minLength: 1,
        maxLength: 5,
      },
    ),
    words,
  )
  .map(([share, steps, foreign]) => ({
    share,
    file: Buffer.from(
      steps
        .reduce<string[]>((now, [kind, at, number]) => {
          const place = at % Math.max(1, now.length)
          const other = number % Math.max(1, now.length)
          if (kind === 'replace') return now.with(place, wordlist[number] ?? '')
          if (kind === 'swap') return now.with(place, now[other] ?? '').with(other, now[place] ?? '')
          if (kind === 'drop') return now.toSpliced(place, 1)
          if (kind === 'repeat') return now.toSpliced(place, 0, now[place] ?? '')
          return now.with(place, foreign.split(' ')[place] ?? '')
        }, share.split(' '))
        .join(' '),
    ),
  }))

/** One field or byte that somebody changes who can make a checksum that fits. */
interface Forgery {
  field: keyof Share['info'] | 'value'
  at: number
  byte: number
}

const forgery: fc.Arbitrary<Forgery> = fc.record({
  field: fc.constantFrom<Forgery['field'][]>(
    'value',
    'identifier',
    'extendable',
    'iterationExponent',
    'groupIndex',
    'groupThreshold',
    'groupCount',
    'memberIndex',
    'memberThreshold',
  ),
  at: fc.nat(31),
  byte: fc.integer({ min: 1, max: 255 }),
})

const forge = (share: string, { field, at, byte }: Forgery): string => {
  const { info, value } = decodeShare(SecretBytes.fromText(share))
  switch (field) {
    case 'value':
      value[at] = (value[at] ?? 0) ^ byte
      break
    case 'identifier':
      info.identifier ^= byte
      break
    case 'extendable':
      info.extendable = !info.extendable
      break
    case 'groupIndex':
    case 'memberIndex':
    case 'iterationExponent':
      info[field] = (info[field] + byte) & 15
      break
    case 'groupThreshold':
    case 'groupCount':
    case 'memberThreshold':
      info[field] = ((info[field] - 1 + byte) & 15) + 1
      break
  }
  return textOf(encodeShare({ info, value }))
}

/** Files that were changed: none is read as another share. */
const refuseChangedFiles = (runs: number): string =>
  mostlyRefused(
    runs,
    fc.oneof(changedFile, { weight: 2, arbitrary: changedWords }),
    ({ file }) => textOf(readShareFile(file)),
    (read, { share }) => read === share,
  )

/** One forged share among good ones: never another secret. */
const refuseForged = (runs: number): string =>
  mostlyRefused(
    runs,
    fc.tuple(fc.nat(4), forgery, fc.integer({ min: 3, max: 5 })),
    ([index, forged, count]) => {
      const given = shares.map((share, at) => (at === index ? forge(share, forged) : share))
      return joinTexts([...given.slice(index), ...given.slice(0, index)].slice(0, count))
    },
    (joined) => joined === secret,
  )

/** Any bytes at all. */
const onlyRefuses = (runs: number): string =>
  mostlyRefused(
    runs,
    fc.uint8Array({ maxLength: 600 }),
    (bytes) => textOf(joinShares([readShareFile(bytes)])),
    () => false,
  )

/** As many changed shares as are asked for, whatever else is fuzzed: their number is their own. */
export const shareTargets = (short: boolean): readonly { name: string; runs: number; run: () => string }[] =>
  [
    {
      name: 'shares in files, changed: none is accepted',
      runs: short ? 500 : 10_000,
      of: refuseChangedFiles,
    },
    { name: 'a forged share among others: no other secret', runs: short ? 100 : 3_000, of: refuseForged },
    { name: 'share files of any bytes', runs: short ? 50 : 1_000, of: onlyRefuses },
  ].map(({ name, runs, of }) => ({ name, runs, run: () => of(runs) }))
