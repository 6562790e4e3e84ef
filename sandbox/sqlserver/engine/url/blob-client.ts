import { createHmac } from 'node:crypto'
import { Agent, request } from 'node:https'
import type { IncomingMessage } from 'node:http'
import type { Reach } from '../ekm/exchange.ts'

/** How this server proves to the blob service that it may. */
export type BlobAccess =
  /** The text of a shared access signature goes into the query as it is. */
  { kind: 'signature'; token: string } | { kind: 'key'; account: string; key: Buffer }

export interface BlobRequest {
  method: 'GET' | 'HEAD' | 'PUT' | 'DELETE'
  /** `comp` and the like, in order. */
  query?: Readonly<Record<string, string>>
  /** Lower case. */
  headers?: Readonly<Record<string, string>>
  body?: Buffer
}

export interface BlobAnswer {
  status: number
  headers: IncomingMessage['headers']
  body: Buffer
}

/** What the service answered that is no success, or where the connection broke. `status` 0: there was no answer. */
export class BlobFailure extends Error {
  readonly status: number
  /** As the service names it (`BlobNotFound`); `resolve` and `connection` without an answer. */
  readonly code: string
  constructor(status: number, code: string) {
    super(`the blob service: ${status} ${code}`)
    this.status = status
    this.code = code
  }
}

const VERSION = '2021-12-02'
const PATIENCE_MS = 30_000
const TRIES = 3
const REST_MS = 150

/** One blob, over connections that stay open until `close`. */
export class BlobClient {
  readonly url: URL
  private readonly access: BlobAccess
  private readonly reach: Reach
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 4 })

  constructor(url: URL, access: BlobAccess, reach: Reach) {
    this.url = url
    this.access = access
    this.reach = reach
  }

  close(): void {
    this.agent.destroy()
  }

  /** Every request here may be repeated: it names its place. Throws BlobFailure; the reason of `signal` when that stops it. */
  async ask(order: BlobRequest, signal: AbortSignal): Promise<BlobAnswer> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.once(order, signal)
      } catch (error) {
        const passing = error instanceof BlobFailure && (error.status >= 500 || error.code === 'connection')
        if (!passing || error.status === 501 || attempt === TRIES) throw error
        await rest(REST_MS * attempt, signal)
      }
    }
  }

  private async once(order: BlobRequest, signal: AbortSignal): Promise<BlobAnswer> {
    const way = this.reach(this.url.hostname)
    if (way === undefined) throw new BlobFailure(0, 'resolve')
    const { method, query = {}, body } = order
    const headers: Record<string, string> = {
      'x-ms-version': VERSION,
      'x-ms-date': new Date().toUTCString(),
      ...order.headers,
      ...(method === 'PUT' ? { 'content-length': String(body?.length ?? 0) } : {}),
    }
    const said = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    const { access } = this
    const parts = access.kind === 'signature' ? [...said, access.token] : said
    const target = parts.length === 0 ? this.url.pathname : `${this.url.pathname}?${parts.join('&')}`
    if (access.kind === 'key') headers['authorization'] = this.authorization(access, method, query, headers)
    const answer = await new Promise<BlobAnswer>((resolve, reject) => {
      const fail = (): void => reject(signal.aborted ? signal.reason : new BlobFailure(0, 'connection'))
      const sent = request(
        {
          host: '127.0.0.1',
          port: way.port,
          ca: way.ca,
          servername: this.url.hostname,
          method,
          path: target,
          headers: { host: this.url.hostname, ...headers },
          agent: this.agent,
          timeout: PATIENCE_MS,
          signal,
        },
        (incoming) => void wholeOf(incoming).then(resolve, fail),
      )
      sent.on('timeout', () => sent.destroy())
      sent.on('error', fail)
      sent.end(body)
    })
    if (answer.status >= 300)
      throw new BlobFailure(answer.status, String(answer.headers['x-ms-error-code'] ?? answer.status))
    return answer
  }

  /** The scheme *Shared Key*, as the service documents it. */
  private authorization(
    { account, key }: Extract<BlobAccess, { kind: 'key' }>,
    method: string,
    query: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>>,
  ): string {
    const lines = [
      method,
      '',
      '',
      headers['content-length'] === '0' ? '' : (headers['content-length'] ?? ''),
      headers['content-md5'] ?? '',
      headers['content-type'] ?? '',
      '',
      '',
      headers['if-match'] ?? '',
      headers['if-none-match'] ?? '',
      '',
      headers['range'] ?? '',
      ...Object.keys(headers)
        .filter((name) => name.startsWith('x-ms-'))
        .sort()
        .map((name) => `${name}:${headers[name] ?? ''}`),
      `/${account}${this.url.pathname}`,
      ...Object.keys(query)
        .sort()
        .map((name) => `${name}:${query[name] ?? ''}`),
    ]
    const mac = createHmac('sha256', key).update(lines.join('\n'), 'utf8').digest('base64')
    return `SharedKey ${account}:${mac}`
  }
}

const wholeOf = async (incoming: IncomingMessage): Promise<BlobAnswer> => {
  const parts: Buffer[] = []
  for await (const part of incoming) parts.push(part as Buffer)
  return { status: incoming.statusCode ?? 0, headers: incoming.headers, body: Buffer.concat(parts) }
}

const rest = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer)
      reject(signal.reason as Error)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop)
      resolve()
    }, milliseconds)
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
