import type { IncomingHttpHeaders } from 'node:http'

/** One request as the services see it: body complete, nothing decoded but the query. */
export interface AzureRequest {
  /** What the reply and the vault's log call it. */
  id: string
  method: string
  /** Lower case, without port. */
  host: string
  /** As sent, percent-encoded. */
  path: string
  query: URLSearchParams
  headers: IncomingHttpHeaders
  body: Buffer
}

export interface Reply {
  status: number
  headers?: Readonly<Record<string, string>>
  /** Sent as JSON; absent: no body. */
  body?: unknown
  /** What the listener does instead of answering: the connection ends. */
  drop?: true
}

/** Ends the work on a request with this reply. */
export class Refusal extends Error {
  readonly reply: Reply

  constructor(reply: Reply) {
    super(`answered ${reply.status}`)
    this.name = 'Refusal'
    this.reply = reply
  }
}

export const refuse = (reply: Reply): never => {
  throw new Refusal(reply)
}

/** 501, which no Azure client retries, with words that no real service uses. */
export const notSimulated = (what: string): Reply => ({
  status: 501,
  body: { error: { code: 'NotSimulated', message: `Sandbox Azure does not simulate this: ${what}.` } },
})

export const describe = (request: AzureRequest): string =>
  `${request.method} https://${request.host}${request.path}`

/** A path segment without its percent signs; one that is malformed stays as it was sent. */
export const decoded = (part: string): string => {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** The body as an object; `onBad` makes the refusal for what is none. An empty body is an empty object. */
export const jsonBody = (request: AzureRequest, onBad: (why: string) => Reply): Record<string, unknown> => {
  if (request.body.length === 0) return {}
  try {
    const value: unknown = JSON.parse(request.body.toString('utf8'))
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>
  } catch {
    return refuse(onBad('The request body is not JSON.'))
  }
  return refuse(onBad('The request body is not a JSON object.'))
}

export const requestIds = (request: AzureRequest): Record<string, string> => {
  const client = request.headers['x-ms-client-request-id']
  return {
    'x-ms-request-id': request.id,
    ...(typeof client === 'string' ? { 'x-ms-client-request-id': client } : {}),
  }
}
