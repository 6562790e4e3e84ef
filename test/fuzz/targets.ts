import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { KeyturnError } from '../../shared/errors/problem.ts'
import { decodeWire } from '../../electron/ipc/wire.ts'
import { readCertificate } from '../../electron/formats/x509.ts'
import { readPkcs12 } from '../../electron/formats/pkcs12.ts'
import { readPvk } from '../../electron/formats/pvk.ts'
import { canonicalJson } from '../../electron/engine/canonical.ts'
import { parseThumbprint } from '../../shared/model/ids.ts'
import { SqlError } from '../../sandbox/sqlserver/engine/errors.ts'
import { lex } from '../../sandbox/sqlserver/sql/lexer.ts'
import {
  FileFormatError,
  readCertificate as simulatedCertificate,
  readPvk as simulatedPvk,
} from '../../sandbox/sqlserver/files/index.ts'
import { refuseMutated } from '../unit/formats/mutated.ts'
import { properties } from '../unit/scripts/properties.ts'
import { cases } from '../unit/scripts/properties.ts'
import { powerShellProperties } from '../unit/scripts/powershell-properties.ts'
import { azureBodies, azureNames } from './azure.ts'
import { quotedName, quotedText } from '../../electron/scripts/tsql/quote.ts'

/** One property: runs that many cases and throws on the first that fails. `share` weighs how many of all cases it gets. */
export interface FuzzTarget {
  name: string
  share: number
  run(cases: number): void
}

const bytes = fc.uint8Array({ maxLength: 600 }).map((part) => Buffer.from(part))
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 140 }),
  fc.string({ unit: 'grapheme', maxLength: 128 }),
)

/** A parser may refuse in its own words or accept; anything else that it throws is a finding. */
const onlyRefuses =
  (parse: (input: Buffer) => unknown, isOurs: (error: unknown) => boolean) =>
  (runs: number): void =>
    fc.assert(
      fc.property(bytes, (input) => {
        try {
          parse(input)
        } catch (error) {
          return isOurs(error)
        }
        return true
      }),
      { numRuns: runs },
    )

const isKeyturn = (error: unknown): boolean => error instanceof KeyturnError
const isSimulated = (error: unknown): boolean => error instanceof FileFormatError
const password = Buffer.from('correct horse')

/** The builder's quoting against the simulator's own lexer, which shares no code with it. */
const roundTrip =
  (quote: (value: string) => string, kind: 'quoted' | 'string') =>
  (runs: number): void =>
    fc.assert(
      fc.property(text, (value) => {
        let quoted: string
        try {
          quoted = quote(value)
        } catch (error) {
          return isKeyturn(error)
        }
        const [token, ...rest] = lex(`${quoted} ;`)
        return (
          token?.kind === kind &&
          token.value === value &&
          rest.filter(({ kind: one }) => one !== 'end').length === 1
        )
      }),
      { numRuns: runs },
    )

/** What JSON can carry and give back: -0 is not among it, and canonical JSON refuses it. */
const plainValue = fc.jsonValue().map((value): unknown => JSON.parse(JSON.stringify(value)))

export const targets: readonly FuzzTarget[] = [
  ...Object.entries(properties).map(([name, run]) => ({ name, share: 70 / Object.keys(cases).length, run })),
  ...Object.entries(powerShellProperties).map(([name, run]) => ({ name, share: 0.5, run })),
  { name: 'name through the simulator’s lexer', share: 8, run: roundTrip(quotedName, 'quoted') },
  { name: 'string through the simulator’s lexer', share: 8, run: roundTrip(quotedText, 'string') },
  {
    name: 'lexer: any text',
    share: 2,
    run: (runs) =>
      fc.assert(
        fc.property(text, (value) => {
          try {
            lex(value)
          } catch (error) {
            return error instanceof SqlError
          }
          return true
        }),
        { numRuns: runs },
      ),
  },
  { name: '.cer', share: 2, run: onlyRefuses((input) => readCertificate(input), isKeyturn) },
  { name: '.pvk', share: 2, run: onlyRefuses((input) => readPvk(input, password), isKeyturn) },
  { name: '.pfx', share: 2, run: onlyRefuses((input) => readPkcs12(input, password), isKeyturn) },
  { name: 'mutated key files: none is accepted', share: 12, run: refuseMutated },
  { name: 'simulated .cer', share: 1, run: onlyRefuses((input) => simulatedCertificate(input), isSimulated) },
  {
    name: 'simulated .pvk',
    share: 1,
    run: onlyRefuses((input) => simulatedPvk(input, password), isSimulated),
  },
  { name: 'names in calls of Azure', share: 2, run: azureNames },
  { name: 'bodies of calls of Azure', share: 2, run: azureBodies },
  {
    name: 'IPC wire text',
    share: 2,
    run: onlyRefuses(
      (input) => decodeWire(input.toString('latin1')),
      (error) => error instanceof SyntaxError || error instanceof RangeError,
    ),
  },
  {
    name: 'canonical JSON parses back',
    share: 1,
    run: (runs) =>
      fc.assert(
        fc.property(plainValue, (value) => isDeepStrictEqual(JSON.parse(canonicalJson(value)), value)),
        { numRuns: runs },
      ),
  },
  {
    name: 'thumbprints',
    share: 1,
    run: (runs) =>
      fc.assert(
        fc.property(text, (value) => /^[0-9A-F]{40}$/.test(parseThumbprint(value) ?? '0'.repeat(40))),
        { numRuns: runs },
      ),
  },
]
