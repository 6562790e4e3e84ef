/**
 * TLS inside PRELOGIN packets (MS-TDS 3.2.5.2): until the handshake ends, each direction wraps its handshake bytes in
 * type 12 packets; afterwards bare TLS records flow. This stream sits between the socket and a server-side TLSSocket.
 */
import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { ProtocolError } from './bytes.ts'
import { INITIAL_PACKET_BYTES, MAX_PACKET_BYTES, PacketReader, PacketType, packetsOf } from './packets.ts'

const MAX_HANDSHAKE_BYTES = 256 * 1024
const FIRST_TLS_RECORD_TYPE = 0x14
const LAST_TLS_RECORD_TYPE = 0x17

export class TlsTunnel extends Duplex {
  #socket: Socket
  #reader = new PacketReader(() => MAX_PACKET_BYTES)
  #wrapping = true
  #detached = false
  #handshakeBytes = 0
  #flight: Buffer[] = []
  #flightTimer: NodeJS.Immediate | null = null

  constructor(socket: Socket) {
    super()
    this.#socket = socket
  }

  get handshaking(): boolean {
    return this.#wrapping
  }

  /** Takes what arrived on the socket. Throws ProtocolError. */
  receive(chunk: Buffer): void {
    let at = 0
    while (this.#wrapping && at < chunk.length) {
      // The TLS layer reports "secure" before its last flight is written, so it can't tell when wrapping ends.
      // The client's first byte that is no PRELOGIN packet does.
      if (!this.#reader.midPacket && chunk[at] !== PacketType.prelogin) {
        this.#unwrapFrom(chunk[at] ?? 0)
        break
      }
      const { packet, next } = this.#reader.take(chunk, at)
      at = next
      if (packet === null) return
      this.#handshakeBytes += packet.payload.length
      if (this.#handshakeBytes > MAX_HANDSHAKE_BYTES) throw new ProtocolError('an endless TLS handshake')
      this.push(packet.payload)
    }
    if (at < chunk.length) this.push(chunk.subarray(at))
  }

  #unwrapFrom(recordType: number): void {
    if (recordType < FIRST_TLS_RECORD_TYPE || recordType > LAST_TLS_RECORD_TYPE) {
      throw new ProtocolError('clear text where TLS was agreed')
    }
    this.#sendFlight()
    this.#wrapping = false
  }

  /** Lets go of the socket: what TLS still wants to write is thrown away. */
  detach(): void {
    this.#detached = true
  }

  override _read(): void {
    // receive() pushes as data comes.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#detached || this.#socket.destroyed) done()
    else if (this.#wrapping) {
      this.#flight.push(chunk)
      this.#flightTimer ??= setImmediate(() => this.#sendFlight())
      done()
    } else this.#socket.write(chunk, done)
  }

  /** Clients read one answer per message they send, so a whole flight must leave as one message. */
  #sendFlight(): void {
    if (this.#flightTimer) clearImmediate(this.#flightTimer)
    this.#flightTimer = null
    const bytes = Buffer.concat(this.#flight)
    this.#flight = []
    if (bytes.length === 0 || this.#detached || this.#socket.destroyed) return
    this.#socket.write(packetsOf(PacketType.prelogin, 0, bytes, INITIAL_PACKET_BYTES))
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#sendFlight()
    if (!this.#detached) this.#socket.end()
    done()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (this.#flightTimer) clearImmediate(this.#flightTimer)
    if (!this.#detached) this.#socket.destroy()
    done(error)
  }
}
