import type { ErrorCode, ErrorParams } from '../../../../shared/errors/catalogue.ts'
import { KeyturnError, problemOf, type Problem } from '../../../../shared/errors/problem.ts'

/** Names and numbers in what a server refused with; its text comes in the server's language. */

/** The first name in quotes; null: none. */
export const quoted = (text: string): string | null =>
  /'((?:[^']|'')+)'/.exec(text)?.[1] ?? /"([^"]+)"/.exec(text)?.[1] ?? null

/** "Operating system error 5(Access is denied.)", "... error 5: ...": the number stands in the text of any language. */
export const systemError = (text: string): number | null => {
  const number = /\b(\d{1,5})\s*\(/.exec(text.replace(quoted(text) ?? '', ''))?.[1]
  return number === undefined ? null : Number(number)
}

/** Of SQL 33111. */
export const thumbprintIn = (text: string): string =>
  /0x([0-9A-F]{2,64})/i.exec(text)?.[1]?.toUpperCase() ?? 'that the server did not name'

/** The command for an administrator of the machine that holds the file: to read it, or to change it too. */
export const grantCommand = (path: string, account: string | null, rights: 'R' | 'F' = 'R'): string =>
  `icacls "${path}" /grant "${account ?? '<service account of SQL Server>'}:(${rights})"`

/** What a refusal is told as; null: it means nothing special here, and stays as it was. */
export type Told = [ErrorCode, ErrorParams] | null

/**
 * A refusal of SQL Server, told with names and a fix: by its number, never by its text, which is read only for names and
 * for the number of the operating system in it. What is no such refusal stays as it was.
 */
export const toldAs = async (
  thrown: unknown,
  params: ErrorParams,
  read: (number: number, text: string, problem: Problem) => Told | Promise<Told>,
): Promise<unknown> => {
  const problem = problemOf(thrown)
  const { vendor } = problem
  if (vendor?.system !== 'sql') return thrown
  const told = await read(Number(vendor.number), vendor.text ?? '', problem)
  return told === null ? thrown : new KeyturnError(told[0], { ...params, ...told[1] }, { vendor })
}

/** Runs a part of a step; what it throws is told by `tell`. */
export const orTold = async <Result>(
  work: () => Promise<Result>,
  tell: (thrown: unknown) => Promise<unknown>,
): Promise<Result> => {
  try {
    return await work()
  } catch (error) {
    throw await tell(error)
  }
}
