import type { ErrorCode } from '../../../shared/errors/catalogue.ts'
import { pathIn, type Question } from './answer-words.ts'
import type { Reading, ServerError } from './answers.ts'

/** Errors about blobs. The number of the operating system stands in the text of any language, in front of its words. */

/**
 * Without what stands in quotes: a blob may be called `copy (404).bak` or `lease.bak`. An apostrophe inside a word, as
 * in `l'adresse`, quotes nothing.
 */
const withoutQuoted = (text: string): string =>
  text.replace(/(?<![\p{L}\p{N}])'.*?'(?![\p{L}\p{N}])|"[^"]*"/gsu, '')

const systemError = (words: string): number | null => {
  const number = /\b(\d{1,5})\s*\(/.exec(words)?.[1]
  return number === undefined ? null : Number(number)
}

const statusIn = (words: string): number | null => {
  const number = /\((\d{3})\)/.exec(words)?.[1]
  return number === undefined ? null : Number(number)
}

const bySystem: Readonly<Record<number, ErrorCode>> = {
  2: 'url-not-found',
  3: 'url-not-found',
  5: 'url-refused',
  50: 'url-credential-style',
  59: 'url-not-reached',
  86: 'url-secret-malformed',
  12007: 'url-not-reached',
}

/** A conflict is a lease only where the service says so: its own words are English in every language of the server. */
const byStatus = (status: number, words: string): ErrorCode | null => {
  if (status === 404) return 'url-not-found'
  if (status === 401 || status === 403) return 'url-refused'
  if (status === 409 || status === 412) return /lease/i.test(words) ? 'url-leased' : 'url-device'
  return status >= 500 ? 'url-not-reached' : null
}

/** Whether the answer is about a blob: its address, or that of the statement. */
export const isAboutUrl = ({ text }: ServerError, question: Question): boolean =>
  /^https:\/\//i.test(pathIn(text, question))

const told =
  (code: ErrorCode): Reading =>
  ({ text }, question) => [code, { path: pathIn(text, question), what: text }]

/** 3201, 3202, 3203 and 3271 of a blob; 3290 and 3298, which come with the status of the service. */
export const urlProblem: Reading = (error, question) => {
  const words = withoutQuoted(error.text)
  const status = statusIn(words)
  const code =
    (status === null ? null : byStatus(status, words)) ?? bySystem[systemError(words) ?? 0] ?? 'url-device'
  return told(code)(error, question)
}

export const urlReadings: readonly [number, Reading][] = [
  [3288, told('url-credential-missing')],
  [3289, told('url-credential-missing')],
  [3220, told('url-credential-style')],
  [3225, told('url-credential-style')],
  [3291, told('url-credential-style')],
  [3290, urlProblem],
  [3292, told('url-not-reached')],
  [3298, urlProblem],
  [3294, told('url-leased')],
  [3296, told('url-blob-exists')],
  [3297, told('url-credential-style')],
  [37563, told('url-no-identity')],
]
