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

/** A JSON object, whatever is in it. */
export const isFields = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

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

interface Listing<One> {
  byPage(): AsyncIterable<readonly One[]>
}

/** Azure may answer a page without entries and a link to the next; it does not do that on and on. */
export const mostEmptyPages = 20

/** A whole listing, page after page. `azure-too-much`, also for pages without entries that don't end. */
export const allOf = async <One>(
  listing: Listing<One>,
  most: number,
  target: string,
  { abortSignal }: { abortSignal: AbortSignal },
): Promise<One[]> => {
  const found: One[] = []
  let empty = 0
  for await (const page of listing.byPage()) {
    abortSignal.throwIfAborted()
    found.push(...page)
    if (found.length > most) throw new KeyturnError('azure-too-much', { target, limit: `${most} entries` })
    empty = page.length === 0 ? empty + 1 : 0
    if (empty > mostEmptyPages) throw tooEmpty(target)
  }
  return found
}

export const tooEmpty = (target: string): KeyturnError =>
  new KeyturnError('azure-too-much', { target, limit: `${mostEmptyPages} pages without entries` })

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
