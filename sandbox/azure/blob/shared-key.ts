import { createHmac } from 'node:crypto'

export interface SignedRequest {
  account: string
  /** Base64, as the portal shows it. */
  key: string
  method: string
  /** Percent-encoded, with its query. */
  target: string
  /** Without authorization; names in lower case. Content-Length belongs here where there is a body. */
  headers: Readonly<Record<string, string>>
}

/** The `Authorization` header of the scheme *Shared Key*: what an owner of the account's key can make. */
export const sharedKey = ({ account, key, method, target, headers }: SignedRequest): string => {
  const url = new URL(target, `https://${account}.blob.core.windows.net`)
  const named = (name: string): string => headers[name] ?? ''
  const length = named('content-length')
  const canonicalHeaders = Object.keys(headers)
    .filter((name) => name.startsWith('x-ms-'))
    .sort()
    .map((name) => `${name}:${named(name).trim()}\n`)
    .join('')
  const queries = [...new Set(url.searchParams.keys())]
    .sort()
    .map((name) => `\n${name.toLowerCase()}:${url.searchParams.getAll(name).sort().join(',')}`)
    .join('')
  const text = [
    method,
    named('content-encoding'),
    named('content-language'),
    length === '0' ? '' : length,
    named('content-md5'),
    named('content-type'),
    '', // The date is in x-ms-date.
    named('if-modified-since'),
    named('if-match'),
    named('if-none-match'),
    named('if-unmodified-since'),
    named('range'),
    `${canonicalHeaders}/${account}${url.pathname}${queries}`,
  ].join('\n')
  const mac = createHmac('sha256', Buffer.from(key, 'base64')).update(text, 'utf8').digest('base64')
  return `SharedKey ${account}:${mac}`
}
