/** Header: type, status, length (big-endian, header included), then four bytes that nobody reads. */
const headerLength = 8
const tabularResult = 0x04
const prelogin = 0x12

/**
 * Follows the packet headers of what a server sends, and nothing else. The driver stops listening at a malformed
 * header without saying so, and a statement without a time limit would then wait for ever.
 */
export class PacketWatch {
  #header = Buffer.alloc(headerLength)
  #inHeader = 0
  #body = 0

  /** What is wrong, or null. After a fault the stream can't be followed any more. */
  fault(chunk: Uint8Array): string | null {
    let at = 0
    while (at < chunk.length) {
      if (this.#body > 0) {
        const skipped = Math.min(this.#body, chunk.length - at)
        this.#body -= skipped
        at += skipped
        continue
      }
      this.#header[this.#inHeader] = chunk[at] ?? 0
      this.#inHeader += 1
      at += 1
      if (this.#inHeader < headerLength) continue
      this.#inHeader = 0
      const type = this.#header[0]
      const length = this.#header.readUInt16BE(2)
      if (type !== tabularResult && type !== prelogin) return `packet type ${type}`
      if (length < headerLength) return `packet length ${length}`
      this.#body = length - headerLength
    }
    return null
  }
}
