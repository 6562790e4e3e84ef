/** A strict codec for the part of DER (ITU-T X.690) that certificates, RSA keys and PKCS#12 need. */
import { refuse } from './errors.ts'

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  nothing: 0x05,
  oid: 0x06,
  utf8: 0x0c,
  printable: 0x13,
  teletex: 0x14,
  ia5: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  bmp: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const

/** Context tag [n], constructed. */
export const context = (n: number): number => 0xa0 | n

function lengthBytes(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length])
  const hex = length.toString(16)
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
  return Buffer.concat([Buffer.from([0x80 | bytes.length]), bytes])
}

export function der(tag: number, ...parts: Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([tag]), lengthBytes(content.length), content])
}

export const sequence = (...parts: Uint8Array[]): Buffer => der(TAG.sequence, ...parts)
export const octets = (bytes: Uint8Array): Buffer => der(TAG.octetString, bytes)
export const bits = (bytes: Uint8Array): Buffer => der(TAG.bitString, Buffer.from([0]), bytes)
export const nothing = (): Buffer => der(TAG.nothing)

/** INTEGER from an unsigned big-endian magnitude. */
export function unsigned(magnitude: Uint8Array): Buffer {
  let start = 0
  while (start < magnitude.length - 1 && magnitude[start] === 0) start++
  const trimmed = magnitude.subarray(start)
  const first = trimmed[0]
  if (first === undefined) return der(TAG.integer, Buffer.from([0]))
  return first >= 0x80 ? der(TAG.integer, Buffer.from([0]), trimmed) : der(TAG.integer, trimmed)
}

export function smallInteger(value: number): Buffer {
  const bytes = Buffer.alloc(6)
  bytes.writeUIntBE(value, 0, 6)
  return unsigned(bytes)
}

function base128(value: number): number[] {
  const digits = [value % 128]
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) {
    digits.unshift(0x80 | (rest % 128))
  }
  return digits
}

export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return der(TAG.oid, Buffer.from([first * 40 + second, ...rest].flatMap(base128)))
}

export interface DerElement {
  tag: number
  content: Buffer
  raw: Buffer
}

/** Reads one run of elements; refuses what DER forbids (long or indefinite lengths, bytes left over). */
export class DerReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get more(): boolean {
    return this.#at < this.#bytes.length
  }

  next(): DerElement {
    const start = this.#at
    const tag = this.#byte()
    if ((tag & 0x1f) === 0x1f) refuse('format', 'An element has a tag number above 30.')
    const length = this.#length()
    const from = this.#at
    if (length > this.#bytes.length - from)
      refuse('format', 'An element is longer than the data that holds it.')
    this.#at = from + length
    return { tag, content: this.#bytes.subarray(from, this.#at), raw: this.#bytes.subarray(start, this.#at) }
  }

  element(tag: number): DerElement {
    const found = this.next()
    if (found.tag !== tag) refuse('format', 'An element has another type than the format demands.')
    return found
  }

  take(tag: number): Buffer {
    return this.element(tag).content
  }

  optional(tag: number): Buffer | null {
    return this.#bytes[this.#at] === tag ? this.take(tag) : null
  }

  inside(tag: number): DerReader {
    return new DerReader(this.take(tag))
  }

  /** Everything not yet read, as bytes. */
  rest(): Buffer {
    const left = this.#bytes.subarray(this.#at)
    this.#at = this.#bytes.length
    return left
  }

  /** The unsigned magnitude of an INTEGER, without leading zero; zero is one zero byte. */
  unsigned(): Buffer {
    const content = this.take(TAG.integer)
    const [first, second] = content
    if (first === undefined || first >= 0x80) refuse('format', 'A number is empty or negative.')
    if (first !== 0 || second === undefined) return content
    if (second < 0x80) refuse('format', 'A number has needless leading zeros.')
    return content.subarray(1)
  }

  smallInteger(): number {
    const magnitude = this.unsigned()
    if (magnitude.length > 4) refuse('format', 'A number is larger than its field allows.')
    return magnitude.readUIntBE(0, magnitude.length)
  }

  oid(): string {
    return dottedOid(this.take(TAG.oid))
  }

  bits(): Buffer {
    const content = this.take(TAG.bitString)
    if (content[0] !== 0) refuse('format', 'A bit string does not consist of whole bytes.')
    return content.subarray(1)
  }

  end(): void {
    if (this.more) refuse('format', 'There are bytes after the last element.')
  }

  #byte(): number {
    const value = this.#bytes[this.#at]
    if (value === undefined) refuse('format', 'The data ends inside an element.')
    this.#at++
    return value
  }

  #length(): number {
    const first = this.#byte()
    if (first < 0x80) return first
    const count = first & 0x7f
    if (count === 0 || count > 4) refuse('format', 'An element has a length that DER does not allow.')
    let length = 0
    for (let i = 0; i < count; i++) length = length * 256 + this.#byte()
    if (length < 0x80 || length < 256 ** (count - 1))
      refuse('format', 'A length is not in its shortest form.')
    return length
  }
}

/** The content of the one element that fills `bytes`. */
export function only(bytes: Buffer, tag: number): DerReader {
  const outer = new DerReader(bytes)
  const inner = outer.inside(tag)
  outer.end()
  return inner
}

function dottedOid(content: Buffer): string {
  const last = content.at(-1)
  if (last === undefined || last >= 0x80 || content.length > 32)
    refuse('format', 'An object identifier is malformed.')
  const arcs: number[] = []
  let value = 0
  let fresh = true
  for (const byte of content) {
    if (fresh && byte === 0x80) refuse('format', 'An object identifier is not in its shortest form.')
    value = value * 128 + (byte & 0x7f)
    if (value > Number.MAX_SAFE_INTEGER / 128) refuse('format', 'An object identifier has too large an arc.')
    fresh = byte < 0x80
    if (!fresh) continue
    arcs.push(value)
    value = 0
  }
  const [head = 0, ...rest] = arcs
  const first = Math.min(2, Math.floor(head / 40))
  return [first, head - first * 40, ...rest].join('.')
}
