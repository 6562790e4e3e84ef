import { describe, notSimulated, refuse, type AzureRequest, type Reply } from '../http.ts'

interface Named {
  id: string
  appId: string | null
  displayName: string
  tags?: readonly string[]
}

/** The filters that are simulated; anything else says so rather than answering too much. */
export const filtered = <T extends Named>(request: AzureRequest, all: readonly T[]): T[] => {
  const filter = request.query.get('$filter')
  if (filter === null) return [...all]
  const quoted = "'((?:[^']|'')*)'"
  const text = (found: string): string => found.replaceAll("''", "'").toLowerCase()
  const [, field, value] = new RegExp(`^(id|appId|displayName) eq ${quoted}$`, 'i').exec(filter) ?? []
  if (field !== undefined && value !== undefined)
    return all.filter((each) => {
      const own = field.toLowerCase() === 'appid' ? each.appId : field === 'id' ? each.id : each.displayName
      return own?.toLowerCase() === text(value)
    })
  const [, start] = new RegExp(`^startswith\\(displayName, ?${quoted}\\)$`, 'i').exec(filter) ?? []
  if (start !== undefined)
    return all.filter(({ displayName }) => displayName.toLowerCase().startsWith(text(start)))
  const [, , tag] = new RegExp(`^tags/any\\((\\w+): ?\\1 eq ${quoted}\\)$`, 'i').exec(filter) ?? []
  if (tag !== undefined)
    return all.filter(({ tags = [] }) => tags.some((each) => each.toLowerCase() === text(tag)))
  return refuse(notSimulated(`$filter=${filter} at ${describe(request)}`))
}

/** A list in pages of `$top`, fields cut to `$select`. */
export const listReply = (
  request: AzureRequest,
  kind: string,
  items: readonly Record<string, unknown>[],
): Reply => {
  const top = Number(request.query.get('$top') ?? 100)
  const skip = Number(request.query.get('$skiptoken') ?? 0)
  const page = items.slice(skip, skip + top)
  const next = new URLSearchParams(request.query)
  next.set('$skiptoken', String(skip + top))
  return {
    status: 200,
    body: {
      '@odata.context': `https://${request.host}/v1.0/$metadata#${kind}`,
      ...(skip + top < items.length
        ? { '@odata.nextLink': `https://${request.host}${request.path}?${next.toString()}` }
        : {}),
      value: page.map((each) => selected(request, each)),
    },
  }
}

export const selected = (request: AzureRequest, item: Record<string, unknown>): Record<string, unknown> => {
  const select = request.query.get('$select')
  if (select === null) return item
  const wanted = select.split(',').map((each) => each.trim().toLowerCase())
  return Object.fromEntries(Object.entries(item).filter(([name]) => wanted.includes(name.toLowerCase())))
}
