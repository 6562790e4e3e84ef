import { tag } from './der.ts'

/** Builders of DER values; the counterpart of `der.ts`. */
export const der = (tagByte: number, ...parts: Uint8Array[]): Buffer => {
  const value = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([tagByte]), lengthBytes(value.length), value])
}

export const sequence = (...parts: Uint8Array[]): Buffer => der(tag.sequence, ...parts)

/** SET OF: DER wants its elements sorted by their bytes. */
export const setOf = (...parts: Uint8Array[]): Buffer => der(tag.set, ...[...parts].sort(Buffer.compare))

export const octetString = (bytes: Uint8Array): Buffer => der(tag.octetString, bytes)

export const derNull = (): Buffer => der(tag.null)

/** From big-endian bytes of a number that is not negative. */
export const unsigned = (bigEndian: Uint8Array): Buffer => {
  let start = 0
  while (start < bigEndian.length - 1 && bigEndian[start] === 0) start += 1
  const shortest = bigEndian.subarray(start)
  const needsSign = shortest.length === 0 || (shortest[0] ?? 0) >= 0x80
  return der(tag.integer, Buffer.from(needsSign ? [0] : []), shortest)
}

export const smallInteger = (number: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(number)
  return unsigned(bytes)
}

export const oid = (dotted: string): Buffer => {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return der(tag.oid, Buffer.from([first * 40 + second, ...rest].flatMap(base128)))
}

const base128 = (arc: number): number[] => {
  const digits = [arc % 128]
  for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128))
    digits.unshift((left % 128) | 0x80)
  return digits
}

const lengthBytes = (length: number): Buffer => {
  if (length < 0x80) return Buffer.from([length])
  const bytes: number[] = []
  for (let left = length; left > 0; left = Math.floor(left / 256)) bytes.unshift(left % 256)
  return Buffer.from([0x80 | bytes.length, ...bytes])
}
