import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { Connection, Request } from 'tedious'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { SqlConnection } from '../../../shared/model/target.ts'
import type { SecretBytes } from '../../platform/secret-bytes.ts'
import { certificateFacts, certificateSha256, distrustInWords, type CertificateFacts } from './certificate.ts'
import { driverConfig, trustOf, type LinkOptions } from './config.ts'
import { PacketWatch } from './packet-watch.ts'
import { peerOf, type Peer } from './peer.ts'
import { strictTls } from './strict-tls.ts'

/** A batch of ours begins at most one; nested ones are not announced. */
const mostTransactions = 16

/**
 * The driver's connection with our own guards around it: the server's certificate is judged before the login packet
 * is made, every byte is counted, and a peer that lies can end the connection but not the process.
 */
export class GuardedConnection extends Connection {
  readonly peer: Peer
  /** Of the server that answered last; null before TLS, and without TLS. */
  certificate: CertificateFacts | null = null
  /** True once TCP is there: what fails afterwards is not "unreachable". */
  reached = false
  /** Why we ended the connection ourselves. Told instead of what the driver says about the end. */
  refusal: KeyturnError | null = null
  readonly #target: SqlConnection
  readonly #purpose: LinkOptions['purpose']
  #budget: number
  #overrun: () => KeyturnError
  #addresses = 0

  constructor(connection: SqlConnection, secret: SecretBytes | null, options: LinkOptions) {
    super(driverConfig(connection, secret, options))
    this.peer = peerOf(connection)
    this.#target = connection
    this.#purpose = options.purpose
    this.#budget = options.limits.loginBytes
    this.#overrun = () => this.brokenProtocol('an endless login answer')
    keepRequestDefined(this)
    this.on('error', () => undefined)
    this.on('secure', (tls) => this.#afterTls(tls))
  }

  /** The first reason is the one that is told. */
  refuse(reason: KeyturnError): void {
    this.refusal ??= reason
    this.close()
  }

  /** From now on so many bytes may come; one more, and the connection ends with this error. */
  allow(bytes: number, overrun: () => KeyturnError): void {
    this.#budget = bytes
    this.#overrun = overrun
  }

  brokenProtocol(what: string): KeyturnError {
    return new KeyturnError('sql-protocol', { target: this.peer.name, what })
  }

  override async connectOnPort(...args: Parameters<Connection['connectOnPort']>): Promise<Socket> {
    // A server may lead elsewhere once: each place gets a new time limit, so a ring of them would have none.
    this.#addresses += 1
    if (this.#addresses > 2)
      throw (this.refusal ??= this.brokenProtocol('led to other addresses again and again'))
    const socket = await super.connectOnPort(...args)
    this.reached = true
    this.#watch(socket)
    return socket
  }

  /** The driver would verify the chain in any case and never ask about a pin; this is the strict mode's whole TLS. */
  override async wrapWithTls(socket: Socket, signal: AbortSignal): Promise<TLSSocket> {
    this.reached = true
    const tls = await strictTls(socket, signal, { connection: this.#target, look: this.#purpose === 'look' })
    const problem = this.#judge(tls)
    if (problem === null) return tls
    this.refusal ??= problem
    tls.destroy()
    socket.destroy()
    throw problem
  }

  #stopWatching = (): void => undefined

  #watch(socket: Socket): void {
    this.#stopWatching()
    const packets = new PacketWatch()
    const look = (chunk: Buffer): void => {
      this.#budget -= chunk.length
      if (this.#budget < 0) return this.refuse(this.#overrun())
      // The driver keeps one for each transaction that the server says has begun.
      if (this.transactionDescriptors.length > mostTransactions) {
        return this.refuse(this.brokenProtocol('transactions that nobody began'))
      }
      const fault = packets.fault(chunk)
      if (fault !== null) this.refuse(this.brokenProtocol(fault))
    }
    socket.on('data', look)
    this.#stopWatching = () => socket.off('data', look)
  }

  /** Emitted by the driver after the handshake and before the login packet: ending here sends no password. */
  #afterTls(tls: TLSSocket): void {
    const problem = this.#judge(tls)
    if (problem === null) return this.#watch(tls)
    this.refuse(problem)
    tls.destroy()
  }

  #judge(tls: TLSSocket): KeyturnError | null {
    const certificate = tls.getPeerX509Certificate()
    if (certificate === undefined) return this.#distrusted('it showed none')
    this.certificate = certificateFacts(certificate, distrustOf(tls))
    if (this.#purpose === 'look') return new KeyturnError('internal')
    const trust = trustOf(this.#target)
    const shown = certificateSha256(certificate)
    if (trust?.kind === 'pin') {
      if (shown !== trust.sha256.toUpperCase()) {
        return this.#distrusted(`its SHA-256 is ${shown}, the pinned one is ${trust.sha256.toUpperCase()}`)
      }
    } else if (!tls.authorized) {
      return this.#distrusted(this.certificate.reason)
    }
    const remembered = this.#target.identity?.certificateSha256 ?? shown
    if (remembered === shown) return null
    const what = `its certificate was ${remembered}, now it is ${shown}`
    return new KeyturnError('sql-identity-changed', { target: this.peer.name, what })
  }

  #distrusted(reason: string): KeyturnError {
    return new KeyturnError('sql-certificate-not-trusted', { target: this.peer.name, reason })
  }
}

const distrustOf = (tls: TLSSocket): string => {
  if (tls.authorized) return ''
  const error: unknown = tls.authorizationError
  if (error instanceof Error && 'code' in error) return distrustInWords(String(error.code))
  return distrustInWords(typeof error === 'string' ? error : '')
}

/**
 * The driver forgets its request when the connection ends, but may still hold the rest of an answer; on reaching the
 * end of that it calls the forgotten request, and the process dies. So there is always one to call.
 */
const keepRequestDefined = (connection: Connection): void => {
  const inert = (): Request => new Request('', () => undefined)
  let request: Connection['request'] = inert()
  Object.defineProperty(connection, 'request', {
    get: () => request,
    set: (next: Connection['request']) => {
      request = next ?? inert()
    },
  })
}
