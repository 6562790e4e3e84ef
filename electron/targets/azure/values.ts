import { KeyturnError } from '../../../shared/errors/problem.ts'

/** Reads of answers. A service may answer anything: what does not fit reads as not there, never as a guess. */

export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
export const textOrNull = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' ? value : null
export const numberOrNull = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value) ? value : null

/** ISO 8601, UTC; null for what is no date. */
export const dateOrNull = (value: unknown): string | null => {
  const date = typeof value === 'string' ? new Date(value) : value
  return date instanceof Date && !Number.isNaN(date.getTime()) ? date.toISOString() : null
}

export const textsOf = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : []

/** At most 50 tags of text. */
export const tagsOf = (value: unknown): Readonly<Record<string, string>> =>
  typeof value === 'object' && value !== null
    ? Object.fromEntries(
        Object.entries(value)
          .filter((tag): tag is [string, string] => typeof tag[1] === 'string')
          .slice(0, 50),
      )
    : {}

/** A whole listing, page after page. `azure-too-much`. */
export const allOf = async <One>(
  listing: AsyncIterable<One>,
  most: number,
  target: string,
): Promise<One[]> => {
  const found: One[] = []
  for await (const one of listing) {
    if (found.length === most) throw new KeyturnError('azure-too-much', { target, limit: `${most} entries` })
    found.push(one)
  }
  return found
}

/** Null where the service says that it is not there; any other failure stays one. */
export const orNull = async <Found>(
  asked: Promise<Found>,
  notThere: readonly string[],
): Promise<Found | null> => {
  try {
    return await asked
  } catch (thrown) {
    if (thrown instanceof KeyturnError && notThere.includes(thrown.code)) return null
    throw thrown
  }
}
