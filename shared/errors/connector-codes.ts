import type { ErrorCode } from './catalogue.ts'
import type { connectorErrors, ekmErrors } from './catalogue-ekm.ts'

/**
 * Numbers of SQL Server's connector, and those numbers of SQL Server that are about providers and their keys: what each
 * becomes in the catalogue. The connector's stand inside the server's text and are found there: they are never compared
 * with numbers of SQL Server, because 3000 to 4000 mean something else as those.
 */

export type ConnectorErrorCode = keyof typeof connectorErrors
export type EkmErrorCode = keyof typeof ekmErrors

/** The connector's number in a text of SQL Server; null: there is none. */
export const connectorCodeIn = (text: string): number | null => {
  const found = /Provider error code:\s*(\d{1,6})/i.exec(text)?.[1] ?? englishless(text)
  return found === undefined ? null : Number(found)
}

/** In another language: the number behind a colon that ends a sentence, before the remark in parentheses. */
const englishless = (text: string): string | undefined => /:\s*(\d{1,6})\s*\.\s*\(/.exec(text)?.[1]

type Range = readonly [from: number, to: number]
const one = (code: number): Range => [code, code]

interface CodeRow {
  error: ConnectorErrorCode
  codes: readonly Range[]
  /** What the number says, as Microsoft's list has it. */
  says: string
}

/** The first that fits counts. */
const rows: readonly CodeRow[] = [
  { error: 'ekm-sign-in', codes: [one(5)], says: 'authentication failed' },
  { error: 'ekm-sign-in', codes: [one(401), one(3010), one(3108)], says: 'the vault or Entra answered 401' },
  { error: 'ekm-sign-in', codes: [one(3303)], says: 'Entra refused the client id or its secret' },
  { error: 'ekm-sign-in', codes: [one(3305)], says: 'the token was refused' },
  { error: 'ekm-sign-in', codes: [[3800, 3822]], says: 'a sign-in with a certificate did not work' },
  { error: 'ekm-no-token', codes: [one(3304)], says: 'there is no token' },
  { error: 'ekm-key-not-found', codes: [one(4)], says: 'key or algorithm not found' },
  { error: 'ekm-key-not-found', codes: [one(404), one(3076), one(3112)], says: 'the vault answered 404' },
  { error: 'ekm-forbidden', codes: [one(403), one(3077), one(3113)], says: 'the vault answered 403' },
  {
    error: 'ekm-key-name-long',
    codes: [one(2049)],
    says: 'the name of the key is longer than 26 characters',
  },
  { error: 'ekm-secret-short', codes: [one(2050)], says: 'the SECRET is shorter than 32 characters' },
  { error: 'ekm-connector-memory', codes: [one(2)], says: 'a buffer is too small' },
  { error: 'ekm-connector-memory', codes: [one(2051), one(3002), one(3100)], says: 'out of memory' },
  { error: 'ekm-no-mapping', codes: [one(2052)], says: 'no thumbprint for the name' },
  { error: 'ekm-no-mapping', codes: [one(2053)], says: 'no name for the thumbprint' },
  { error: 'ekm-registry', codes: [one(2058)], says: 'the registry key could not be made or written' },
  { error: 'ekm-throttled', codes: [one(429), one(3011), one(3109)], says: 'the vault answered 429' },
  { error: 'ekm-bad-request', codes: [one(400), one(3012), one(3110)], says: 'the vault answered 400' },
  { error: 'ekm-bad-request', codes: [one(6)], says: 'an argument is wrong' },
  {
    error: 'ekm-service-fault',
    codes: [one(3013), one(3111), [500, 599]],
    says: 'the vault answered with a fault of its own',
  },
  {
    error: 'ekm-network',
    codes: [[3003, 3009], one(3019), [3101, 3107], one(3119)],
    says: 'the connection to the vault was not made or was cut',
  },
  { error: 'ekm-network', codes: [one(4000)], says: 'repeating the request did not help' },
  { error: 'ekm-host', codes: [one(3900)], says: 'the name of the vault does not resolve' },
  {
    error: 'ekm-answer-unreadable',
    codes: [
      [3014, 3018],
      [3114, 3118],
      [3120, 3122],
    ],
    says: 'head or body of an answer was not understood',
  },
  {
    error: 'ekm-answer-unreadable',
    codes: [[3200, 3208]],
    says: 'the vault’s question for a sign-in was not understood',
  },
  { error: 'ekm-answer-unreadable', codes: [[3300, 3308]], says: 'Entra’s answer was not understood' },
  {
    error: 'ekm-answer-unreadable',
    codes: [
      [3400, 3412],
      [3500, 3506],
    ],
    says: 'the vault’s answer about the key was not understood',
  },
  {
    error: 'ekm-answer-unreadable',
    codes: [[3600, 3609]],
    says: 'the vault’s answer to a wrap was not understood',
  },
  {
    error: 'ekm-answer-unreadable',
    codes: [[3700, 3709]],
    says: 'the vault’s answer to an unwrap was not understood',
  },
  { error: 'ekm-connector', codes: [one(1), one(7)], says: 'a general failure of the provider' },
  {
    error: 'ekm-connector',
    codes: [one(3)],
    says: 'not supported: the key is of a type or size that the connector does not take',
  },
]

const rowOf = (code: number): CodeRow | undefined =>
  rows.find(({ codes }) => codes.some(([from, to]) => code >= from && code <= to))

export const connectorError = (code: number): ConnectorErrorCode => rowOf(code)?.error ?? 'ekm-connector'

/** Null: not on Microsoft's list. */
export const connectorSays = (code: number): string | null => rowOf(code)?.says ?? null

/** Numbers of SQL Server whose texts carry a number of the provider. */
export const carriers: readonly number[] = [33022, 33028, 33035, 33037, 33039, 33049, 33089]

/** Other numbers of SQL Server about providers and their keys. */
export const ekmNumbers = [
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
] as const satisfies readonly (readonly [ErrorCode & EkmErrorCode, readonly number[]])[]
