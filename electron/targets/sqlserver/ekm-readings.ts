import type { ErrorCode } from '../../../shared/errors/catalogue.ts'
import type { Reading } from './answers.ts'
import { quotedIn } from './answer-words.ts'

/**
 * Errors of extensible key management. The connector's own number stands in the text and is found there: it is never
 * compared with a number of SQL Server, because 3000 to 4000 mean something else as those.
 */
export const connectorCodeIn = (text: string): number | null => {
  const found = /Provider error code:\s*(\d{1,6})/i.exec(text)?.[1] ?? englishless(text)
  return found === undefined ? null : Number(found)
}

/** In another language: the number behind a colon that ends a sentence, before the remark in parentheses. */
const englishless = (text: string): string | undefined => /:\s*(\d{1,6})\s*\.\s*\(/.exec(text)?.[1]

type Range = readonly [from: number, to: number]
const one = (code: number): Range => [code, code]

/** `sqlserver.md` 3.2. The first that fits counts. */
const codes: readonly (readonly [ErrorCode, readonly Range[]])[] = [
  ['ekm-sign-in', [one(5), one(401), one(3010), one(3108), one(3303), one(3305), [3800, 3822]]],
  ['ekm-no-token', [one(3304)]],
  ['ekm-key-not-found', [one(4), one(404), one(3076), one(3112)]],
  ['ekm-forbidden', [one(403), one(3077), one(3113)]],
  ['ekm-key-name-long', [one(2049)]],
  ['ekm-secret-short', [one(2050)]],
  ['ekm-connector-memory', [one(2), one(2051), one(3002), one(3100)]],
  ['ekm-no-mapping', [[2052, 2053]]],
  ['ekm-registry', [one(2058)]],
  ['ekm-throttled', [one(429), one(3011), one(3109)]],
  ['ekm-bad-request', [one(400), one(6), one(3012), one(3110)]],
  ['ekm-service-fault', [one(3013), one(3111), [500, 599]]],
  ['ekm-network', [[3003, 3009], one(3019), [3101, 3107], one(3119), one(4000)]],
  ['ekm-host', [one(3900)]],
  [
    'ekm-answer-unreadable',
    [
      [3014, 3018],
      [3114, 3118],
      [3120, 3122],
      [3200, 3208],
      [3300, 3308],
      [3400, 3412],
      [3500, 3506],
      [3600, 3609],
      [3700, 3709],
    ],
  ],
]

export const connectorError = (code: number): ErrorCode =>
  codes.find(([, ranges]) => ranges.some(([from, to]) => code >= from && code <= to))?.[0] ?? 'ekm-connector'

/** 33028, 33049 and their kin carry a code; without one, the text says what there is. */
const ofConnector: Reading = ({ text }) => {
  const code = connectorCodeIn(text)
  return code === null
    ? ['ekm-connector', { code: 'none', what: text }]
    : [connectorError(code), { code, what: quotedIn(text) ?? text }]
}

const byCode: readonly (readonly [ErrorCode, readonly number[]])[] = [
  ['ekm-off', [33053]],
  ['ekm-edition', [33054]],
  ['ekm-library', [33027, 33029]],
  ['ekm-library-signature', [33081]],
  ['ekm-library-other', [33085]],
  ['ekm-provider-disabled', [33031]],
  ['ekm-provider-unavailable', [33030]],
  ['ekm-provider-used', [33044]],
  ['ekm-credential-mapped', [15535, 33042, 33043]],
  ['ekm-not-mapped', [33045, 33046]],
  ['ekm-credential-used', [15541, 33249]],
  ['ekm-secret-unreadable', [33047]],
  ['ekm-secret-long', [33067]],
  ['ekm-key-without-login', [33120, 33121]],
]

export const ekmReadings: readonly [number, Reading][] = [
  ...[33022, 33028, 33035, 33037, 33039, 33049, 33089].map((number): [number, Reading] => [
    number,
    ofConnector,
  ]),
  ...byCode.flatMap(([code, numbers]) =>
    numbers.map((number): [number, Reading] => [number, ({ text }) => [code, { what: text }]]),
  ),
  ...[33024, 33026].map((number): [number, Reading] => [
    number,
    ({ text }) => ['sql-exists', { what: `A provider (${text})` }],
  ]),
]

/** By the English words; where those are not there, a thumbprint of another length than 20 bytes is no certificate’s. */
export const isAsymmetricKey = (text: string, thumbprint: string): boolean =>
  /asymmetric key/i.test(text) ||
  (!/certificate/i.test(text) && /^[0-9A-F]+$/.test(thumbprint) && thumbprint.length !== 40)
