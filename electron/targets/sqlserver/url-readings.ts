import type { ErrorCode } from '../../../shared/errors/catalogue.ts'
import { pathIn, type Question } from './answer-words.ts'
import type { Reading, ServerError } from './answers.ts'

/** Errors about blobs. The number of the operating system stands in the text of any language, in front of its words. */

const systemError = (text: string): number | null => {
  const number = /\b(\d{1,5})\s*\(/.exec(text.replace(/'[^']*'|"[^"]*"/g, ''))?.[1]
  return number === undefined ? null : Number(number)
}

const statusIn = (text: string): number | null => {
  const number = /\((\d{3})\)/.exec(text)?.[1]
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

const byStatus = (status: number): ErrorCode | null => {
  if (status === 404) return 'url-not-found'
  if (status === 401 || status === 403) return 'url-refused'
  if (status === 409 || status === 412) return 'url-leased'
  return status >= 500 ? 'url-not-reached' : null
}

/** Whether the answer is about a blob: its address, or that of the statement. */
export const isAboutUrl = ({ text }: ServerError, question: Question): boolean =>
  /^https:\/\//i.test(pathIn(text, question))

const told =
  (code: ErrorCode): Reading =>
  ({ text }, question) => [code, { path: pathIn(text, question), what: text }]

/** 3201, 3202, 3203 and 3271 of a blob. */
export const urlProblem: Reading = (error, question) => {
  const status = statusIn(error.text)
  const code =
    (status === null ? null : byStatus(status)) ?? bySystem[systemError(error.text) ?? 0] ?? 'url-device'
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
  [3298, told('url-not-reached')],
  [3294, told('url-leased')],
  [3296, told('url-blob-exists')],
  [3297, told('url-credential-style')],
  [37563, told('url-no-identity')],
]
