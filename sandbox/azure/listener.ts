import { randomUUID } from 'node:crypto'
import { createServer, type Server } from 'node:https'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { BlobDoor } from './blob/front.ts'
import type { Fault } from './faults.ts'
import { hostName, knownHost, type KnownHost, type Service } from './hosts.ts'
import { describe, notSimulated, Refusal, requestIds, type AzureRequest, type Reply } from './http.ts'
import { faultReply } from './fault-reply.ts'
import { vaultError } from './keyvault/errors.ts'
import type { World } from './world.ts'

export type Answer = (request: AzureRequest, host: KnownHost, hitByCae: boolean) => Promise<Reply>

export interface ListenerOptions {
  key: string
  cert: string
  /** 0: the system hands one out. */
  port: number
  world: World
  /** A service that is absent here is not simulated. */
  services: Partial<Record<Exclude<Service, 'blob'>, Answer>>
  /** Answers blob hosts by itself: bodies there are too long to be held. */
  blob: BlobDoor
}

export interface Listener {
  port: number
  close(): Promise<void>
}

const LARGEST_BODY = 1024 * 1024
const IDLE_MS = 120_000

/** One HTTPS listener on loopback for all services: the Host header says which one is meant. */
export const startListener = async (options: ListenerOptions): Promise<Listener> => {
  const server = createServer({ key: options.key, cert: options.cert }, (request, response) => {
    void serve(options, request, response)
  })
  // An idle connection that closes under a request would look like a fault nobody ordered.
  server.keepAliveTimeout = IDLE_MS
  // Connections that never finish their handshake are nobody's business.
  server.on('tlsClientError', () => undefined)
  await listen(server, options.port)
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** The port of the last start, or another one where somebody took it meanwhile. */
const listen = async (server: Server, port: number): Promise<void> => {
  const attempt = (at: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(at, '127.0.0.1', () => {
        server.off('error', reject)
        resolve()
      })
    })
  try {
    await attempt(port)
  } catch (error) {
    if (port === 0 || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    await attempt(0)
  }
}

const serve = async (
  { world, services, blob }: ListenerOptions,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const [path = '/', query = ''] = (incoming.url ?? '/').split(/\?(.*)/s)
  const request: AzureRequest = {
    id: randomUUID(),
    method: incoming.method ?? 'GET',
    host: hostName(incoming.headers.host),
    path,
    query: new URLSearchParams(query),
    headers: incoming.headers,
    body: Buffer.alloc(0),
  }
  const host = knownHost(request.host)
  if (host?.service === 'blob') {
    const faults = world.faults.hitting(request)
    await beforehand(world, faults)
    return blob({ incoming, response, request, host, faults }).catch((thrown: unknown) => {
      printDefect(thrown)
      incoming.socket.destroy()
    })
  }
  const body = await bodyOf(incoming).catch(() => null)
  if (body === null) return void incoming.destroy()
  request.body = body
  const faults = world.faults.hitting(request)
  const reply = await answered(services, request, host, faults, world)
  if (reply.drop) return void incoming.socket.destroy()
  send(response, world, request, host, reply)
}

const answered = async (
  services: ListenerOptions['services'],
  request: AzureRequest,
  host: KnownHost | null,
  faults: readonly Fault[],
  world: World,
): Promise<Reply> => {
  await beforehand(world, faults)
  const instead = faults.map((fault) => faultReply(fault, host?.service)).find((each) => each !== null)
  if (instead) return instead
  const service = host === null || host.service === 'blob' ? undefined : services[host.service]
  if (host === null || service === undefined)
    return notSimulated(host === null ? `the host ${request.host}` : describe(request))
  const reply = await service(
    request,
    host,
    faults.some(({ kind }) => kind === 'cae'),
  ).catch((thrown: unknown): Reply => {
    if (thrown instanceof Refusal) return thrown.reply
    printDefect(thrown)
    return vaultError(500, 'SandboxDefect', 'The simulator failed; its own output says how.')
  })
  if (faults.some((each) => each.kind === 'kill' && each.when === 'after')) end()
  return faults.some((each) => each.kind === 'drop' && each.when === 'after')
    ? { status: 0, drop: true }
    : reply
}

/** What takes time, or the process, before a request has an effect. */
const beforehand = async (world: World, faults: readonly Fault[]): Promise<void> => {
  const { latencyMs } = world.settings()
  const slow = faults.reduce((sum, each) => sum + (each.kind === 'slow' ? each.milliseconds : 0), latencyMs)
  if (slow > 0) await new Promise((resolve) => setTimeout(resolve, slow))
  if (faults.some((each) => each.kind === 'kill' && each.when === 'before')) end()
}

const printDefect = (thrown: unknown): void =>
  void process.stderr.write(
    `sandbox azure: ${thrown instanceof Error ? (thrown.stack ?? '') : String(thrown)}\n`,
  )

const end = (): void => void process.kill(process.pid, 'SIGKILL')

const bodyOf = async (incoming: IncomingMessage): Promise<Buffer> => {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of incoming) {
    const bytes = part as Buffer
    length += bytes.length
    if (length > LARGEST_BODY) throw new RangeError('the body is too long')
    parts.push(bytes)
  }
  return Buffer.concat(parts)
}

const send = (
  response: ServerResponse,
  world: World,
  request: AzureRequest,
  host: KnownHost | null,
  { status, headers, body }: Reply,
): void => {
  const text = body === undefined ? '' : JSON.stringify(body)
  response.writeHead(status, {
    // The service's own clock: what a client can compare its clock with.
    date: new Date(world.wireNow(host?.service)).toUTCString(),
    ...requestIds(request),
    ...(text === '' ? {} : { 'content-type': 'application/json; charset=utf-8' }),
    'content-length': Buffer.byteLength(text),
    ...headers,
  })
  response.end(request.method === 'HEAD' ? '' : text)
}
