/**
 * The bytes of one connection below the TDS packets: clear text, strict TLS (TDS 8.0), TLS inside PRELOGIN, or TLS for
 * the login alone. Whichever it is, the owner gets plain bytes and writes plain bytes.
 */
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { TLSSocket, createSecureContext } from 'node:tls'
import type { SecureContext } from 'node:tls'
import { ProtocolError } from './bytes.ts'
import { faultPlace } from './fault.ts'
import { PacketType } from './packets.ts'
import { TlsTunnel } from './tls-tunnel.ts'

const TLS_HANDSHAKE_RECORD = 0x16
const STRICT_ALPN = 'tds/8.0'
/** How long a client may take to close its side after we closed ours. */
const LINGER_MS = 1000

export interface TlsContexts {
  strict: SecureContext
  tunnel: SecureContext
}

export function tlsContexts(key: string, cert: string): TlsContexts {
  return {
    strict: createSecureContext({ key, cert, minVersion: 'TLSv1.2' }),
    // TLS 1.3 sends handshake messages after the handshake; FreeTDS fails on them when wrapping has ended.
    tunnel: createSecureContext({ key, cert, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' }),
  }
}

export interface WireEvents {
  data(chunk: Buffer): void
  /** The peer broke a rule or TLS failed; the socket is gone already. */
  failed(reason: string): void
  closed(): void
}

export class Wire {
  #socket: Socket
  #contexts: TlsContexts
  #events: WireEvents
  #stream: Duplex
  #tunnel: TlsTunnel | null = null
  #tls: TLSSocket | null = null
  #strict = false

  constructor(socket: Socket, contexts: TlsContexts, events: WireEvents) {
    this.#socket = socket
    this.#stream = socket
    this.#contexts = contexts
    this.#events = events
    socket.setNoDelay(true)
    socket.on('error', (error: NodeJS.ErrnoException) => this.#fail(`socket: ${error.code ?? error.name}`))
    socket.on('close', () => {
      this.#tls?.destroy()
      events.closed()
    })
    socket.once('readable', () => this.#begin())
  }

  get strict(): boolean {
    return this.#strict
  }

  /** True while plain bytes travel under TLS. */
  get encrypted(): boolean {
    return this.#tls !== null
  }

  /** One port for all: TDS 8.0 begins with a TLS hello, everything older with a TDS packet. */
  #begin(): void {
    const first = this.#socket.read() as Buffer | null
    if (first === null) return
    this.#socket.unshift(first)
    if (first[0] === TLS_HANDSHAKE_RECORD) {
      this.#beginStrict()
    } else if (first[0] === PacketType.prelogin || first[0] === PacketType.login7) {
      this.#socket.on('data', (chunk: Buffer) => this.#received(chunk))
    } else {
      this.#fail('neither TDS nor TLS')
    }
  }

  #beginStrict(): void {
    this.#strict = true
    const options = { secureContext: this.#contexts.strict, ALPNProtocols: [STRICT_ALPN] }
    const tls = this.#wrapInTls(this.#socket, options)
    // A client that offers no protocol at all passes Node's own check.
    tls.on('secure', () => {
      if (tls.alpnProtocol !== STRICT_ALPN) this.#fail('strict TLS without ALPN tds/8.0')
    })
  }

  #wrapInTls(inner: Duplex, options: { secureContext: SecureContext; ALPNProtocols?: string[] }): TLSSocket {
    // Typed for sockets, documented for any duplex stream.
    const tls = new TLSSocket(inner as Socket, { ...options, isServer: true })
    tls.on('error', (error: NodeJS.ErrnoException) => this.#fail(`TLS: ${error.code ?? error.name}`))
    tls.on('data', (chunk: Buffer) => {
      if (this.#tls !== tls) return
      if (this.#tunnel?.handshaking) this.#fail('data inside the TLS handshake')
      else this.#guard(() => this.#events.data(chunk))
    })
    tls.on('end', () => this.#socket.end())
    this.#tls = tls
    this.#stream = tls
    return tls
  }

  /** From now on the client must wrap a TLS handshake in PRELOGIN packets. */
  beginTunnel(): void {
    this.#tunnel = new TlsTunnel(this.#socket)
    this.#tunnel.on('error', () => this.#socket.destroy())
    this.#wrapInTls(this.#tunnel, { secureContext: this.#contexts.tunnel })
  }

  /** Login-only encryption: the answer and everything after it travel in clear, without a TLS goodbye. */
  leaveTunnel(): void {
    const tls = this.#tls
    this.#tunnel?.detach()
    this.#tunnel = null
    this.#tls = null
    this.#stream = this.#socket
    setImmediate(() => tls?.destroy())
  }

  #received(chunk: Buffer): void {
    this.#guard(() => (this.#tunnel ? this.#tunnel.receive(chunk) : this.#events.data(chunk)))
  }

  #guard(work: () => void): void {
    try {
      work()
    } catch (error) {
      // Whatever a peer's bytes lead to, it costs that peer its connection and nothing else.
      this.#fail(error instanceof ProtocolError ? error.message : `fault of our own: ${faultPlace(error)}`)
    }
  }

  /** Resolves when more may be written, and at once when the connection is gone. */
  async send(bytes: Buffer): Promise<void> {
    const stream = this.#stream
    if (stream.destroyed || stream.writableEnded || stream.write(bytes)) return
    await new Promise<void>((resolve) => {
      const go = (): void => {
        stream.off('drain', go)
        stream.off('close', go)
        resolve()
      }
      stream.on('drain', go)
      stream.on('close', go)
    })
  }

  /** Closes after what was written has left; does not wait for the client for long. */
  end(): void {
    if (this.#socket.destroyed) return
    this.#stream.end()
    setTimeout(() => this.#socket.destroy(), LINGER_MS).unref()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #fail(reason: string): void {
    if (!this.#socket.destroyed) this.#socket.destroy()
    this.#events.failed(reason)
  }
}
