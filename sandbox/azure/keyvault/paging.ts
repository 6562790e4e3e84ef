import type { AzureRequest } from '../http.ts'
import { refuseParameter } from './errors.ts'
import type { Holder } from './holder.ts'

const LARGEST_PAGE = 25

/** One page of a list in the data plane's form; `nextLink` is followed as it is. */
export const pageOf = <T>(
  request: AzureRequest,
  holder: Holder,
  all: readonly T[],
  idOf: (each: T) => string,
  show: (each: T) => unknown,
): { value: unknown[]; nextLink: string | null } => {
  const size = Number(request.query.get('maxresults') ?? LARGEST_PAGE)
  if (!Number.isInteger(size) || size < 1 || size > LARGEST_PAGE)
    refuseParameter(`maxresults must be between 1 and ${LARGEST_PAGE}.`)
  const mark = request.query.get('$skiptoken')
  const after = mark === null ? null : Buffer.from(mark, 'base64url').toString('utf8')
  const start = after === null ? 0 : all.findIndex((each) => idOf(each) === after) + 1
  const page = all.slice(start, start + size)
  const last = page.at(-1)
  const more = start + size < all.length && last !== undefined
  const link = (each: T): string => {
    const query = new URLSearchParams({
      'api-version': request.query.get('api-version') ?? '',
      $skiptoken: Buffer.from(idOf(each)).toString('base64url'),
      maxresults: String(size),
    })
    return `${holder.base}${request.path}?${query.toString()}`
  }
  return { value: page.map(show), nextLink: more ? link(last) : null }
}
