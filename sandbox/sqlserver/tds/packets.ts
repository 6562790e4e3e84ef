/** TDS packets (MS-TDS 2.2.3): an eight-byte header in front of at most 32 KB, several of which make a message. */
import { ByteWriter, ProtocolError } from './bytes.ts'

export const PacketType = {
  batch: 0x01,
  rpc: 0x03,
  response: 0x04,
  attention: 0x06,
  bulkLoad: 0x07,
  transactionManager: 0x0e,
  login7: 0x10,
  prelogin: 0x12,
} as const

export const PacketStatus = {
  endOfMessage: 0x01,
  ignore: 0x02,
  reset: 0x08,
  resetKeepTransaction: 0x10,
} as const

export const HEADER_BYTES = 8
export const MIN_PACKET_BYTES = 512
export const MAX_PACKET_BYTES = 32_767
/** Both sides use this size until the login answer settles another one. */
export const INITIAL_PACKET_BYTES = 4096

export interface Packet {
  type: number
  status: number
  payload: Buffer
}

/** Cuts a byte stream into packets. Holds one packet at most, whatever arrives. */
export class PacketReader {
  #maxPacketBytes: () => number
  #header = Buffer.alloc(HEADER_BYTES)
  #headerFilled = 0
  #payload: Buffer | null = null
  #payloadFilled = 0

  constructor(maxPacketBytes: () => number) {
    this.#maxPacketBytes = maxPacketBytes
  }

  get midPacket(): boolean {
    return this.#headerFilled > 0
  }

  /** Reads from `chunk` at `start`; `packet` is null when the chunk ended first. */
  take(chunk: Buffer, start: number): { packet: Packet | null; next: number } {
    let at = start
    if (this.#payload === null) {
      const copied = chunk.copy(this.#header, this.#headerFilled, at, at + HEADER_BYTES - this.#headerFilled)
      this.#headerFilled += copied
      at += copied
      if (this.#headerFilled < HEADER_BYTES) return { packet: null, next: at }
      this.#payload = Buffer.allocUnsafe(this.#payloadBytes())
      this.#payloadFilled = 0
    }
    const copied = chunk.copy(this.#payload, this.#payloadFilled, at)
    this.#payloadFilled += copied
    at += copied
    if (this.#payloadFilled < this.#payload.length) return { packet: null, next: at }
    const packet = {
      type: this.#header.readUInt8(0),
      status: this.#header.readUInt8(1),
      payload: this.#payload,
    }
    this.#payload = null
    this.#headerFilled = 0
    return { packet, next: at }
  }

  #payloadBytes(): number {
    const length = this.#header.readUInt16BE(2)
    if (length < HEADER_BYTES || length > this.#maxPacketBytes()) {
      throw new ProtocolError(`packet length ${length}`)
    }
    return length - HEADER_BYTES
  }
}

export interface Message {
  type: number
  /** Status of the last packet: end of message, perhaps ignore. */
  status: number
  /** Status of the first packet: the only one whose reset bits count. */
  firstStatus: number
  payload: Buffer
}

/** Joins packets into messages, in one growing buffer: many tiny packets cost no more than few large ones. */
export class MessageAssembler {
  #maxBytes: () => number
  #buffer = Buffer.alloc(0)
  #size = 0
  #open: { type: number; firstStatus: number } | null = null

  constructor(maxBytes: () => number) {
    this.#maxBytes = maxBytes
  }

  /** Returns the message that this packet ends, or null. */
  add(packet: Packet): Message | null {
    this.#open ??= { type: packet.type, firstStatus: packet.status }
    if (this.#open.type !== packet.type) throw new ProtocolError('a message changed its type half way')
    this.#append(packet.payload)
    if ((packet.status & PacketStatus.endOfMessage) === 0) return null
    const message = {
      ...this.#open,
      status: packet.status,
      payload: this.#buffer.subarray(0, this.#size),
    }
    this.drop()
    return message
  }

  /** Forgets an unfinished message. */
  drop(): void {
    this.#buffer = Buffer.alloc(0)
    this.#size = 0
    this.#open = null
  }

  #append(payload: Buffer): void {
    const needed = this.#size + payload.length
    if (needed > this.#maxBytes()) throw new ProtocolError(`message over ${this.#maxBytes()} bytes`)
    if (needed > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.min(this.#maxBytes(), Math.max(needed, this.#buffer.length * 2)))
      this.#buffer.copy(grown, 0, 0, this.#size)
      this.#buffer = grown
    }
    payload.copy(this.#buffer, this.#size)
    this.#size = needed
  }
}

/** One packet. `id` counts from 1 within a message and wraps. */
export function packetOf(
  type: number,
  status: number,
  spid: number,
  id: number,
  payload: Uint8Array,
): Buffer {
  return new ByteWriter(HEADER_BYTES + payload.length)
    .u8(type)
    .u8(status)
    .u16be(HEADER_BYTES + payload.length)
    .u16be(spid & 0xffff)
    .u8(id & 0xff)
    .u8(0)
    .raw(payload)
    .toBuffer()
}

/** A whole message in as many packets as it takes; the end bit is on the last one only. */
export function packetsOf(type: number, spid: number, payload: Buffer, packetBytes: number): Buffer {
  const room = packetBytes - HEADER_BYTES
  const packets: Buffer[] = []
  let at = 0
  do {
    const part = payload.subarray(at, at + room)
    at += part.length
    const status = at >= payload.length ? PacketStatus.endOfMessage : 0
    packets.push(packetOf(type, status, spid, packets.length + 1, part))
  } while (at < payload.length)
  return Buffer.concat(packets)
}
