import type { Answer, Exchange } from './exchange.ts'

const LONGEST_TEXT = 800

/**
 * What Azure answered, for the entry in the event log: method, address without its query, status and what the answer says
 * about itself. Request bodies and headers, where secrets and tokens are, are never looked at.
 */
export function described({ method, url }: Exchange, { status, body }: Answer): string {
  const said = textIn(body)
  return `${method} ${url.origin}${url.pathname} answered ${status}${said === '' ? '' : `: ${said}`}`
}

/** Key Vault: `{error: {code, message, innererror: {code}}}`. Entra: `{error, error_description}`. */
function textIn(body: string): string {
  let found: unknown
  try {
    found = JSON.parse(body)
  } catch {
    return ''
  }
  const { error, error_description: description } = objectOf(found)
  if (typeof error === 'string') return joined([error, description])
  const { code, message, innererror } = objectOf(error)
  return joined([code, objectOf(innererror)['code'], message])
}

const objectOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}

const joined = (parts: readonly unknown[]): string =>
  parts
    .filter((part) => typeof part === 'string' && part !== '')
    .join(', ')
    .replace(/\s+/g, ' ')
    .slice(0, LONGEST_TEXT)
