/** Reading and writing little-endian bytes with strict bounds. Text is UTF-16LE as everywhere in TDS. */

/** The peer sent something that the protocol does not allow; the only answer is to close its socket. */
export class ProtocolError extends Error {
  override name = 'ProtocolError'
}

export class ByteReader {
  #bytes: Buffer
  #at: number

  constructor(bytes: Buffer, start = 0) {
    this.#bytes = bytes
    this.#at = start
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  #take(count: number): number {
    if (count > this.left) throw new ProtocolError(`${count} bytes expected, ${this.left} left`)
    const start = this.#at
    this.#at += count
    return start
  }

  peek(): number {
    if (this.left === 0) throw new ProtocolError('the message ended early')
    return this.#bytes.readUInt8(this.#at)
  }

  /** A second reader at the same place, for looking ahead. */
  fork(): ByteReader {
    return new ByteReader(this.#bytes, this.#at)
  }

  skip(count: number): void {
    this.#take(count)
  }

  u8(): number {
    return this.#bytes.readUInt8(this.#take(1))
  }

  u16(): number {
    return this.#bytes.readUInt16LE(this.#take(2))
  }

  u16be(): number {
    return this.#bytes.readUInt16BE(this.#take(2))
  }

  u32(): number {
    return this.#bytes.readUInt32LE(this.#take(4))
  }

  i32(): number {
    return this.#bytes.readInt32LE(this.#take(4))
  }

  u64(): bigint {
    return this.#bytes.readBigUInt64LE(this.#take(8))
  }

  /** A view, not a copy. */
  raw(count: number): Buffer {
    const start = this.#take(count)
    return this.#bytes.subarray(start, start + count)
  }

  text(characters: number): string {
    return this.raw(characters * 2).toString('utf16le')
  }

  /** Text behind a one-byte count of characters. */
  shortText(): string {
    return this.text(this.u8())
  }
}

export class ByteWriter {
  #bytes: Buffer
  #size = 0

  constructor(capacity = 256) {
    this.#bytes = Buffer.allocUnsafe(capacity)
  }

  get size(): number {
    return this.#size
  }

  #room(count: number): number {
    const start = this.#size
    const needed = start + count
    if (needed > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2))
      this.#bytes.copy(grown, 0, 0, start)
      this.#bytes = grown
    }
    this.#size = needed
    return start
  }

  u8(value: number): this {
    const at = this.#room(1)
    this.#bytes.writeUInt8(value, at)
    return this
  }

  u16(value: number): this {
    const at = this.#room(2)
    this.#bytes.writeUInt16LE(value, at)
    return this
  }

  u16be(value: number): this {
    const at = this.#room(2)
    this.#bytes.writeUInt16BE(value, at)
    return this
  }

  i16(value: number): this {
    const at = this.#room(2)
    this.#bytes.writeInt16LE(value, at)
    return this
  }

  u24(value: number): this {
    const at = this.#room(3)
    this.#bytes.writeUIntLE(value, at, 3)
    return this
  }

  u32(value: number): this {
    const at = this.#room(4)
    this.#bytes.writeUInt32LE(value, at)
    return this
  }

  u32be(value: number): this {
    const at = this.#room(4)
    this.#bytes.writeUInt32BE(value, at)
    return this
  }

  i32(value: number): this {
    const at = this.#room(4)
    this.#bytes.writeInt32LE(value, at)
    return this
  }

  u64(value: bigint): this {
    const at = this.#room(8)
    this.#bytes.writeBigUInt64LE(value, at)
    return this
  }

  i64(value: bigint): this {
    const at = this.#room(8)
    this.#bytes.writeBigInt64LE(value, at)
    return this
  }

  f64(value: number): this {
    const at = this.#room(8)
    this.#bytes.writeDoubleLE(value, at)
    return this
  }

  /** The `count` low bytes of a magnitude, lowest first. */
  unsigned(value: bigint, count: number): this {
    const at = this.#room(count)
    let rest = value
    for (let i = 0; i < count; i++) {
      this.#bytes[at + i] = Number(rest & 0xffn)
      rest >>= 8n
    }
    if (rest !== 0n) throw new RangeError(`${count} bytes are too few for this number`)
    return this
  }

  raw(bytes: Uint8Array): this {
    const at = this.#room(bytes.length)
    this.#bytes.set(bytes, at)
    return this
  }

  text(value: string): this {
    const at = this.#room(value.length * 2)
    this.#bytes.write(value, at, 'utf16le')
    return this
  }

  /** Text behind a one-byte count of characters; longer text is cut. */
  shortText(value: string): this {
    const cut = value.slice(0, 255)
    return this.u8(cut.length).text(cut)
  }

  /** Text behind a two-byte count of characters. */
  longText(value: string): this {
    return this.u16(value.length).text(value)
  }

  toBuffer(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#size))
  }
}
