/** Streams one response message: cuts tokens into packets and waits while the client reads slowly. */
import { HEADER_BYTES, PacketStatus, PacketType, packetOf } from './packets.ts'

/** Resolves when more may be written; at once when the connection is gone. */
export type SendPacket = (packet: Buffer) => Promise<void>

export class MessageWriter {
  #send: SendPacket
  #spid: number
  #room: number
  #waiting: Uint8Array[] = []
  #waitingBytes = 0
  #packetId = 1
  #sending: Promise<void> = Promise.resolve()

  constructor(send: SendPacket, spid: number, packetBytes: number) {
    this.#send = send
    this.#spid = spid
    this.#room = packetBytes - HEADER_BYTES
  }

  append(token: Uint8Array): Promise<void> {
    this.#waiting.push(token)
    this.#waitingBytes += token.length
    return this.#waitingBytes > this.#room ? this.#cut() : Promise.resolve()
  }

  /** Sends what is there as a short packet that does not end the message: how progress arrives early. */
  flush(): Promise<void> {
    return this.#cut(0)
  }

  end(): Promise<void> {
    return this.#cut(PacketStatus.endOfMessage)
  }

  /** Full packets go out; the remainder too when its status is given. At least one byte is kept back otherwise. */
  #cut(remainderStatus?: number): Promise<void> {
    const bytes = Buffer.concat(this.#waiting)
    this.#waiting = []
    this.#waitingBytes = 0
    const parts: { payload: Buffer; status: number }[] = []
    let at = 0
    while (bytes.length - at > this.#room) {
      parts.push({ payload: bytes.subarray(at, at + this.#room), status: 0 })
      at += this.#room
    }
    const remainder = bytes.subarray(at)
    if (remainderStatus !== undefined) parts.push({ payload: remainder, status: remainderStatus })
    else if (remainder.length > 0) {
      this.#waiting.push(remainder)
      this.#waitingBytes = remainder.length
    }
    this.#sending = this.#sending.then(async () => {
      for (const part of parts) {
        await this.#send(
          packetOf(PacketType.response, part.status, this.#spid, this.#packetId++, part.payload),
        )
      }
    })
    return this.#sending
  }
}
