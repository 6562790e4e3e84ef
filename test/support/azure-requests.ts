import type { Agent } from 'node:https'
import type { Duplex } from 'node:stream'
import type { AzureMeans } from '../../electron/targets/azure/means.ts'

export interface SentRequest {
  /** `PUT management.azure.com/subscriptions/…?api-version=…`, decoded, lower case. */
  line: string
  body: string
}

/** Writes down what goes over the connections of these means, as HTTP/1.1 has it, before it is encrypted. */
export const recorded = (means: AzureMeans, sent: SentRequest[]): AzureMeans => {
  const { agent } = means
  if (agent === undefined) throw new Error('these means have no agent of their own')
  const usual = agent.createConnection.bind(agent)
  agent.createConnection = ((...given: Parameters<Agent['createConnection']>) => {
    const socket = usual(...given)
    if (socket instanceof Object) tap(socket as Duplex, sent)
    return socket
  }) as Agent['createConnection']
  return means
}

const tap = (socket: Duplex, sent: SentRequest[]): void => {
  let pending = ''
  const write = socket.write.bind(socket) as (...given: unknown[]) => boolean
  socket.write = ((chunk: unknown, ...rest: unknown[]) => {
    pending += Buffer.from(chunk as Uint8Array).toString('latin1')
    pending = take(pending, sent)
    return write(chunk, ...rest)
  }) as Duplex['write']
}

/** Whole requests leave the text; what is left is the beginning of the next. */
const take = (text: string, sent: SentRequest[]): string => {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return text
  const [first = '', ...headers] = text.slice(0, end).split('\r\n')
  const header = (name: string): string =>
    headers
      .find((one) => one.toLowerCase().startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .trim() ?? ''
  const length = Number(header('content-length') || 0)
  if (text.length < end + 4 + length) return text
  const [method = '', path = ''] = first.split(' ')
  sent.push({
    line: normal(`${method} ${header('host')}${path}`),
    body: Buffer.from(text.slice(end + 4, end + 4 + length), 'latin1').toString('utf8'),
  })
  return take(text.slice(end + 4 + length), sent)
}

/** Azure reads addresses without regard to case, and the clients double some slashes. */
export const normal = (line: string): string =>
  decodeURIComponent(line)
    .toLowerCase()
    .replace(/\/{2,}/g, '/')
