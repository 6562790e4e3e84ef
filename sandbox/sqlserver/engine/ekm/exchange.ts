import { request } from 'node:https'
import type { IncomingMessage } from 'node:http'

/**
 * How this server reaches the hosts of Azure: the name stays what it is, also in TLS, only the socket goes elsewhere.
 * undefined: the name does not resolve.
 */
export type Reach = (host: string) => { port: number; ca: string } | undefined

export interface Exchange {
  method: 'GET' | 'POST'
  url: URL
  headers: Readonly<Record<string, string>>
  body: string | undefined
}

export interface Answer {
  status: number
  headers: IncomingMessage['headers']
  body: string
}

/** Which part of an exchange broke. */
export class TransportFailure extends Error {
  readonly part: 'resolve' | 'send' | 'status' | 'body'
  constructor(part: TransportFailure['part']) {
    super(`the exchange ended at: ${part}`)
    this.part = part
  }
}

const PATIENCE = 20_000
const LONGEST_BODY = 1024 * 1024

/** One request on a connection of its own. Throws TransportFailure; the reason of `signal` when that stops it. */
export function exchange(reach: Reach, order: Exchange, signal: AbortSignal): Promise<Answer> {
  const { url } = order
  const way = reach(url.hostname)
  if (way === undefined) return Promise.reject(new TransportFailure('resolve'))
  return new Promise((resolve, reject) => {
    let connected = false
    const fail = (error: unknown): void =>
      reject(
        signal.aborted
          ? signal.reason
          : error instanceof TransportFailure
            ? error
            : new TransportFailure(connected ? 'status' : 'send'),
      )
    const sent = request(
      {
        host: '127.0.0.1',
        port: way.port,
        ca: way.ca,
        servername: url.hostname,
        method: order.method,
        path: `${url.pathname}${url.search}`,
        headers: { host: url.hostname, ...order.headers },
        agent: false,
        timeout: PATIENCE,
        signal,
      },
      (answer) => void readBody(answer).then((body) => resolve(answerOf(answer, body)), fail),
    )
    sent.on('socket', (socket) => socket.once('secureConnect', () => (connected = true)))
    sent.on('timeout', () => sent.destroy(new TransportFailure(connected ? 'status' : 'send')))
    sent.on('error', fail)
    sent.end(order.body)
  })
}

const answerOf = ({ statusCode, headers }: IncomingMessage, body: string): Answer => ({
  status: statusCode ?? 0,
  headers,
  body,
})

async function readBody(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      length += chunk.length
      if (length > LONGEST_BODY) throw new TransportFailure('body')
      chunks.push(chunk)
    }
  } catch {
    throw new TransportFailure('body')
  }
  return Buffer.concat(chunks).toString('utf8')
}
